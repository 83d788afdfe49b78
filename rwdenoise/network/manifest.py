"""The weights that came with the program, listed with their checksums in ``manifest.toml``."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rwdenoise.errors import WeightsCorruptError, WeightsNotFoundError


@dataclass(frozen=True)
class Listed:
    """A line of the manifest."""

    name: str
    path: Path
    sha256: str
    size: int


def weights_folder() -> Path:
    """Return the folder of the weights that came with the program."""
    package = Path(__file__).parents[1]
    installed = package / "_weights"
    return installed if installed.is_dir() else package.parent / "weights"


def list_weights(folder: Path | None = None) -> list[Listed]:
    """Read the manifest of `folder`, by default of the program's own weights.

    Raises
    ------
    WeightsNotFoundError
        If there is no manifest.
    """
    folder = folder or weights_folder()
    manifest = folder / "manifest.toml"
    if not manifest.is_file():
        message = f"There is no {manifest}, which should list the weights."
        raise WeightsNotFoundError(message, hint="Install rwdenoise again.")
    table = tomllib.loads(manifest.read_text(encoding="utf-8"))
    return [
        Listed(name, folder / entry["file"], entry["sha256"], entry["size"]) for name, entry in table["weights"].items()
    ]


def verify(listed: Listed) -> None:
    """Compare a weights file with its checksum in the manifest.

    Raises
    ------
    WeightsNotFoundError
        If the file is missing.
    WeightsCorruptError
        If its contents are not those that were released.
    """
    if not listed.path.is_file():
        message = f"The weights {listed.name!r} should lie at {listed.path}, but do not."
        raise WeightsNotFoundError(message, hint="Install rwdenoise again.")
    found = _checksum(listed.path)
    if found != listed.sha256:
        message = f"{listed.path} has the checksum {found[:12]}..., the manifest says {listed.sha256[:12]}..."
        raise WeightsCorruptError(message, hint="Install rwdenoise again.")


def find_weights(name: str) -> Path:
    """Return the file of the weights called `name`, checked, or of the path `name` itself.

    Raises
    ------
    WeightsNotFoundError, WeightsCorruptError
        If there are none, or they are damaged.
    """
    if name.endswith(".safetensors"):
        if Path(name).is_file():
            return Path(name)
        message = f"There is no weights file {name}."
        raise WeightsNotFoundError(message, hint="Check the path given to --weights.")
    known = {listed.name: listed for listed in list_weights()}
    if name not in known:
        message = f"There are no weights called {name!r}; there are {', '.join(known)}."
        raise WeightsNotFoundError(message, hint="Run 'rwdenoise weights list' to see them.")
    verify(known[name])
    return known[name].path


def weights_digest(name: str) -> str:
    """Return the checksum (sha256) of the weights called `name`, as the manifest says, or of a file by that path.

    Raises
    ------
    WeightsNotFoundError
        If there are none.
    """
    listed = {} if name.endswith(".safetensors") else {entry.name: entry.sha256 for entry in list_weights()}
    return listed[name] if name in listed else _checksum(find_weights(name))


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
