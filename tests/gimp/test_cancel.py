"""In real GIMP: Cancel kills the plug-in, wherever it is. Nothing has changed then, no process and no file is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gimp.cases import store_pixels
from tests.gimp.tree import GimpTree

INSIDE = Path(__file__).with_name("inside.py")
SECONDS = 60
# Much longer than anybody waits here.
LONG = {"steps": 100}
# Of computing, on any machine: for torch and the weights.
SECONDS_TO_LOAD = 4.0


@pytest.fixture
def patient(tree: Path, worker: list[str], tmp_path: Path) -> GimpTree:
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare()
    gimp.install("rwdenoise", worker)
    return gimp


def test_killed_at_the_start_and_midway_it_leaves_nothing(patient: GimpTree) -> None:
    cases = [
        {
            "name": name,
            "base": "RGB",
            "precision": "U8_NON_LINEAR",
            "size": (1600, 1200),
            "layers": 1,
            "arguments": LONG,
        }
        for name in ("at the start", "midway")
    ]
    store_pixels(cases, patient.folder)
    process = patient.start(INSIDE, {"cases": cases})
    try:
        for count, seconds in enumerate((0.0, SECONDS_TO_LOAD + 1)):
            _wait(lambda seconds=seconds: _has_worked(patient, seconds))
            # By now the next case may have begun: what counts is this one's.
            workers, folders = _workers(patient), patient.leftovers()
            os.kill(_plug_ins(patient)[0], signal.SIGKILL)
            _wait(lambda count=count: len(patient.results()) > count)
            _wait(lambda left=workers: not set(left) & set(_workers(patient)))
            _wait(lambda left=folders: not set(left) & set(patient.leftovers()))
        process.communicate(timeout=SECONDS)
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


def _has_worked(gimp: GimpTree, seconds: float) -> bool:
    """Tell whether there is a worker, and it has computed for so long."""
    for process in _workers(gimp):
        # proc(5): the 14th field is the time in user mode; the name before it may hold blanks.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        if int(fields[11]) / os.sysconf("SC_CLK_TCK") >= seconds:
            return True
    return False


def _plug_ins(gimp: GimpTree) -> list[int]:
    return _processes(f"{gimp.plugins}/rwdenoise/rwdenoise.py", "-run")


def _workers(gimp: GimpTree) -> list[int]:
    return _processes("rwdenoise_cli", f"{gimp.folder}/temporary")


def _processes(*words: str) -> list[int]:
    """Return the numbers of all processes whose command line holds all these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if all(word in line for word in words):
            found.append(int(path.parent.name))
    return found


def _wait(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)
