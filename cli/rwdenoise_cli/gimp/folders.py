"""Find the folders in which a user's GIMPs look for plug-ins."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: The oldest GIMP that there is a plug-in for: the last one with gimpfu.
OLDEST = (2, 10)
_PLUG_INS = "plug-ins"
_VERSION = re.compile(r"(\d+)\.(\d+)")
# With these GIMP is told to keep a user's settings elsewhere.
_ELSEWHERE = {2: "GIMP2_DIRECTORY", 3: "GIMP3_DIRECTORY"}
# Where flatpak keeps GIMP, for all users and for one.
_FLATPAKS = ("/var/lib/flatpak/app/org.gimp.GIMP", "~/.local/share/flatpak/app/org.gimp.GIMP")


@dataclass(frozen=True)
class Gimp:
    """A GIMP of a user."""

    name: str
    """For people, for example ``"GIMP 3.0"``."""
    major: int
    """2 for GIMP 2.10, 3 for all that came later."""
    plug_ins: Path
    """The folder of its plug-ins; it may be missing."""


def find_gimps(
    *, environment: Mapping[str, str] = os.environ, home: Path | None = None, platform: str = sys.platform
) -> list[Gimp]:
    """Return every GIMP that this user has started once: it makes its folder then.

    Parameters
    ----------
    environment : mapping
        The environment; GIMP3_DIRECTORY and GIMP2_DIRECTORY count as they do for GIMP itself.
    home : Path, optional
        By default that of the user.
    platform : str
        As `sys.platform`.
    """
    home = home or Path.home()
    moved = {major: home / environment[name] for major, name in _ELSEWHERE.items() if environment.get(name)}
    found = [Gimp(f"GIMP {major}", major, folder / _PLUG_INS) for major, folder in moved.items() if folder.is_dir()]
    known = {gimp.plug_ins.resolve() for gimp in found}
    for root in _roots(environment, home, platform):
        for gimp in _gimps_under(root):
            if gimp.major not in moved and gimp.plug_ins.resolve() not in known:
                known.add(gimp.plug_ins.resolve())
                found.append(gimp)
    return found


def gimp_of(plug_ins: Path) -> Gimp:
    """Return the GIMP that looks for plug-ins in a folder; which one it is, is in the folder's path."""
    old = any(part == "2.10" for part in plug_ins.parts)
    return Gimp("GIMP 2.10" if old else "GIMP 3", 2 if old else 3, plug_ins)


def has_flatpak() -> bool:
    """Tell whether there is a GIMP from Flatpak, which isolates it from other programs."""
    return any(Path(folder).expanduser().is_dir() for folder in _FLATPAKS)


def _roots(environment: Mapping[str, str], home: Path, platform: str) -> Iterator[Path]:
    """Yield the folders in which GIMPs of all versions keep their settings."""
    if platform == "win32":
        yield Path(environment.get("APPDATA", home / "AppData" / "Roaming")) / "GIMP"
    elif platform == "darwin":
        yield home / "Library" / "Application Support" / "GIMP"
    else:
        yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP"
        yield home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP"
        yield home / "snap" / "gimp" / "current" / ".config" / "GIMP"


def _gimps_under(root: Path) -> Iterator[Gimp]:
    for folder in sorted(root.glob("*.*")):
        match = _VERSION.fullmatch(folder.name)
        version = (int(match[1]), int(match[2])) if match else (0, 0)
        if folder.is_dir() and (version == OLDEST or version >= (3, 0)):
            yield Gimp(f"GIMP {folder.name}", version[0], folder / _PLUG_INS)
