"""Many photos at once: none is lost, memory stays flat, and the network waits for no disk."""

import os
import statistics
from pathlib import Path

from rwdenoise.choices import JOBS
from rwdenoise.events import Finished, Progress, Started
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
    """Hold the time of a batch against that of its denoising, which sleeps and leaves the processor to the rest."""
    scene = studio.scene(runs, size=MEDIUM, program=(f"network={_AT_WORK}",))
    if (ratio := _compare_times(scene)) > _OVERHEAD:
        scene.row.problems.append(f"{ratio:.2f} times as long as the denoising; {_OVERHEAD} is allowed")
    return scene.count()


def overlapping_at_work(studio: Studio, runs: int) -> Row:
    """Do the same with a real network, which has the processor to share; it is measured only."""
    scene = studio.scene(runs, "--steps", "20", size=MEDIUM, program=())
    _compare_times(scene)
    return scene.count()


def _compare_times(scene: Scene) -> float:
    """Return how long the batch takes with the usual number of jobs, in terms of its denoising alone."""
    ratios = {}
    for jobs in (1, JOBS):
        denoising, whole = _times(scene, jobs=jobs)
        # Within each call, as other programs may slow down the one more than the other.
        ratios[jobs] = whole / denoising
    shown = " and ".join(f"{ratio:.2f} with --jobs {jobs}" for jobs, ratio in ratios.items())
    scene.row.note = f"the batch takes {shown} times its denoising, {denoising:.1f} s"
    return ratios[JOBS]


def _times(scene: Scene, *, jobs: int) -> tuple[float, float]:
    """Return how many seconds were spent on denoising, and on all from the first photo's start to the end."""
    for path in scene.outbox.glob("*"):
        path.unlink()
    call = scene.end(scene.start("--no-journal", "--jobs", str(jobs)), believed=False)
    scene.row.runs += 1
    told = list(zip(call.told, call.times, strict=True))
    stages = {(event.job, event.stage, event.done): time for event, time in told if isinstance(event, Progress)}
    denoising = sum(stages[job, "write", 0] - stages[job, "read", 1] for job in call.ends)
    begin = next(time for event, time in told if isinstance(event, Started))
    return denoising, told[-1][1] - begin


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
