"""What runs on this machine, GIMP's tree included, and how to wait for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.gimp.tree import GimpTree

SECONDS = 60


def plug_ins(gimp: GimpTree) -> list[int]:
    """Return the numbers of the processes that a GIMP runs for our filter."""
    return _processes(f"{gimp.plugins}/rwdenoise/rwdenoise.py", "-run")


def workers(gimp: GimpTree) -> list[int]:
    """Return the numbers of a GIMP's workers."""
    return _processes("--remove", f"{gimp.folder}/temporary")


def gimps(gimp: GimpTree) -> list[int]:
    """Return the numbers of the processes of GIMP itself; a GIMP is called like its program, whoever started it."""
    return [
        process
        for process in _processes(f"FOLDER = '{gimp.folder}'")
        if Path(f"/proc/{process}/comm").read_text().startswith("gimp")
    ]


def has_worked(gimp: GimpTree, seconds: float) -> bool:
    """Tell whether there is a worker, and it has computed for so long."""
    for process in workers(gimp):
        # proc(5): the 14th field is the time in user mode; the name before it may hold blanks.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        if int(fields[11]) / os.sysconf("SC_CLK_TCK") >= seconds:
            return True
    return False


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait until something is so; fail if that takes too long."""
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


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
