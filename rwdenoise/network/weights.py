"""Find, verify and describe weights files without loading PyTorch.

A weights file has the safetensors format; its metadata states the architecture, the halo and the range of noise levels.
The manifest ``manifest.toml`` lists the released files with their checksums.
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
# Maximum width, depth or halo in a file: far beyond any network of practical speed.
_LARGEST = 4096

#: For each domain, the number of denoised planes and of additional input planes (the filter colors).
PLANES: dict[str, tuple[int, int]] = {"cfa": (1, 3), "rgb": (3, 0)}


@dataclass(frozen=True)
class Architecture:
    """The hyper-parameters of a network, stored in its weights file."""

    domain: Domain = "cfa"
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels at each scale, finest first; each scale has half the size of the previous one."""
    blocks: tuple[int, ...] = (1, 1, 1, 2)
    """Residual blocks at each scale, the same number on the way down and up."""
    embedding: int = 64
    """Width of the noise level embedding."""

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Architecture:
        """Create it from a JSON or TOML table, which has lists instead of tuples.

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
        """Frames and tiles must have edges that are multiples of this, in px."""
        return int(2 ** len(self.widths))


@dataclass(frozen=True)
class Facts:
    """The metadata of a weights file."""

    name: str
    version: str
    architecture: Architecture
    halo: int
    """Width in px of the surroundings that a tile depends on, measured at export; at least 1."""
    sigma_range: tuple[float, float]
    """Noise levels (stabilized, white = 1) covered by the training."""
    trained: str
    """One line: duration, training data and recipe."""
    measured_by: str = ""
    """Name of the weights that measure the noise of developed pictures; empty for these weights."""


def read_facts(path: Path) -> Facts:
    """Read the metadata of a weights file without its tensors.

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
    """Raise ValueError unless a network can be built from these sizes."""
    widths, blocks = architecture.widths, architecture.blocks
    sizes = (*widths, *blocks, architecture.embedding, halo)
    possible = architecture.domain in PLANES and 0 < len(widths) == len(blocks)
    if not possible or any(type(size) is not int or not 0 < size <= _LARGEST for size in sizes):
        message = f"there is no {architecture} with a halo of {halo!r}"
        raise ValueError(message)


@dataclass(frozen=True)
class Listed:
    """An entry of the manifest."""

    name: str
    path: Path
    sha256: str
    size: int


def weights_folder() -> Path:
    """Return the folder of the weights shipped with the program."""
    package = Path(__file__).parents[1]
    installed = package / "_weights"
    return installed if installed.is_dir() else package.parent / "weights"


def list_weights(folder: Path | None = None) -> list[Listed]:
    """Read the manifest in `folder`, by default that of the shipped weights.

    Raises
    ------
    WeightsNotFoundError
        If the manifest is missing.
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
    """Verify a weights file against its checksum in the manifest.

    Raises
    ------
    WeightsNotFoundError
        If the file is missing.
    WeightsCorruptError
        If its contents differ from the released file.
    """
    if not listed.path.is_file():
        message = f"The file of the weights {listed.name!r}, {listed.path}, is missing."
        raise WeightsNotFoundError(message, hint="Reinstall rwdenoise.")
    found = _checksum(listed.path)
    if found != listed.sha256:
        message = f"{listed.path} has the checksum {found[:12]}..., but the manifest states {listed.sha256[:12]}..."
        raise WeightsCorruptError(message, hint="Reinstall rwdenoise.")


def find_weights(name: str) -> Path:
    """Return the path of the weights called `name`, with verified checksum, or `name` itself if it is a path.

    Raises
    ------
    WeightsNotFoundError, WeightsCorruptError
        If no weights have this name, or the file is damaged.
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
    """Return the SHA-256 of the weights called `name` from the manifest, or that of the file at the path `name`.

    Raises
    ------
    WeightsNotFoundError
        If they do not exist.
    """
    listed = {} if name.endswith(".safetensors") else {entry.name: entry.sha256 for entry in list_weights()}
    return listed[name] if name in listed else _checksum(find_weights(name))


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
