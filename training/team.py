"""Train one network in several processes: each draws its own patches, and all apply their mean gradient.

``torchrun`` starts one process for each GPU and passes its rank in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from rwdenoise.errors import DeviceUnavailableError

Thing = TypeVar("Thing")

#: Distance between the seeds of two ranks, larger than the number of steps of any run.
_APART = 2**40


@dataclass(frozen=True)
class Team:
    """Rank of this process, and number of processes."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process validates, writes files and prints."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """Return a seed that no other process uses."""
        return seed + _APART * self.rank

    def share(self, things: list[Thing]) -> list[Thing]:
        """Return the items for this process; all of them if there are fewer items than processes."""
        return things[self.rank :: self.size] if len(things) >= self.size else things

    def join(self, network: nn.Module) -> nn.Module:
        """Return the network to train: its gradients become the mean over all processes."""
        return network if self.size == 1 else DistributedDataParallel(network)

    def agree(self, loss: Tensor, *, seconds: float, stop: bool) -> tuple[float, float, bool]:
        """Return the mean loss, the leader's time, and whether any process asks to stop; all get the same values."""
        facts = torch.tensor([0.0, seconds if self.leads else 0.0, stop], dtype=torch.float64, device=loss.device)
        facts[0] = loss / self.size
        if self.size > 1:
            distributed.all_reduce(facts)
        mean, time, asked = facts.tolist()
        return mean, time, asked > 0


def team_here() -> Team:
    """Return the team of this process; outside `assembled` it is a team of one."""
    if distributed.is_available() and distributed.is_initialized():
        return Team(distributed.get_rank(), distributed.get_world_size())
    return Team()


def leads_here() -> bool:
    """Return whether this process is, or will be, the leader of its team."""
    return not _together() or os.environ["RANK"] == "0"


@contextmanager
def assembled(device: str) -> Iterator[torch.device]:
    """Connect to the other processes if ``torchrun`` started this one; yield the device of this process.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"cuda"``, or ``"auto"``: CUDA if a GPU is available.

    Raises
    ------
    DeviceUnavailableError
        If no GPU is left for this process.
    """
    own = _own_device(device, int(os.environ["LOCAL_RANK"]) if _together() else None)
    if not _together():
        yield own
        return
    distributed.init_process_group("nccl" if own.type == "cuda" else "gloo")
    try:
        yield own
    finally:
        distributed.destroy_process_group()


def _together() -> bool:
    return distributed.is_available() and distributed.is_torchelastic_launched()


def _own_device(device: str, local_rank: int | None) -> torch.device:
    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    kind = torch.device(device if device != "auto" else "cuda" if cards else "cpu")
    if kind.type != "cuda":
        return kind
    place = kind.index or 0 if local_rank is None else local_rank
    if place >= cards:
        message = f"Process {place} needs a CUDA GPU of its own; number of GPUs found: {cards}."
        raise DeviceUnavailableError(message, hint="Start one process per GPU, or use --device cpu.")
    own = torch.device("cuda", place)
    torch.cuda.set_device(own)
    return own
