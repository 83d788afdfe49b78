"""The program with a fault in it: ``python -m tests.faults.inside FAULT[=VALUE,...]... -- ARGUMENTS``.

Some faults cannot be caused from outside at the right moment: here the process does them to itself. And a network that
is none spares it PyTorch, so that it starts in a third of the time.
"""

import errno
import os
import resource
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from rwdenoise.io import read
from rwdenoise.jobs import stages
from rwdenoise.network import weights
from rwdenoise_cli.main import main
from tests.fakes import FakeDenoiser

DAY = 86400.0

Act = Callable[[Path], object]
# Modules in which something is replaced, of which no type checker approves.
WEIGHTS, READ, WORK = (cast("Any", module) for module in (weights, read, stages))


def network(seconds: str = "0") -> None:
    """Have a network that only halves a photo, and takes so long for it."""

    class Slow(FakeDenoiser):
        def denoise(self, *arguments: Any, **options: Any) -> Any:
            time.sleep(float(seconds))
            return super().denoise(*arguments, **options)

    denoiser: Any = SimpleNamespace(load_denoiser=lambda *_, **__: Slow())
    sys.modules["rwdenoise.denoising.denoiser"] = denoiser
    WEIGHTS.weights_digest = lambda _: Slow.digest


def clock_back() -> None:
    """Set the clock back by a day whenever someone looks at it."""
    looks, now = count(1), time.time
    time.time = lambda: now() - next(looks) * DAY


def changed(moment: str) -> None:
    """Change some sources at a moment of their work."""
    _at(moment, lambda source: source.write_bytes(source.read_bytes()[::-1]))


def truncated(moment: str) -> None:
    """Cut some sources off at a moment of their work."""
    _at(moment, lambda source: os.truncate(source, source.stat().st_size // 2))


def deleted(moment: str) -> None:
    """Delete some sources at a moment of their work."""
    _at(moment, Path.unlink)


def no_memory(moment: str) -> None:
    """Let memory end at a moment of the work on some photos."""

    def run_out(_source: Path) -> None:
        raise MemoryError

    _at(moment, run_out)


def _at(moment: str, act: Act) -> None:
    def act_on_some(source: Path) -> None:
        # IMG_00001, IMG_00006, ... at the first moment, and so on, so that a call may have them all.
        if int(source.stem[-5:]) % (1 + len(MOMENTS)) == 1 + list(MOMENTS).index(moment):
            act(source)

    MOMENTS[moment](act_on_some)


def _before_reading(act: Act) -> None:
    whole = READ.read_photo
    READ.read_photo = lambda source: (act(source), whole(source))[1]


def _after_reading(act: Act) -> None:
    whole = READ.read_photo
    READ.read_photo = lambda source: (whole(source), act(source))[0]


def _while_denoising(act: Act) -> None:
    whole = WORK.PhotoWork._denoised
    WORK.PhotoWork._denoised = lambda work, *rest: (act(work.source), whole(work, *rest))[1]


def _while_writing(act: Act) -> None:
    whole = WORK.write_photo
    WORK.write_photo = lambda photo, *rest, **options: (act(photo.source), whole(photo, *rest, **options))[1]


#: When the work on a photo is hit; the last is after its source was looked at for the last time but for its metadata.
MOMENTS: dict[str, Callable[[Act], None]] = {
    "before-reading": _before_reading,
    "after-reading": _after_reading,
    "while-denoising": _while_denoising,
    "while-writing": _while_writing,
}


def slow_share(folder: str, seconds: str) -> None:
    """Have everything in a folder take so long to be opened, as over a network."""
    _on_opening(folder, lambda _: time.sleep(float(seconds)))


def breaking_share(folder: str, every: str) -> None:
    """Have a network share break off now and then when something on it is opened."""
    opened = count(1)

    def break_off(path: Path) -> None:
        if next(opened) % int(every) == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    _on_opening(folder, break_off)


def _on_opening(folder: str, act: Act) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in {"open", "os.scandir", "os.mkdir"} and isinstance(arguments[0], str | bytes | Path):
            path = Path(os.fsdecode(arguments[0]))
            if path.is_relative_to(folder):
                act(path)

    sys.addaudithook(hook)


def memory(megabytes: str, then: str) -> None:
    """Leave the process so much more memory than it has when its network begins, and then ``lift`` that or ``keep`` it.

    Memory is address space here, as with ``ulimit -v``. It is lifted at the end of each tile, so that only the network
    gets too little.
    """
    import torch

    from rwdenoise.denoising.sampling import Walk

    patched: Any = Walk
    whole = patched._estimate_tile

    def run_limited(*arguments: Any) -> Any:
        # PyTorch's threads are started with its first convolution; that takes memory once, however small the tile.
        torch.nn.functional.conv2d(torch.ones(1, 8, 128, 128), torch.ones(8, 8, 3, 3))
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _limit_memory(taken + int(megabytes) * 2**20)
        if then == "keep":
            patched._estimate_tile = whole
            return whole(*arguments)
        try:
            return whole(*arguments)
        finally:
            _limit_memory(resource.RLIM_INFINITY)

    patched._estimate_tile = run_limited


def _limit_memory(size: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, most))


def device(pixels: str) -> None:
    """Have a device whose memory holds tiles of so many pixels, halo and all."""
    from rwdenoise.denoising.sampling import Walk
    from rwdenoise.memory import within_memory

    patched: Any = Walk
    whole = patched._estimate_tile

    def estimate(walk: Walk, ready: Any, x: Any, index: int, progress: Any) -> None:
        rows, columns = (span.stop - span.start for span in progress.tile.source)
        with within_memory("card"):
            if rows * columns > int(pixels):
                raise MemoryError
        whole(walk, ready, x, index, progress)

    patched._estimate_tile = estimate


_FAULTS = (network, clock_back, changed, truncated, deleted, no_memory, slow_share, breaking_share, memory, device)


def _main() -> None:
    end = sys.argv.index("--")
    known: dict[str, Callable[..., None]] = {fault.__name__: fault for fault in _FAULTS}
    for word in sys.argv[1:end]:
        name, _, values = word.partition("=")
        known[name](*values.split(",") if values else ())
    del sys.argv[1 : end + 1]
    main()


if __name__ == "__main__":
    _main()
