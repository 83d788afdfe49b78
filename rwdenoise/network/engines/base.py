"""The interface of the engines: a device, a precision, and the networks loaded on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from rwdenoise.network.unet import UNet

#: Estimates clean planes from noisy planes, float32 of shape (1, C, H, W), 0 black, 1 white, and from filter colors,
#: 0 or 1, shape (1, 3, H, W), or None for developed pictures.
Estimate: TypeAlias = Callable[[Tensor, Tensor | None], Tensor]


class LoadedNetwork(Protocol):
    """A network loaded on a device."""

    def at(self, level: float) -> Estimate:
        """Return the estimator for one noise level, a standard deviation, after all work that depends only on it."""

    def prepare(self, height: int, width: int) -> None:
        """Prepare for tiles of this size, in px. Optional, and safe in any thread."""


class Engine(Protocol):
    """A device, a precision, and the library that runs networks on it."""

    @property
    def name(self) -> str:
        """Name for display, for example ``"cpu (bfloat16)"``."""

    @property
    def device(self) -> torch.device:
        """The device that holds the planes between steps."""

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the convolutions."""

    def load(self, network: UNet) -> LoadedNetwork:
        """Load a network on the device."""
