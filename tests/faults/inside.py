"""Run the program with faults inside its process: ``python -m tests.faults.inside FAULT[=VALUE,...]... -- ARGUMENTS``.

Some faults cannot be injected from outside at the right moment: here the process injects them itself. A fake network
avoids the import of PyTorch and cuts the start time to a third.
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
# Modules with replaced functions, typed as Any because no type checker accepts that.
WEIGHTS, READ, WORK = (cast("Any", module) for module in (weights, read, stages))


def network(seconds: str = "0") -> None:
    """Replace the network by one that only halves a photo and takes `seconds`."""

    class Slow(FakeDenoiser):
        def denoise(self, *arguments: Any, **options: Any) -> Any:
            time.sleep(float(seconds))
            return super().denoise(*arguments, **options)

    denoiser: Any = SimpleNamespace(load_denoiser=lambda *_, **__: Slow())
    sys.modules["rwdenoise.denoising.denoiser"] = denoiser
    WEIGHTS.weights_digest = lambda _: Slow.digest


def clock_back() -> None:
    """Set the clock back by one more day at each reading."""
    looks, now = count(1), time.time
    time.time = lambda: now() - next(looks) * DAY


def changed(moment: str) -> None:
    """Change some sources at a given stage of their processing."""
    _at(moment, lambda source: source.write_bytes(source.read_bytes()[::-1]))


def truncated(moment: str) -> None:
    """Truncate some sources at a given stage of their processing."""
    _at(moment, lambda source: os.truncate(source, source.stat().st_size // 2))


def deleted(moment: str) -> None:
    """Delete some sources at a given stage of their processing."""
    _at(moment, Path.unlink)


def no_memory(moment: str) -> None:
    """Run out of memory at a given stage of the processing of some photos."""

    def run_out(_source: Path) -> None:
        raise MemoryError

    _at(moment, run_out)


def _at(moment: str, act: Act) -> None:
    def act_on_some(source: Path) -> None:
        # IMG_00001, IMG_00006, ... at the first stage, and so on: one call can have faults at all stages.
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
    whole = WORK.denoise_measured
    WORK.denoise_measured = lambda photo, *rest, **options: (act(photo.source), whole(photo, *rest, **options))[1]


def _while_writing(act: Act) -> None:
    whole = WORK.write_photo
    WORK.write_photo = lambda photo, *rest, **options: (act(photo.source), whole(photo, *rest, **options))[1]


#: Stages of the processing of a photo; at the last one, the source is only looked at: has it changed?
MOMENTS: dict[str, Callable[[Act], None]] = {
    "before-reading": _before_reading,
    "after-reading": _after_reading,
    "while-denoising": _while_denoising,
    "while-writing": _while_writing,
}


def slow_share(folder: str, seconds: str) -> None:
    """Delay the opening of everything in a folder by `seconds`, as over a network."""
    _on_opening(folder, lambda _: time.sleep(float(seconds)))


def breaking_share(folder: str, every: str) -> None:
    """Simulate an unreliable network share: every n-th opening of a file or folder in it fails."""
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
    """Limit the memory to `megabytes` above its use when the network starts, and ``lift`` or ``keep`` the limit.

    Memory is address space here, as with ``ulimit -v``. ``lift`` removes the limit at the end of each tile: only the
    network then runs short of memory.
    """
    import torch

    from rwdenoise.denoising.sampling import Sampling

    patched: Any = Sampling
    whole = patched._estimate_tile

    def run_limited(*arguments: Any) -> Any:
        # The first convolution starts PyTorch's threads, which takes memory once, for a tile of any size.
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
    """Simulate a device whose memory holds only tiles of at most `pixels`, including the halo."""
    from rwdenoise.denoising.sampling import Sampling
    from rwdenoise.memory import within_memory

    patched: Any = Sampling
    whole = patched._estimate_tile

    def estimate(sampling: Sampling, network: Any, x: Any, tile: Any, estimated: Any) -> None:
        rows, columns = tile.source_size
        with within_memory("card"):
            if rows * columns > int(pixels):
                raise MemoryError
        whole(sampling, network, x, tile, estimated)

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
