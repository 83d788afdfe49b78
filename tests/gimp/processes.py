"""Find processes on this machine, including GIMP's root tree, and wait for conditions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.gimp.tree import GimpTree

SECONDS = 60


def plug_ins(gimp: GimpTree) -> list[int]:
    """Return the process IDs of our filter in a GIMP."""
    return _processes(f"{gimp.plugins}/rwdenoise/rwdenoise.py", "-run")


def workers(gimp: GimpTree) -> list[int]:
    """Return the process IDs of a GIMP's workers."""
    return _processes("--remove", f"{gimp.folder}/temporary")


def gimps(gimp: GimpTree) -> list[int]:
    """Return the process IDs of GIMP itself, identified by the name of its program."""
    return [
        process
        for process in _processes(f"FOLDER = '{gimp.folder}'")
        if Path(f"/proc/{process}/comm").read_text().startswith("gimp")
    ]


def has_worked(gimp: GimpTree, seconds: float) -> bool:
    """Return whether a worker exists that has used this much processor time."""
    for process in workers(gimp):
        # proc(5): the 14th field is the time in user mode; the program name before it may contain spaces.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        if int(fields[11]) / os.sysconf("SC_CLK_TCK") >= seconds:
            return True
    return False


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait until a condition holds; fail after a time limit."""
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def _processes(*words: str) -> list[int]:
    """Return the IDs of all processes whose command line contains all these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if all(word in line for word in words):
            found.append(int(path.parent.name))
    return found
