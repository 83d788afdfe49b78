"""Weights files: safetensors that describe themselves, listed with their checksums in ``manifest.toml``."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors
from safetensors.torch import load_file, save_file

from rwdenoise.errors import WeightsCorruptError, WeightsMismatchError, WeightsNotFoundError
from rwdenoise.network import Architecture, UNet

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "rwdenoise-weights-1"


@dataclass(frozen=True)
class Facts:
    """What a weights file states about itself."""

    name: str
    version: str
    architecture: Architecture
    halo: int
    """Px around a tile that its pixels depend on, measured at export."""
    sigma_range: tuple[float, float]
    """Noise levels (stabilized, white = 1) that the training covered."""
    trained: str
    """One line: how long, on what, from which recipe."""


@dataclass(frozen=True)
class Listed:
    """A line of the manifest."""

    name: str
    path: Path
    sha256: str
    size: int


def weights_folder() -> Path:
    """Return the folder of the weights that came with the program."""
    installed = Path(__file__).parent / "_weights"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "weights"


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
    found = hashlib.sha256(listed.path.read_bytes()).hexdigest()
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


def read_facts(path: Path) -> Facts:
    """Read what a weights file says about itself, without its numbers.

    Raises
    ------
    WeightsCorruptError
        If it is no safetensors file of ours.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
        return _facts_from(metadata)
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        message = f"{path} is not a weights file of rwdenoise ({type(error).__name__}: {error})."
        raise WeightsCorruptError(message, hint="Use a file made by 'python -m training export'.") from error


def load_network(path: Path) -> tuple[UNet, Facts]:
    """Rebuild a network from its file, in float32 and ready to estimate.

    Raises
    ------
    WeightsCorruptError
        If the file is damaged.
    WeightsMismatchError
        If its numbers do not fit the architecture that it states.
    """
    facts = read_facts(path)
    network = UNet(facts.architecture)
    state: dict[str, Tensor] = {name: tensor.float() for name, tensor in load_file(path).items()}
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        message = f"The numbers in {path} do not fit the architecture that it states: {error}"
        raise WeightsMismatchError(message, hint="Install rwdenoise again, or export the weights again.") from error
    return network.eval().requires_grad_(requires_grad=False), facts


def save_network(network: UNet, facts: Facts, path: Path) -> None:
    """Write a network in half precision, with its facts."""
    state = {name: tensor.detach().half().contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, path, metadata={"format": FORMAT, "facts": json.dumps(dataclasses.asdict(facts))})


def _facts_from(metadata: dict[str, str]) -> Facts:
    if metadata["format"] != FORMAT:
        message = f"its format is {metadata['format']!r}, not {FORMAT!r}"
        raise ValueError(message)
    table = json.loads(metadata["facts"])
    low, high = table["sigma_range"]
    return Facts(
        **{**table, "architecture": Architecture.from_table(table["architecture"]), "sigma_range": (low, high)}
    )
