"""Run a real GIMP in a Debian root tree from scripts/gimp3, with our plug-ins in a profile and batch scripts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from rwdenoise_cli.gimp.folders import gimp_of
from rwdenoise_cli.gimp.install import SETUP, PlugIn, install, plug_ins_folder

ROOT = Path(__file__).parents[2]
# Mount point of the whole machine inside the tree: the worker runs with the Python of these tests.
_MACHINE = "/machine"
# When the shell ends, its mounts and all remaining processes disappear.
_IN_TREE = f"""
set -e
tree=$1 linger=$2
shift 2
mkdir -p "$tree{_MACHINE}"
mount --rbind / "$tree{_MACHINE}"
mount --rbind /tmp "$tree/tmp"
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
chroot "$tree" "$@" || status=$?
sleep "$linger"
exit "${{status:-0}}"
"""
_SECONDS = 100


def find_tree(version: str) -> Path:
    """Return the root tree with this version of GIMP; skip the test if it is missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    tree = cache / "rwdenoise" / f"gimp-{version}"
    if not tree.is_dir():
        pytest.skip(f"there is no GIMP {version} at {tree}; scripts/gimp3 makes it, or says why it cannot")
    return tree


def worker_command(*arguments: str) -> list[str]:
    """Return a command that runs the Python of these tests, with the project, from inside the tree."""
    return ["/usr/sbin/chroot", _MACHINE, sys.executable, *arguments]


@dataclass(frozen=True)
class GimpTree:
    """GIMP in a root tree, with its own profile."""

    tree: Path
    folder: Path
    """Folder below /tmp, which is the same inside and outside the tree."""

    def prepare(self, *system_plugins: str) -> None:
        """Create a profile that loads only our plug-ins, the batch interpreter, and the named plug-ins of GIMP."""
        system = next(self.tree.glob("usr/lib/*/gimp/3.*/plug-ins"))
        for name in ("python-eval", *system_plugins):
            shutil.copytree(system / name, self.plugins / name)
        (self.folder / "temporary").mkdir()
        (self.profile / "gimprc").write_text(
            f'(config-version "{".".join(map(str, self.version))}")\n'
            f'(plug-in-path "{self.plugins}")\n'
            f'(temp-path "{self.folder / "temporary"}")\n'
            "(show-welcome-dialog no)\n"
            "(check-updates no)\n"
        )

    @cached_property
    def version(self) -> tuple[int, ...]:
        """Version of this GIMP, for example (3, 0, 4)."""
        said = subprocess.run(
            ["chroot", self.tree, "gimp-console-3", "--version"], capture_output=True, text=True, check=True
        ).stdout
        return tuple(int(number) for number in said.split()[-1].split("."))

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    @property
    def plugins(self) -> Path:
        return self.profile / "plug-ins"

    def install(self, name: str, command: list[str]) -> Path:
        """Install one of our plug-ins in the profile; return its folder."""
        return install(PlugIn(plug_ins_folder() / name), gimp_of(self.plugins), command=command)

    def forget_worker(self, name: str) -> None:
        """Remove the worker command of a plug-in, as in an incomplete installation."""
        (self.plugins / name / SETUP).unlink()

    def start(
        self, script: Path, task: dict[str, Any], *, display: str | None = None, linger: int = 0
    ) -> subprocess.Popen[str]:
        """Start GIMP with a batch script, which reads its task from ``task.json`` and writes lines of results.

        Orphaned processes of GIMP live for `linger` seconds after GIMP has ended.
        """
        (self.folder / "task.json").write_text(json.dumps({**task, "folder": str(self.folder)}))
        code = self.folder / script.name
        shutil.copy(script, code)
        program = "gimp-console-3" if display is None else "gimp-3"
        gimp = [program, "-df" if display else "-idf", "--new-instance", "--batch-interpreter", "python-fu-eval"]
        gimp += ["-b", f"FOLDER = {str(self.folder)!r}; exec(open({str(code)!r}).read())", "--quit"]
        variables = ["PATH=/usr/bin:/bin:/usr/sbin", "HOME=/root", "LC_ALL=C.UTF-8", f"GIMP3_DIRECTORY={self.profile}"]
        variables += [f"TMPDIR={self.folder / 'temporary'}", *([f"DISPLAY={display}"] if display else [])]
        namespace = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
        return subprocess.Popen(
            [*namespace, "sh", "-c", _IN_TREE, "sh", str(self.tree), str(linger), "env", "-i", *variables, *gimp],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip

    def run(self, script: Path, task: dict[str, Any]) -> list[dict[str, Any]]:
        """Run a batch script to its end, and return its results."""
        (self.folder / "results.jsonl").unlink(missing_ok=True)
        process = self.start(script, task)
        try:
            said, _ = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
        results = self.results()
        assert results, said
        assert results[-1] == {"end": True}, said
        return results[:-1]

    def results(self) -> list[dict[str, Any]]:
        """Return the results that the batch script has written so far."""
        path = self.folder / "results.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def leftovers(self) -> list[str]:
        """Return the names in the folder for temporary files, except GIMP's own swap files."""
        names = (path.name for path in (self.folder / "temporary").iterdir())
        return sorted(name for name in names if not re.match(r"gimp|babl|gegl", name))
