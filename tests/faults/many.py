"""Many photos in one call: none is lost, memory does not grow, and the network never waits for the disk."""

import os
import statistics
from pathlib import Path

from rwdenoise.choices import JOBS
from rwdenoise.events import Finished, Progress, Started
from tests.faults.call import Call
from tests.faults.row import Row
from tests.faults.scene import Scene
from tests.faults.studio import Studio

#: Height and width, in px, of a photo large enough to reveal a leak: 0.7 MB in memory.
MEDIUM = (300, 450)
#: Largest ratio of the memory during the last tenth of the photos to that during the first tenth.
_GROWTH = 1.05
#: Largest ratio of the time of the whole batch to the time of denoising.
_OVERHEAD = 1.15
#: Time of the fake network for a photo, in seconds: longer than reading and writing take.
_AT_WORK = 0.15


def small_files(studio: Studio, runs: int) -> Row:
    """Process a folder of many small photos."""
    scene = studio.scene(runs)
    call = scene.run()
    scene.row.runs += 1
    scene.row.note = _rate(call)
    return scene.finish()


def memory_flat(studio: Studio, runs: int) -> Row:
    """Compare the memory use at the end of a batch with that at its start."""
    return _watch_memory(studio.scene(runs, size=MEDIUM))


def memory_flat_at_work(studio: Studio, runs: int) -> Row:
    """Compare the memory use at the end of a batch with that at its start, with a real network."""
    return _watch_memory(studio.scene(runs, size=MEDIUM, program=()))


def overlapping(studio: Studio, runs: int) -> Row:
    """Compare the time of a batch with that of denoising alone, by a fake network that leaves the processor idle."""
    scene = studio.scene(runs, size=MEDIUM, program=(f"network={_AT_WORK}",))
    if (ratio := _compare_times(scene)) > _OVERHEAD:
        scene.row.problems.append(f"{ratio:.2f} times as long as the denoising; {_OVERHEAD} is allowed")
    return scene.count()


def overlapping_at_work(studio: Studio, runs: int) -> Row:
    """Measure the same with a real network, which shares the processor; there is no limit to check."""
    scene = studio.scene(runs, "--steps", "20", size=MEDIUM, program=())
    _compare_times(scene)
    return scene.count()


def _compare_times(scene: Scene) -> float:
    """Return the ratio of the batch's time to that of denoising alone, with the default number of jobs."""
    ratios = {}
    for jobs in (1, JOBS):
        denoising, whole = _times(scene, jobs=jobs)
        # The ratio is taken within each call: other programs may slow down one call more than the other.
        ratios[jobs] = whole / denoising
    shown = " and ".join(f"{ratio:.2f} with --jobs {jobs}" for jobs, ratio in ratios.items())
    scene.row.note = f"the batch takes {shown} times its denoising, {denoising:.1f} s"
    return ratios[JOBS]


def _times(scene: Scene, *, jobs: int) -> tuple[float, float]:
    """Return the seconds spent on denoising, and the seconds from the start of the first photo to the end."""
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
    """Return the resident memory of a process, in bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _rate(call: Call) -> str:
    return f"{call.summary.written} photos in {call.summary.seconds:.1f} s" if call.summary else ""
