"""Sources that are changed, cut off or deleted: before and after they are read, while denoised, and while written."""

import shutil

from tests.faults.inside import MOMENTS
from tests.faults.row import Row
from tests.faults.scene import FAKE
from tests.faults.studio import Studio

PHOTOS = 15


def source_changed(studio: Studio, runs: int) -> Row:
    """Another photo of the same size is saved under the name."""
    return _hurt(studio, runs, "changed")


def source_truncated(studio: Studio, runs: int) -> Row:
    """Half of the file is cut off."""
    return _hurt(studio, runs, "truncated")


def source_deleted(studio: Studio, runs: int) -> Row:
    """The file is deleted, and copied from the card again."""
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
