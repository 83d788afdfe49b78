"""Photos under white noise of a strength that is told: the training pairs of the `rgb` weights.

A network that learns from white noise alone and believes what it is told takes out the noise of cameras, too, if it is
told the white noise that is as strong where theirs is strongest, at several times the size of a pixel. *Measured*: told
so, it is better at every kind of noise than one that learned from simulated cameras as often (NOTES.md).
"""

from __future__ import annotations

import torch
from torch import Tensor

from .photos import WHITE
from .pictures import LOG_DEVIATION, UNIT, PicturePairs, Scaling


class WhiteBag:
    """Adds noise to patches as they are.

    Parameters
    ----------
    size : int
        Edge of the patches, in px.
    device : torch.device
        Where the noise is made.
    seed : int
        Starts the random numbers.
    """

    def __init__(self, *, size: int, device: torch.device, seed: int) -> None:
        self.size = size
        self.device = device
        self.rng = torch.Generator(device).manual_seed(seed)

    def draw_scaling(self) -> Scaling:
        """Return how sizes change: not at all."""
        return Scaling()

    def source_size(self, _scaling: Scaling) -> int:
        """Return the edge in px of the patches that `photograph` needs."""
        return self.size

    def photograph(self, patches: Tensor, _scaling: Scaling) -> PicturePairs:
        """Make pairs from developed patches of int16, shape (N, 3, H, W), 0 to `WHITE`."""
        clean = patches.to(self.device).float() / WHITE
        logarithms = torch.empty(len(clean), device=self.device).uniform_(*LOG_DEVIATION, generator=self.rng)
        sigma = logarithms.exp()
        noise = torch.randn(clean.shape, generator=self.rng, device=self.device)
        return PicturePairs(clean, clean + sigma[:, None, None, None] * noise, sigma, (UNIT * sigma).sqrt())
