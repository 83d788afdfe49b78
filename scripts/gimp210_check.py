"""Compare the stubs of gimpfu with a real GIMP 2.10, and run the plug-in in it; `scripts/gimp210 check` calls this."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from rwdenoise_cli.gimp.folders import Gimp
from rwdenoise_cli.gimp.install import PlugIn, install, plug_ins_folder

# JSON values.
Fact: TypeAlias = "dict[str, Fact] | list[Fact] | str | float | bool | None"

_STUBS = Path(__file__).parents[1] / "tests" / "stubs"
# Tolerance for floats: GIMP computes with less precision.
_TOLERANCE = 0.004
_SECONDS = 300
_LAST_WORDS = 2000

# Code that runs on the stubs and in GIMP, after FACTS, HERE and a function that calls the plug-in are defined.
_TELL = """
import json, sys
sys.path.insert(0, FACTS)
import facts as claims
names = json.load(open(HERE + "/names.json"))
facts = claims.tell_facts(images(), names)
json.dump(facts, open(HERE + "/facts.json", "w"))
"""
_TRY = """
import json, sys
sys.path.insert(0, FACTS)
import facts as claims
facts = json.load(open(HERE + "/facts.json"))
facts["plug-in"] = claims.try_plug_in(images(), call)
json.dump(facts, open(HERE + "/facts.json", "w"))
"""
_MAKE = """
import sys
sys.path.insert(0, FACTS)
import facts as claims
claims.make_images()
"""
_SETTINGS = "1.0, 0.0, 1, 1.0, 'best', 2, 'auto'"
_IN_GIMP = f"""
from gimpfu import *
FACTS = HERE = "/tmp/facts"
def images(): return sorted(gimp.image_list(), key=lambda image: image.ID)
def call(image, layer): pdb.plug_in_rwdenoise(image, layer, {_SETTINGS})
"""
_ON_STUBS = f"""
import runpy, sys
from _gimp_host import host
def images(): return sorted(host.images.values(), key=lambda image: image.ID)
def call(image, layer):
    status = host.call("plug-in-rwdenoise", 1, image, layer, {_SETTINGS})
    assert status == "success", host.errors
    host.precision_enabled = True
"""
_LOAD = """
sys.path.insert(0, HERE + "/plug-ins/rwdenoise")
runpy.run_path(HERE + "/plug-ins/rwdenoise/rwdenoise.py", run_name="__main__")
"""

# A worker that flips pictures vertically.
_UPSIDE_DOWN = """
import json, os, shutil, sys
print(json.dumps({"v": 1, "event": "ready", "version": "0"}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    with open(os.path.join(job["folder"], "pixels.in"), "rb") as file:
        data = file.read()
    row = len(data) // job["height"]
    with open(os.path.join(job["folder"], "pixels.out"), "wb") as file:
        file.writelines(data[top : top + row] for top in range(len(data) - row, -1, -row))
    for event in ({"event": "progress", "stage": "denoise", "done": 1, "total": 2}, {"event": "finished"}):
        print(json.dumps({"v": 1, "job": job["job"], **event}), flush=True)
shutil.rmtree(sys.argv[-1], ignore_errors=True)
"""


def main(tree: Path) -> int:
    """Print all differences between the stubs and the GIMP in a root tree; return 0 if there are none."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        _prepare(here, python=sys.executable, at=here)
        stubs = _ask_stubs(here)
    real = _ask_gimp(tree)
    faults = [*_differences(stubs, real, where=""), *_failures(real)]
    for fault in faults:
        print(fault)
    print(
        f"{_count(real)} facts compared with GIMP {'.'.join(map(str, real['items']['version']))}: {len(faults)} faults"
    )
    return 1 if faults else 0


def _prepare(here: Path, *, python: str, at: Path) -> None:
    """Prepare the folder `here` (`at` for the other side): names, facts, the plug-in and its worker."""
    code = "import gimpenums, gimpfu, json; names = [n for m in (gimpenums, gimpfu) for n in vars(m)];" + (
        "print(json.dumps(sorted({n for n in names if n.isupper() and hasattr(gimpenums, n) or n.startswith('PF_')})))"
    )
    (here / "names.json").write_text(_python(code))
    shutil.copy(_STUBS / "facts.py", here)
    (here / "upside_down.txt").write_text(_UPSIDE_DOWN)
    command = [python, str(at / "upside_down.txt")]
    install(PlugIn(plug_ins_folder() / "gimpfu"), Gimp("GIMP 2.10", 2, here / "plug-ins"), command=command)


def _ask_stubs(here: Path) -> dict[str, Any]:
    start = f"FACTS = HERE = {str(here)!r}\n{_ON_STUBS}"
    _python(f"{start}{_MAKE}host.precision_enabled = False\n{_TELL}{_LOAD}{_TRY}")
    return dict(json.loads((here / "facts.json").read_text()))


def _python(code: str) -> str:
    environment = {"PYTHONPATH": str(_STUBS), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def _ask_gimp(tree: Path) -> dict[str, Any]:
    """Collect the facts in the GIMP of a root tree; each batch runs as a separate plug-in."""
    here = tree / "tmp" / "facts"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    try:
        _prepare(here, python="/usr/bin/python3", at=Path("/tmp/facts"))
        batches = [_IN_GIMP + part for part in (_MAKE, _TELL, _TRY)] + ["from gimpfu import *\npdb.gimp_quit(1)"]
        command = ["chroot", str(tree), "/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"]
        command += ["GIMP2_DIRECTORY=/tmp/facts", "gimp-console-2.10", "-idf", "--batch-interpreter", "python-fu-eval"]
        for code in batches:
            command += ["-b", code]
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
        told = here / "facts.json"
        if not told.exists():
            sys.exit(f"GIMP wrote no facts. Its last output: {ran.stderr.decode(errors='replace')[-_LAST_WORDS:]}")
        return dict(json.loads(told.read_text()))
    finally:
        shutil.rmtree(here)


def _differences(stub: Fact, real: Fact, *, where: str) -> Iterator[str]:
    if isinstance(stub, dict) and isinstance(real, dict) and stub.keys() == real.keys():
        for key in stub:
            yield from _differences(stub[key], real[key], where=f"{where}/{key}")
    elif isinstance(stub, list) and isinstance(real, list) and len(stub) == len(real):
        for index, pair in enumerate(zip(stub, real, strict=True)):
            yield from _differences(*pair, where=f"{where}/{index}")
    elif isinstance(stub, float) and isinstance(real, float) and abs(stub - real) < _TOLERANCE:
        return
    elif stub != real:
        yield f"{where}: {stub!r} in the stubs, {real!r} in GIMP"


def _failures(real: dict[str, Any]) -> Iterator[str]:
    for name, kind, (outside, inside) in real.get("plug-in", [["the plug-in did not run", 0, (False, False)]]):
        if not (outside and inside):
            yield f"plug-in on {name}, type {kind}: outside unchanged {outside}, inside the worker's {inside}"


def _count(facts: Fact) -> int:
    if isinstance(facts, dict | list):
        return sum(_count(fact) for fact in (facts.values() if isinstance(facts, dict) else facts))
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
