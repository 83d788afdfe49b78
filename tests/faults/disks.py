"""Faults: full disks."""

import errno
from pathlib import Path

from rwdenoise.events import Finished
from tests.faults.mounts import disk, remount
from tests.faults.row import Row
from tests.faults.scene import SLOW
from tests.faults.studio import Studio

PHOTOS = 12
#: Size of a write that fills a disk, in bytes.
_CHUNK = 4096


def disk_full(studio: Studio, runs: int) -> Row:
    """Fill the disk while results are written; after space is freed, the same call continues."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS)
        # A result takes 65 kB.
        with disk(scene.outbox, f"{200 + 40 * run % 500}k"):
            call = scene.run()
            reasons = {failed.code for failed in call.failed if "the disk is full" in failed.message}
            if reasons != {"write-failed"} or len(call.finished) + len(call.failed) != PHOTOS:
                scene.row.problems.append(f"not told that the disk is full: {call.failed}")
            remount(scene.outbox, "size=10m")
            scene.row.runs += 1
            row += scene.finish()
    return row


def journal_disk_full(studio: Studio, runs: int) -> Row:
    """Fill the disk of the journal: before the journal exists, after it exists, or in the middle of the batch."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS, program=SLOW)
        state = scene.folder / "state"
        with disk(state, "400k"):
            if run % 3 == 1:
                scene.start("--dry-run").end()
            if run % 3 != 2:
                _fill(state)
            call = scene.start()
            if run % 3 == 2:
                call.wait_for(Finished, PHOTOS // 3)
                _fill(state)
            if scene.end(call).status != 0:
                scene.row.problems.append(f"photos failed because of the journal: {call.errors}")
            (state / "filler").unlink()
            scene.row.runs += 1
            row += scene.finish()
    return row


def _fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(_CHUNK))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
