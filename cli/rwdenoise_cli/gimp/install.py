"""Install the plug-ins where GIMP finds them, check them, and remove them without a trace.

An installed plug-in is a folder named like its script, as GIMP demands. It holds the files of the plug-in, those that
all plug-ins share, and ``worker.json`` with the command that starts the worker.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import rwdenoise
from rwdenoise._version import __version__
from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise_cli.gimp.folders import Gimp

#: Names of files that are added to a plug-in: what talks to the worker, and what says how to start it.
CLIENT, SETUP = "worker_client.py", "worker.json"
# The filter, and the RAW loader if there is one, by the GIMP that they are for.
_PLUG_INS = {2: ("gimpfu",), 3: ("rwdenoise", "rwdenoise-raw")}
# Where GIMP 3 remembers what was last chosen in a plug-in's dialog, in the folder around that of the plug-ins.
_LAST_CHOSEN = "plug-in-settings/*rwdenoise*"
# What a plug-in is called while it is put together or taken apart.
_UNFINISHED = ".rwdenoise-"
_INSTALL = "Run: rwdenoise gimp install"


@dataclass(frozen=True)
class PlugIn:
    """A plug-in as it came with the program."""

    source: Path

    @cached_property
    def script(self) -> str:
        """The name of the file that GIMP starts: the one that says how it is to be run."""
        return next(path.name for path in sorted(self.source.glob("*.py")) if path.read_bytes().startswith(b"#!"))

    @property
    def files(self) -> list[Path]:
        """What is copied."""
        return [*sorted(self.source.glob("*.py")), *sorted(self.source.parent.glob("*.py"))]

    def place(self, gimp: Gimp) -> Path:
        """Return its folder in a GIMP."""
        return gimp.plug_ins / Path(self.script).stem


@dataclass(frozen=True)
class Fault:
    """Why a plug-in does not work, and one sentence on how to fix it."""

    message: str
    hint: str


def plug_ins_folder() -> Path:
    """Return the folder of the plug-ins that came with the program."""
    package = Path(rwdenoise.__file__).parent
    installed = package / "_plugins"
    return installed if installed.is_dir() else package.parent / "plugins" / "gimp"


def plug_ins_for(gimp: Gimp, *, raw_loader: bool = True) -> list[PlugIn]:
    """Return the plug-ins for a GIMP: the filter, and if there is one for it the RAW loader."""
    names = _PLUG_INS[gimp.major] if raw_loader else _PLUG_INS[gimp.major][:1]
    return [PlugIn(plug_ins_folder() / name) for name in names]


def is_installed(plug_in: PlugIn, gimp: Gimp) -> bool:
    """Tell whether a GIMP has the plug-in, working or not."""
    return (plug_in.place(gimp) / plug_in.script).is_file()


def install(plug_in: PlugIn, gimp: Gimp, *, command: Sequence[str]) -> Path:
    """Put a plug-in where a GIMP finds it, in place of an older one; return its folder.

    Parameters
    ----------
    plug_in : PlugIn
    gimp : Gimp
    command : sequence of str
        What starts the worker; the program with its absolute path.

    Raises
    ------
    OutputExistsError
        If there is a folder of that name that is not ours.
    PhotoWriteError
        If nothing can be written there; the older one stays.
    """
    place = plug_in.place(gimp)
    if os.path.lexists(place) and not is_installed(plug_in, gimp):
        message = f"{place} exists already, and is not from rwdenoise."
        raise OutputExistsError(message, hint="Move it away.")
    with _writing_into(gimp.plug_ins):
        made = not gimp.plug_ins.exists() or _read_setup(place).get("made_folder") is True
        gimp.plug_ins.mkdir(exist_ok=True)
        _remove_unfinished(gimp.plug_ins)
        new = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=gimp.plug_ins))
        try:
            _fill(new, plug_in, {"command": list(command), "version": __version__, "made_folder": made})
            _replace(place, new)
        finally:
            _remove_unfinished(gimp.plug_ins)
    return place


def uninstall(gimp: Gimp) -> list[Path]:
    """Remove all our plug-ins from a GIMP, and the folder around them if it was made for them; return theirs.

    What GIMP remembered for them goes, too.

    Raises
    ------
    PhotoWriteError
        If that is not permitted.
    """
    places = [plug_in.place(gimp) for plug_in in plug_ins_for(gimp) if is_installed(plug_in, gimp)]
    with _writing_into(gimp.plug_ins):
        made = any(_read_setup(place).get("made_folder") is True for place in places)
        for place in places:
            place.rename(place.with_name(f"{_UNFINISHED}{place.name}"))
        _remove_unfinished(gimp.plug_ins)
        for path in gimp.plug_ins.parent.glob(_LAST_CHOSEN):
            path.unlink()
        if made and not any(gimp.plug_ins.iterdir()):
            gimp.plug_ins.rmdir()
    return places


def examine(gimp: Gimp) -> Iterator[tuple[Path, list[Fault]]]:
    """Yield the folder of each plug-in that a GIMP has or should have, and what is wrong with it.

    The filter should be there, the RAW loader need not. A worker is started where the files are right.
    """
    for plug_in in plug_ins_for(gimp):
        place = plug_in.place(gimp)
        if is_installed(plug_in, gimp):
            yield place, list(_examine_files(plug_in, place)) or list(_examine_worker(place))
        elif plug_in.source.name == _PLUG_INS[gimp.major][0]:
            yield place, [Fault("It is not installed.", _INSTALL)]


def _examine_files(plug_in: PlugIn, place: Path) -> Iterator[Fault]:
    version = _read_setup(place).get("version")
    if version not in (None, __version__):
        yield Fault(f"The plug-in has version {version}, but this program has {__version__}.", _INSTALL)
        return
    for file in plug_in.files:
        installed = place / file.name
        if not installed.is_file():
            yield Fault(f"{installed} is missing.", _INSTALL)
        elif installed.read_bytes() != file.read_bytes():
            yield Fault(f"{installed} was changed since it was installed.", _INSTALL)
    if not os.access(place / plug_in.script, os.X_OK):
        yield Fault(f"{place / plug_in.script} is not executable, so GIMP does not load it.", _INSTALL)


def _examine_worker(place: Path) -> Iterator[Fault]:
    """Start the worker once, with the very client that GIMP will use."""
    client = runpy.run_path(str(place / CLIENT))
    try:
        with client["Worker"](place) as worker:
            version = worker.wait_until_ready()
    except client["WorkerError"] as error:
        yield Fault(error.message, error.hint)
        return
    if version != __version__:
        command = " ".join(_read_setup(place)["command"])
        yield Fault(f"It starts another rwdenoise, version {version}: {command}", _INSTALL)


def _fill(folder: Path, plug_in: PlugIn, setup: dict[str, Any]) -> None:
    for file in plug_in.files:
        shutil.copyfile(file, folder / file.name)
        (folder / file.name).chmod(0o755 if file.name == plug_in.script else 0o644)
    (folder / SETUP).write_text(json.dumps(setup, indent=2) + "\n", encoding="utf-8")
    folder.chmod(0o755)


def _replace(place: Path, new: Path) -> None:
    """Put a folder into place; if that fails the old one stays."""
    old = new.with_name(f"{new.name}-old")
    if os.path.lexists(place):
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if os.path.lexists(old):
            old.rename(place)
        raise


def _remove_unfinished(plug_ins: Path) -> None:
    """Remove what is out of place, also from an earlier time that was interrupted."""
    for path in plug_ins.glob(f"{_UNFINISHED}*"):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def _read_setup(place: Path) -> dict[str, Any]:
    """Return what was written when the plug-in was installed; nothing if that is damaged."""
    try:
        setup = json.loads((place / SETUP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return setup if isinstance(setup, dict) else {}


@contextmanager
def _writing_into(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{error.filename or folder} cannot be changed: {error.strerror}."
        raise PhotoWriteError(message, hint="Close GIMP, and check the permissions of the folder.") from error
