"""Weights files: safetensors that describe themselves."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors
import torch
from safetensors.torch import load_file, save_file

from rwdenoise.errors import WeightsCorruptError, WeightsMismatchError
from rwdenoise.network.unet import PLANES, Architecture, UNet

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "rwdenoise-weights-1"
# Wider and deeper than any network that a photo could wait for.
_LARGEST = 4096


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
    measured_by: str = ""
    """Weights that find out how noisy a developed picture is, which these are told; empty for themselves."""


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
    # No more memory is taken than the file has numbers, whatever it states.
    with torch.device("meta"):
        network = UNet(facts.architecture)
    try:
        state: dict[str, Tensor] = {name: tensor.float() for name, tensor in load_file(path).items()}
        network.load_state_dict(state, strict=True, assign=True)
    except (RuntimeError, safetensors.SafetensorError, KeyError) as error:
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
    low, high = (float(level) for level in table["sigma_range"])
    architecture = Architecture.from_table(table["architecture"])
    _refuse_sizes(architecture, table["halo"])
    return Facts(**{**table, "architecture": architecture, "sigma_range": (low, high)})


def _refuse_sizes(architecture: Architecture, halo: int) -> None:
    """Raise ValueError where no network can be built."""
    widths, blocks = architecture.widths, architecture.blocks
    sizes = (*widths, *blocks, architecture.embedding, halo)
    possible = architecture.domain in PLANES and 0 < len(widths) == len(blocks)
    if not possible or any(type(size) is not int or not 0 < size <= _LARGEST for size in sizes):
        message = f"there is no {architecture} with a halo of {halo!r}"
        raise ValueError(message)
