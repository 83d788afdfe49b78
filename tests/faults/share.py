"""Faults: slow and unreliable network shares."""

from tests.faults.row import Row
from tests.faults.scene import FAKE
from tests.faults.studio import Studio

PHOTOS = 12


def slow_share(studio: Studio, runs: int) -> Row:
    """Delay each opening of a file or folder in inbox and outbox by 20 ms."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS)
        call = scene.run("--jobs", str(1 + run % 4), program=(*FAKE, "slow_share=inbox,0.02", "slow_share=outbox,0.02"))
        scene.row.runs += 1
        scene.row.note = f"{call.summary.seconds:.1f} s" if call.summary else ""
        row += scene.finish()
    return row


def breaking_share(studio: Studio, runs: int) -> Row:
    """Let some openings of files and folders in inbox and outbox fail with a network error."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS)
        every = 3 + run % 17
        call = scene.run(program=(*FAKE, f"breaking_share=inbox,{every}", f"breaking_share=outbox,{every}"))
        if not call.failed:
            scene.row.problems.append("nothing broke off")
        scene.row.runs += 1
        row += scene.finish()
    return row
