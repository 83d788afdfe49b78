"""Test in real GIMP that after a cancel or a kill at any time nothing has changed, and no process or file is left."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.gimp.cases import store_pixels
from tests.gimp.opened import dialog_of, image_window_of, opened
from tests.gimp.processes import gimps, has_worked, plug_ins, wait_until, workers
from tests.gimp.screen import Screen
from tests.gimp.tree import GimpTree, worker_command

INSIDE = Path(__file__).with_name("inside.py")
# Much longer than any test waits.
LONG = {"steps": 100}
LONG_KEYS = ("alt+p", "ctrl+a", "1", "0", "0", "alt+t")
# Processor time after which any machine has loaded torch and the weights.
SECONDS_TO_LOAD = 4.0
# Time that orphaned processes of GIMP may live.
SECONDS_TO_LINGER = 20
# Distance of the Cancel button from the right and the bottom edge of the window, in px.
TO_CANCEL = (45, 20)


@pytest.fixture
def patient(tree: Path, tmp_path: Path) -> GimpTree:
    """Return a GIMP with a slow real worker and real weights, without toolbox and docks."""
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare()
    (gimp.profile / "sessionrc").write_text("(hide-docks yes)\n")
    gimp.install("rwdenoise", worker_command("-m", "tests.gimp.restless", "worker"))
    return gimp


def test_killed_at_the_start_and_midway_it_leaves_nothing(patient: GimpTree) -> None:
    cases = _long_cases(patient, "at the start", "midway")
    process = patient.start(INSIDE, {"cases": cases})
    try:
        for count, seconds in enumerate((0.0, SECONDS_TO_LOAD + 1)):
            wait_until(lambda seconds=seconds: has_worked(patient, seconds))
            # The next case may have started: only the processes of this case count.
            left, folders = workers(patient), patient.leftovers()
            os.kill(plug_ins(patient)[0], signal.SIGKILL)
            wait_until(lambda count=count: len(patient.results()) > count)
            wait_until(lambda left=left: not set(left) & set(workers(patient)))
            wait_until(lambda left=folders: not set(left) & set(patient.leftovers()))
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    *outcomes, end = patient.results()
    assert end == {"end": True}
    for outcome in outcomes:
        assert outcome["status"] != "success"
        assert not outcome["dirty"]
        (layer,) = outcome["layers"]
        assert Path(f"{layer['stem']}.before").read_bytes() == Path(f"{layer['stem']}.after").read_bytes()


@pytest.mark.parametrize("seconds", [0.0, SECONDS_TO_LOAD + 1])
def test_a_killed_gimp_leaves_nothing(patient: GimpTree, seconds: float) -> None:
    process = patient.start(INSIDE, {"cases": _long_cases(patient, "killed")}, linger=SECONDS_TO_LINGER)
    try:
        wait_until(lambda: has_worked(patient, seconds))
        _kill_gimp(patient)
    finally:
        process.kill()
        process.communicate()


def test_a_gimp_that_is_killed_while_the_dialog_is_open_leaves_nothing(patient: GimpTree, screen: Screen) -> None:
    with opened(patient, screen, linger=SECONDS_TO_LINGER, ends=False):
        screen.press(dialog_of(screen), *LONG_KEYS)
        wait_until(lambda: has_worked(patient, SECONDS_TO_LOAD))
        _kill_gimp(patient)


def test_cancel_in_the_dialog_while_the_preview_is_made(patient: GimpTree, screen: Screen) -> None:
    with opened(patient, screen, hold="seen") as before:
        screen.press(dialog_of(screen), *LONG_KEYS)
        wait_until(lambda: has_worked(patient, SECONDS_TO_LOAD + 1))
        screen.press(dialog_of(screen), "alt+c")
        _assert_nothing_happened(patient, screen, before)


def test_cancel_in_the_status_bar(patient: GimpTree, screen: Screen) -> None:
    with opened(patient, screen, hold="seen") as before:
        screen.press(dialog_of(screen), *LONG_KEYS, "alt+d")
        wait_until(lambda: has_worked(patient, SECONDS_TO_LOAD + 1))
        screen.click(image_window_of(screen), *TO_CANCEL)
        _assert_nothing_happened(patient, screen, before)


def _long_cases(gimp: GimpTree, *names: str) -> list[dict[str, Any]]:
    plain = {"base": "RGB", "precision": "U8_NON_LINEAR", "size": (1600, 1200), "layers": 1, "arguments": LONG}
    cases = [{"name": name, **plain} for name in names]
    store_pixels(cases, gimp.folder)
    return cases


def _kill_gimp(gimp: GimpTree) -> None:
    (process,) = gimps(gimp)
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: not plug_ins(gimp))
    wait_until(lambda: not workers(gimp))
    wait_until(lambda: not gimp.leftovers())


def _assert_nothing_happened(gimp: GimpTree, screen: Screen, before: list[bytes]) -> None:
    wait_until(lambda: len(gimp.results()) > 1)
    assert not screen.title(image_window_of(screen)).startswith("*")
    wait_until(lambda: not plug_ins(gimp))
    wait_until(lambda: not workers(gimp))
    assert gimp.leftovers() == []
    (gimp.folder / "seen").touch()
    _, called = gimp.results()[:2]
    assert (called["status"], called["dirty"]) == ("cancel", False)
    for index, pixels in enumerate(before):
        assert (gimp.folder / f"window-{index}.after").read_bytes() == pixels
