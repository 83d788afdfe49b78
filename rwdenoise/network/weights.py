"""Weights files and the manifest that lists those of this release; read without loading PyTorch.

A weights file holds safetensors and describes itself: its metadata states the architecture, the halo and the range of
noise levels. ``manifest.toml`` lists the released files with their checksums.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors

from rwdenoise.errors import WeightsCorruptError, WeightsNotFoundError

if TYPE_CHECKING:
    from rwdenoise.photo.cfa import Domain

FORMAT = "rwdenoise-weights-1"
# The largest width, depth or halo that a file may state: far beyond any network that is fast enough to be of use.
_LARGEST = 4096

#: For each domain, how many planes are denoised and how many only inform (the colors of the filters).
PLANES: dict[str, tuple[int, int]] = {"cfa": (1, 3), "rgb": (3, 0)}


@dataclass(frozen=True)
class Architecture:
    """The hyper-parameters of a network, stored in its weights file."""

    domain: Domain = "cfa"
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels at each scale, finest first; each scale halves the last."""
    blocks: tuple[int, ...] = (1, 1, 1, 2)
    """Residual blocks at each scale; going up there are as many as going down."""
    embedding: int = 64
    """Width of the noise level's embedding."""

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Architecture:
        """Build it from JSON or TOML, which have lists instead of tuples.

        Raises
        ------
        TypeError
            If a key is unknown.
        """
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
        }
        return cls(**fields)

    @property
    def multiple(self) -> int:
        """The px of which the edges of frames and tiles are multiples."""
        return int(2 ** len(self.widths))


@dataclass(frozen=True)
class Facts:
    """What a weights file states about itself."""

    name: str
    version: str
    architecture: Architecture
    halo: int
    """Px around a tile that its pixels depend on, measured at export; at least 1."""
    sigma_range: tuple[float, float]
    """Noise levels (stabilized, white = 1) that the training covered."""
    trained: str
    """One line: how long, on what, from which recipe."""
    measured_by: str = ""
    """Name of the weights that measure how noisy a developed picture is; empty if these do it themselves."""


def read_facts(path: Path) -> Facts:
    """Read what a weights file states about itself, without its tensors.

    Raises
    ------
    WeightsCorruptError
        If it is not a weights file of rwdenoise.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
        return _facts_from(metadata)
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        message = f"{path} is not a weights file of rwdenoise ({type(error).__name__}: {error})."
        raise WeightsCorruptError(message, hint="Use a file made by 'python -m training export'.") from error


def _facts_from(metadata: dict[str, str]) -> Facts:
    if metadata["format"] != FORMAT:
        message = f"its format is {metadata['format']!r}, not {FORMAT!r}"
        raise ValueError(message)
    table = json.loads(metadata["facts"])
    low, high = (float(level) for level in table["sigma_range"])
    architecture = Architecture.from_table(table["architecture"])
    _refuse_sizes(architecture, table["halo"])
    return Facts(**{**table, "architecture": architecture, "sigma_range": (low, high)})


def _refuse_sizes(architecture: Architecture, halo: int) -> None:
    """Raise ValueError if no network can be built from these numbers."""
    widths, blocks = architecture.widths, architecture.blocks
    sizes = (*widths, *blocks, architecture.embedding, halo)
    possible = architecture.domain in PLANES and 0 < len(widths) == len(blocks)
    if not possible or any(type(size) is not int or not 0 < size <= _LARGEST for size in sizes):
        message = f"there is no {architecture} with a halo of {halo!r}"
        raise ValueError(message)


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
        message = f"The manifest of the weights, {manifest}, is missing."
        raise WeightsNotFoundError(message, hint="Reinstall rwdenoise.")
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
        message = f"The file of the weights {listed.name!r}, {listed.path}, is missing."
        raise WeightsNotFoundError(message, hint="Reinstall rwdenoise.")
    found = _checksum(listed.path)
    if found != listed.sha256:
        message = f"{listed.path} has the checksum {found[:12]}..., but the manifest states {listed.sha256[:12]}..."
        raise WeightsCorruptError(message, hint="Reinstall rwdenoise.")


def find_weights(name: str) -> Path:
    """Return the file of the weights called `name`, its checksum verified, or the file whose path `name` is.

    Raises
    ------
    WeightsNotFoundError, WeightsCorruptError
        If there are none of this name, or the file is damaged.
    """
    if name.endswith(".safetensors"):
        if Path(name).is_file():
            return Path(name)
        message = f"The weights file {name} does not exist."
        raise WeightsNotFoundError(message, hint="Check the path given to --weights.")
    known = {listed.name: listed for listed in list_weights()}
    if name not in known:
        message = f"There are no weights called {name!r}; available are {', '.join(known)}."
        raise WeightsNotFoundError(message, hint="Run 'rwdenoise weights list' to see them.")
    verify(known[name])
    return known[name].path


def weights_digest(name: str) -> str:
    """Return the checksum (sha256) of the weights called `name`, as the manifest says, or of the file at that path.

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
