"""In real GIMP with windows: the dialog opens, is answered by keyboard, the layers change, one undo restores them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.gimp.cases import noisy_scene
from tests.gimp.screen import Screen, open_screen
from tests.gimp.tree import GimpTree

WINDOW = Path(__file__).with_name("window.py")
SIZE = (640, 480)
TITLE = "Denoise photo"
SECONDS = 60


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with open_screen() as screen:
        yield screen


@pytest.fixture
def windowed(tree: Path, warm_worker: list[str], tmp_path: Path) -> GimpTree:
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare()
    gimp.install("rwdenoise", warm_worker)
    return gimp


def test_return_denoises_both_layers_and_one_undo_restores_them(windowed: GimpTree, screen: Screen) -> None:
    with _opened(windowed, screen) as before:
        screen.press(screen.wait_for(TITLE, seconds=SECONDS), "Return")
        _wait(lambda: len(windowed.results()) > 1)
        screen.press(screen.wait_for("GIMP", seconds=SECONDS), "ctrl+z")
    _, called, undone, _ = windowed.results()
    assert called["status"] == "success", called["error"]
    assert called["dirty"]
    for index, pixels in enumerate(before):
        assert (windowed.folder / f"window-{index}.after").read_bytes() != pixels
    assert undone == {"undone": True, "dirty": False}
    assert windowed.leftovers() == []


def test_escape_leaves_everything_as_it_was(windowed: GimpTree, screen: Screen) -> None:
    with _opened(windowed, screen) as before:
        screen.press(screen.wait_for(TITLE, seconds=SECONDS), "Escape")
    _, called, _ = windowed.results()
    assert called["status"] == "cancel"
    assert not called["dirty"]
    assert (windowed.folder / "window-0.after").read_bytes() == before[0]
    assert windowed.leftovers() == []


def test_what_is_typed_counts_and_is_remembered(windowed: GimpTree, screen: Screen) -> None:
    with _opened(windowed, screen, calls=2):
        screen.press(screen.wait_for(TITLE, seconds=SECONDS), "alt+t", "ctrl+a", "0", "Tab", "Return")
        _wait(lambda: len(windowed.results()) > 1)
        screen.press(screen.wait_for(TITLE, seconds=SECONDS), "Return")
    _, first, second, _ = windowed.results()
    for called in (first, second):
        assert called["status"] == "success", called["error"]
        assert not called["dirty"]


def test_without_a_worker_the_dialog_opens_but_cannot_be_agreed_to(windowed: GimpTree, screen: Screen) -> None:
    windowed.forget_worker("rwdenoise")
    with _opened(windowed, screen):
        dialog = screen.wait_for(TITLE, seconds=SECONDS)
        screen.press(dialog, "Return")
        assert screen.wait_for(TITLE, seconds=SECONDS) == dialog
        screen.press(dialog, "Escape")
    _, called, _ = windowed.results()
    assert called["status"] == "cancel"
    assert not called["dirty"]


@contextlib.contextmanager
def _opened(gimp: GimpTree, screen: Screen, *, calls: int = 1) -> Iterator[list[bytes]]:
    """Open an image of two layers and the dialog on it; wait until everything is over; give the layers' pixels."""
    photo = np.rint(noisy_scene(SIZE[1], SIZE[0]).clip(0, 1) * 255).astype(np.uint8)
    before = [photo.tobytes(), photo[:, ::-1].tobytes()]
    paths = [gimp.folder / f"window-{index}.pixels" for index in range(len(before))]
    for path, pixels in zip(paths, before, strict=True):
        path.write_bytes(pixels)
    task = {"size": SIZE, "pixels": [str(path) for path in paths], "calls": calls}
    process = gimp.start(WINDOW, task, display=screen.display)
    try:
        yield before
        _wait(lambda: gimp.results()[-1:] == [{"end": True}])
    finally:
        process.kill()
        process.communicate()


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)
