"""Open an image and the filter's dialog in a GIMP with windows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.gimp.cases import noisy_scene, stored
from tests.gimp.processes import wait_until
from tests.gimp.screen import Screen
from tests.gimp.tree import GimpTree

WINDOW = Path(__file__).with_name("window.py")
SIZE = (640, 480)
TITLE = "Denoise photo"
SECONDS = 60
SECONDS_TO_HEAR = 2


@contextlib.contextmanager
def opened(gimp: GimpTree, screen: Screen, *, linger: int = 0, ends: bool = True, **task: Any) -> Iterator[list[bytes]]:
    """Open an image of two layers and the dialog; yield the layers' pixels; wait for the end of the script.

    With `ends` false, do not wait for the end. `task` holds further fields for the task of ``window.py``.
    """
    photo = stored(noisy_scene(SIZE[1], SIZE[0]), task.get("precision", "U8"))
    before = [photo.tobytes(), photo[:, ::-1].tobytes()]
    paths = [gimp.folder / f"window-{index}.pixels" for index in range(len(before))]
    for path, pixels in zip(paths, before, strict=True):
        path.write_bytes(pixels)
    task = {"size": SIZE, "pixels": [str(path) for path in paths], **task}
    process = gimp.start(WINDOW, task, display=screen.display, linger=linger)
    try:
        yield before
        wait_until(lambda: not ends or gimp.results()[-1:] == [{"end": True}])
    finally:
        process.kill()
        process.communicate()


def dialog_of(screen: Screen) -> str:
    """Wait for the dialog, and return its window number."""
    return screen.wait_for(TITLE, seconds=SECONDS)


def image_window_of(screen: Screen) -> str:
    """Wait for the image window, and return its window number."""
    return screen.wait_for("GIMP", seconds=SECONDS)


def undo_and_redo(gimp: GimpTree, screen: Screen) -> None:
    """Undo all changes with one key press, and redo them with another, once the title shows unsaved changes."""
    wait_until(lambda: len(gimp.results()) > 1)
    wait_until(lambda: screen.title(image_window_of(screen)).startswith("*"))
    for count, key in enumerate(("ctrl+z", "ctrl+y"), start=2):
        # GIMP ignores keys while it is busy; a repeated key press has nothing more to undo or redo.
        while len(gimp.results()) <= count:
            screen.press(image_window_of(screen), key)
            time.sleep(SECONDS_TO_HEAR)
