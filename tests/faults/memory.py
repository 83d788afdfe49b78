"""Faults: too little memory for the process, on the device, or on the machine."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rwdenoise.events import Progress
from rwdenoise.io.raw.reader import read_raw
from tests.faults.call import Call
from tests.faults.row import Row, Skip
from tests.faults.scene import FAKE, Scene, digests
from tests.faults.studio import Studio

#: Height and width, in px, of a photo that is one tile at first, and several when the tile is halved.
LARGE = (1500, 1500)
_TILES = 4
#: Megabytes left when the network starts: one of these values is too small for a tile of 1500 x 1500 px but sufficient
#: for a smaller one. Which one depends on how much freed memory the process has kept.
_LEFT = (6, 10, 15, 20)
#: Number of pixels, including the halo, of a tile of 512 x 512 px that was halved in each direction.
_HALVED = 310 * 310
#: Memory limit of the group in bytes: enough to start, not enough to finish.
_GROUP = 120 * 2**20
_GROUPS = Path("/sys/fs/cgroup")


def memory_limit(studio: Studio, runs: int) -> Row:
    """Limit the address space (``ulimit -v``) when the network starts: the program halves its tiles."""
    for left in _LEFT:
        row = _with_smaller_tiles(studio, runs, f"memory={left},lift")
        if not row.problems:
            break
    return row


def memory_short(studio: Studio, runs: int) -> Row:
    """Limit the address space from the start of the network to the end; photos and the process may fail."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(2, size=LARGE, program=())
        scene.end(scene.start(program=(f"memory={20 + 37 * run % 400},keep",)), may_die=True)
        scene.row.runs += 1
        row += scene.finish()
    return row


def device_memory(studio: Studio, runs: int) -> Row:
    """Run out of memory on the device: the program halves its tiles."""
    return _with_smaller_tiles(studio, runs, f"device={_HALVED}", rounded=True)


def memory_ends(studio: Studio, runs: int) -> Row:
    """Run out of memory outside the network: only that photo fails."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(15)
        scene.run(program=(*FAKE, "no_memory=while-denoising", "no_memory=while-writing"))
        scene.row.runs += 1
        row += scene.finish()
    return row


def memory_of_group(studio: Studio, runs: int) -> Row:
    """Let the kernel kill the process because its control group exceeds its memory limit."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(2, size=LARGE, program=())
        with _group(_GROUP) as group:
            call = scene.start()
            (group / "cgroup.procs").write_text(str(call.pid))
            if scene.end(call).status != -signal.SIGKILL:
                scene.row.problems.append(f"not killed, but ended with {call.status}")
        scene.row.runs += 1
        row += scene.finish()
    return row


def _with_smaller_tiles(studio: Studio, runs: int, fault: str, *, rounded: bool = False) -> Row:
    row = Row()
    for _ in range(runs):
        scene = studio.scene(1, size=LARGE, program=())
        if rounded:
            _accept_rounding(scene, fault)
        call = scene.run(program=(fault,))
        if call.failed or _most_tiles(call) <= _TILES:
            scene.row.problems.append(f"{_most_tiles(call)} tiles, {call.failed}")
        scene.row.runs += 1
        row += scene.finish()
    return row


def _accept_rounding(scene: Scene, fault: str) -> None:
    """Expect the result of smaller tiles if it differs from the usual one by at most the last bit.

    On processors that do not round sums to bfloat16, the order of summation may depend on the shape of the tile.
    """
    whole, smaller = scene.folder / "whole", scene.folder / "smaller"
    for folder, program in ((whole, ()), (smaller, (fault,))):
        call = scene.start("--no-journal", program=program, to=folder).end()
        if call.status != 0:
            return
    for path in digests(whole):
        first, second = (read_raw(folder / path).mosaic.astype(int) for folder in (whole, smaller))
        if abs(first - second).max() > 1:
            return
    scene.expected = digests(smaller)


def _most_tiles(call: Call) -> int:
    return max(event.total for event in call.told if isinstance(event, Progress))


@contextmanager
def _group(size: int) -> Iterator[Path]:
    controllers = _GROUPS / "cgroup.controllers"
    if not (controllers.is_file() and "memory" in controllers.read_text().split() and os.access(_GROUPS, os.W_OK)):
        raise Skip("there is no cgroup v2 in which memory can be limited")
    group = _GROUPS / f"rwdenoise-faults-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.max").write_text(str(size))
        yield group
    finally:
        group.rmdir()
