"""Sources that are changed, cut off or deleted: before and after they are read, while denoised, and while written."""

import shutil

from tests.faults.inside import MOMENTS
from tests.faults.row import Row
from tests.faults.scene import FAKE
from tests.faults.studio import Studio

PHOTOS = 15


def source_changed(studio: Studio, runs: int) -> Row:
    """Turn the bytes of a source around, so that its size stays."""
    return _hurt(studio, runs, "changed")


def source_truncated(studio: Studio, runs: int) -> Row:
    """Cut off half of a source."""
    return _hurt(studio, runs, "truncated")


def source_deleted(studio: Studio, runs: int) -> Row:
    """Delete a source, and copy it from the card again."""
    return _hurt(studio, runs, "deleted")


def _hurt(studio: Studio, runs: int, how: str) -> Row:
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS)
        card = shutil.copytree(scene.inbox, scene.folder / "card")
        scene.run("--jobs", str(1 + run % 4), program=(*FAKE, *(f"{how}={moment}" for moment in MOMENTS)))
        scene.row.runs += 1
        shutil.copytree(card, scene.inbox, dirs_exist_ok=True)
        row += scene.finish()
    return row
