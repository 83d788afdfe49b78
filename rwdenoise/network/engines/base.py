"""The interface of the engines that run a network: a device, a precision, and networks loaded there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from rwdenoise.network.unet import UNet

#: Estimates clean planes. It takes the noisy ones, float32 of shape (1, C, H, W), 0 black and 1 white; and the colors
#: of the filters, 0 or 1, shape (1, 3, H, W), or None for developed pictures.
Estimate: TypeAlias = Callable[[Tensor, Tensor | None], Tensor]


class LoadedNetwork(Protocol):
    """A network, ready to run on a device."""

    def at(self, level: float) -> Estimate:
        """Return the estimator for one noise level, a standard deviation; do once what depends on the level alone."""

    def prepare(self, height: int, width: int) -> None:
        """Prepare for tiles of this size, in px. Optional, and safe in any thread."""


class Engine(Protocol):
    """A device, a precision, and the library that runs networks there."""

    @property
    def name(self) -> str:
        """For people, for example ``"cpu (bfloat16)"``."""

    @property
    def device(self) -> torch.device:
        """Where the planes stay between the steps."""

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the convolutions."""

    def load(self, network: UNet) -> LoadedNetwork:
        """Make a network ready to run."""
