"""Test in real GIMP that a plug-in leaves nothing behind after use, an update, further use and removal."""

from __future__ import annotations

from pathlib import Path

import pytest

from rwdenoise_cli.gimp.folders import gimp_of
from rwdenoise_cli.gimp.install import uninstall
from tests.gimp.opened import dialog_of, opened, undo_and_redo
from tests.gimp.screen import Screen
from tests.gimp.tree import GimpTree

INSIDE = Path(__file__).with_name("inside.py")


@pytest.fixture
def profile(tree: Path, tmp_path: Path) -> GimpTree:
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare()
    return gimp


def test_used_upgraded_and_uninstalled_it_leaves_nothing(
    profile: GimpTree, warm_worker: list[str], screen: Screen
) -> None:
    before = sorted(profile.plugins.iterdir())
    place = profile.install("rwdenoise", warm_worker)
    _use(profile, screen)
    # GIMP's Python has left cache files, and GIMP has saved the last settings.
    assert (place / "__pycache__").is_dir()
    assert len(_traces(profile)) > 1
    old = place.stat().st_ino
    assert profile.install("rwdenoise", warm_worker) == place
    assert place.stat().st_ino != old
    assert not (place / "__pycache__").exists()
    _use(profile, screen)
    assert uninstall(gimp_of(profile.plugins)) == [place]
    assert sorted(profile.plugins.iterdir()) == before
    assert _traces(profile) == []
    cases = [{"name": "no more", "base": "RGB", "precision": "U8_NON_LINEAR", "size": [4, 4]}]
    with pytest.raises(AssertionError, match="create_config"):
        profile.run(INSIDE, {"cases": cases})
    assert "rwdenoise" not in (profile.profile / "pluginrc").read_text()


def _use(gimp: GimpTree, screen: Screen) -> None:
    """Open the plug-in's dialog, and confirm it."""
    (gimp.folder / "results.jsonl").unlink(missing_ok=True)
    with opened(gimp, screen):
        screen.press(dialog_of(screen), "Return")
        undo_and_redo(gimp, screen)
    assert gimp.results()[1]["status"] == "success"


def _traces(gimp: GimpTree) -> list[Path]:
    """Return all files and folders with our name."""
    return sorted(gimp.profile.rglob("*rwdenoise*"))
