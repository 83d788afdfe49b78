"""Test the dialog in real GIMP with windows: confirm it by keyboard; the layers change, and one undo restores them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.gimp.cases import kind_cases, noisy_scene, place_cases, store_pixels, stored
from tests.gimp.opened import SIZE, dialog_of, opened, undo_and_redo
from tests.gimp.processes import wait_until
from tests.gimp.screen import Screen
from tests.gimp.tree import GimpTree

INSIDE = Path(__file__).with_name("inside.py")


@pytest.fixture
def windowed(tree: Path, warm_worker: list[str], tmp_path: Path) -> GimpTree:
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare("file-png")
    gimp.install("rwdenoise", warm_worker)
    return gimp


def test_return_denoises_both_layers_and_one_undo_restores_them(windowed: GimpTree, screen: Screen) -> None:
    with opened(windowed, screen) as before:
        screen.press(dialog_of(screen), "Return")
        undo_and_redo(windowed, screen)
    _, called, undone, redone, _ = windowed.results()
    assert called == {"status": "success", "error": "success", "dirty": True}
    for index, pixels in enumerate(before):
        assert (windowed.folder / f"window-{index}.after").read_bytes() != pixels
    assert undone == {"undone": True, "dirty": False}
    assert redone == {"redone": True, "dirty": True}
    assert windowed.leftovers() == []


@pytest.mark.parametrize("precision", ["U16_NON_LINEAR", "FLOAT_LINEAR"])
def test_undo_and_redo_know_what_is_written_over_a_merged_selection(
    windowed: GimpTree, screen: Screen, precision: str
) -> None:
    with opened(windowed, screen, precision=precision, selection=[100, 50, 300, 200]):
        screen.press(dialog_of(screen), "Return")
        undo_and_redo(windowed, screen)
    _, called, undone, redone, _ = windowed.results()
    assert called["status"] == "success", called["error"]
    assert undone == {"undone": True, "dirty": False}
    assert redone == {"redone": True, "dirty": True}


def test_a_link_becomes_pixels_and_one_undo_makes_it_a_link_again(windowed: GimpTree, screen: Screen) -> None:
    if windowed.version < (3, 2):
        pytest.skip("link layers came with GIMP 3.2")
    photo = windowed.folder / "photo.png"
    Image.fromarray(stored(noisy_scene(SIZE[1], SIZE[0]), "U8")).save(photo)
    with opened(windowed, screen, link=str(photo)):
        screen.press(dialog_of(screen), "Return")
        undo_and_redo(windowed, screen)
    _, called, undone, redone, _ = windowed.results()
    assert called == {"status": "success", "error": "success", "dirty": True}
    assert undone == {"undone": True, "dirty": False}
    assert redone == {"redone": True, "dirty": True}


def test_the_dialog_opens_on_everything_that_can_be_denoised(windowed: GimpTree, screen: Screen) -> None:
    kinds = [case for case in kind_cases() if case["name"].endswith(" LINEAR alpha")]
    cases = [*kinds, *place_cases(windowed.folder)]
    store_pixels(cases, windowed.folder)
    process = windowed.start(INSIDE, {"cases": cases, "interactive": True}, display=screen.display)
    try:
        for count in range(len(cases)):
            screen.press(dialog_of(screen), "Escape")
            wait_until(lambda count=count: len(windowed.results()) > count)
    finally:
        process.kill()
        process.communicate()
    assert [outcome["status"] for outcome in windowed.results()[: len(cases)]] == ["cancel"] * len(cases)


def test_escape_leaves_everything_as_it_was(windowed: GimpTree, screen: Screen) -> None:
    with opened(windowed, screen) as before:
        screen.press(dialog_of(screen), "Escape")
    _, called, _ = windowed.results()
    assert called["status"] == "cancel"
    assert not called["dirty"]
    assert (windowed.folder / "window-0.after").read_bytes() == before[0]
    assert windowed.leftovers() == []


def test_what_is_typed_counts_and_is_remembered(windowed: GimpTree, screen: Screen) -> None:
    with opened(windowed, screen, calls=2):
        screen.press(dialog_of(screen), "alt+t", "ctrl+a", "0", "Tab", "Return")
        wait_until(lambda: len(windowed.results()) > 1)
        screen.press(dialog_of(screen), "Return")
    _, first, second, _ = windowed.results()
    for called in (first, second):
        assert called["status"] == "success", called["error"]
        assert not called["dirty"]


def test_without_a_worker_the_dialog_opens_but_cannot_be_agreed_to(windowed: GimpTree, screen: Screen) -> None:
    windowed.forget_worker("rwdenoise")
    with opened(windowed, screen):
        dialog = dialog_of(screen)
        screen.press(dialog, "Return")
        assert dialog_of(screen) == dialog
        screen.press(dialog, "Escape")
    _, called, _ = windowed.results()
    assert called["status"] == "cancel"
    assert not called["dirty"]
