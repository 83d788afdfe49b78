"""Faults: sources are changed, truncated or deleted, before and after reading, while denoising, or while writing."""

import shutil

from tests.faults.inside import MOMENTS
from tests.faults.row import Row
from tests.faults.scene import FAKE
from tests.faults.studio import Studio

PHOTOS = 15


def source_changed(studio: Studio, runs: int) -> Row:
    """Reverse the bytes of a source, which keeps its size."""
    return _hurt(studio, runs, "changed")


def source_truncated(studio: Studio, runs: int) -> Row:
    """Truncate a source to half its size."""
    return _hurt(studio, runs, "truncated")


def source_deleted(studio: Studio, runs: int) -> Row:
    """Delete a source, and later copy it from the card again."""
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
