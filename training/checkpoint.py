"""Save and load checkpoints: the full state of a training run, as safetensors, replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors
import torch
from safetensors.torch import load_file, save_file

from rwdenoise.errors import WeightsCorruptError, WeightsMismatchError

if TYPE_CHECKING:
    from rwdenoise.network.unet import UNet


@dataclass
class Progress:
    """Progress of a training run."""

    step: int = 0
    seconds: float = 0.0


def save_checkpoint(
    path: Path, network: UNet, average: UNet, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write the full state to one file; after a crash the old file is still there."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    temporary = path.with_suffix(".part")
    save_file(
        {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()},
        temporary,
        metadata={"progress": json.dumps(asdict(progress))},
    )
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def load_checkpoint(path: Path, network: UNet, average: UNet, optimizer: torch.optim.Optimizer) -> Progress:
    """Restore `network`, `average` and `optimizer` from a checkpoint, and return the progress of its run.

    Raises
    ------
    WeightsCorruptError
        If the file is damaged.
    WeightsMismatchError
        If the checkpoint belongs to another network.
    """
    try:
        tensors = load_file(path)
        network.load_state_dict(under("network.", tensors))
        average.load_state_dict(under("average.", tensors))
    except safetensors.SafetensorError as error:
        message = f"The checkpoint {path} is damaged ({error})."
        raise WeightsCorruptError(message, hint="Delete it to start over, or train in another folder.") from error
    except RuntimeError as error:
        message = f"The checkpoint {path} belongs to a different network than the recipe."
        raise WeightsMismatchError(message, hint="Use the recipe of this run, or another folder.") from error
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in under("optimizer.", tensors).items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    with safetensors.safe_open(path, framework="pt") as file:
        return Progress(**json.loads(file.metadata()["progress"]))


def under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names start with `prefix`, with the prefix removed."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
