"""Many photos at once: none is lost, memory stays flat, and the network waits for no disk."""

import os
import statistics
from pathlib import Path

from rwdenoise.events import Finished, Progress
from tests.faults.call import Call
from tests.faults.row import Row
from tests.faults.scene import Scene
from tests.faults.studio import Studio

#: Height and width in px of a photo of which a leak would show: 0.7 MB in memory.
MEDIUM = (300, 450)
#: By how much the memory of the last tenth of the photos may exceed that of the first.
_GROWTH = 1.05
#: By how much the whole batch may exceed the time that the network is at work.
_OVERHEAD = 1.15
#: Seconds that the stand-in takes for a photo: as long as reading and writing one takes, and more.
_AT_WORK = 0.15


def small_files(studio: Studio, runs: int) -> Row:
    """Put so many small photos into one folder."""
    scene = studio.scene(runs)
    call = scene.run()
    scene.row.runs += 1
    scene.row.note = _rate(call)
    return scene.finish()


def memory_flat(studio: Studio, runs: int) -> Row:
    """Compare the memory that a batch of so many photos takes at its end and at its begin."""
    return _watch_memory(studio.scene(runs, size=MEDIUM))


def memory_flat_at_work(studio: Studio, runs: int) -> Row:
    """Do the same with a real network."""
    return _watch_memory(studio.scene(runs, size=MEDIUM, program=()))


def overlapping(studio: Studio, runs: int) -> Row:
    """Hold the time of a batch against that of its network, which sleeps and leaves the processor to the others."""
    scene = studio.scene(runs, size=MEDIUM, program=(f"network={_AT_WORK}",))
    ratios = _ratios(scene)
    if ratios["3"] > _OVERHEAD:
        scene.row.problems.append(f"{ratios['3']:.2f} times as long as the network alone; {_OVERHEAD} is allowed")
    return scene.count()


def overlapping_at_work(studio: Studio, runs: int) -> Row:
    """Do the same with a real network, which has the processor to share; it is measured only."""
    scene = studio.scene(runs, size=MEDIUM, program=())
    _ratios(scene)
    return scene.count()


def _ratios(scene: Scene) -> dict[str, float]:
    """Return how long a batch takes in terms of its network's time, by the number of jobs."""
    ratios = {}
    for jobs in ("1", "3"):
        for path in scene.outbox.glob("*"):
            path.unlink()
        call = scene.end(scene.start("--no-journal", "--jobs", jobs), believed=False)
        scene.row.runs += 1
        if jobs == "1":
            network = sum(_network_times(call))
        if call.summary:
            ratios[jobs] = call.summary.seconds / network
    shown = ", ".join(f"{ratio:.2f} with --jobs {jobs}" for jobs, ratio in ratios.items())
    scene.row.note = f"times the network's {network:.1f} s: {shown}"
    return ratios


def _network_times(call: Call) -> list[float]:
    """Return how long each photo was denoised, in a call with one job."""
    told = list(zip(call.told, call.times, strict=True))
    begun = [time for event, time in told if isinstance(event, Progress) and (event.stage, event.done) == ("read", 1)]
    ended = [time for event, time in told if isinstance(event, Progress) and (event.stage, event.done) == ("write", 0)]
    return [end - begin for begin, end in zip(begun, ended, strict=True)]


def _watch_memory(scene: Scene) -> Row:
    photos = len(scene.sources)
    call = scene.start()
    sizes = []
    for number in range(1, photos + 1):
        call.wait_for(Finished, number)
        sizes.append(_resident(call.pid))
    scene.end(call)
    first, last = statistics.median(sizes[: photos // 10]), statistics.median(sizes[-(photos // 10) :])
    scene.row.runs += 1
    scene.row.note = f"{_rate(call)}; {first / 1e6:.1f} MB in the first tenth, {last / 1e6:.1f} MB in the last"
    if last > _GROWTH * first:
        scene.row.problems.append(f"memory grew by {last / first - 1:.1%}; {_GROWTH - 1:.0%} is allowed")
    return scene.finish()


def _resident(process: int) -> int:
    """Return the bytes in memory of a process."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _rate(call: Call) -> str:
    return f"{call.summary.written} photos in {call.summary.seconds:.1f} s" if call.summary else ""
