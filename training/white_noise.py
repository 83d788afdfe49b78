"""Make training pairs for the `rgb` weights: photos with white noise of a given level.

A network that is trained with white noise only, and given its level, also removes camera noise if it is given the level
of the white noise that is as strong as the camera noise at the scale where that is strongest, several pixels.
*Measured*: with that level it is better at every kind of noise than a network trained as long with simulated cameras
(NOTES.md).

In areas without detail, cameras leave less noise than that level, in blotches. A network that was never trained with
less noise than its given level shifts brightness and color there. Some patches are therefore out of focus and have such
weaker noise.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training import in_camera

from .pictures import (
    LEAST_NOISE,
    LOG_DEVIATION,
    SCENES,
    SOFT_SHARE,
    SOFTNESS,
    UNIT,
    PicturePairs,
    Scaling,
    through_lens,
    to_unit,
)

#: Share of the patches that are out of focus, with less noise than the given level.
CALM_SHARE = 0.1
# In these patches: edge lengths in px of the squares that are averaged, and factors for the light.
OUT_OF_FOCUS, LIGHT = (4, 8, 16, 32), (1.0, 1.0, 0.5, 0.2)
# Their blotches: standard deviations in px of the smoothing of gray and of color, and ratio of color to gray noise.
# Color blotches are computed at half size.
GRAY_OVER, COLOR_OVER, COLOR_SHARE = (0.3, 1.5), (0.5, 3.0), (0.3, 1.5)


class WhiteBag:
    """Add white noise to patches.

    Parameters
    ----------
    size : int
        Edge length of the patches, in px.
    device : torch.device
        Device that computes the noise.
    seed : int
        Seed of the random numbers.
    """

    def __init__(self, *, size: int, device: torch.device, seed: int) -> None:
        self.size = size
        self.device = device
        self.rng = torch.Generator(device).manual_seed(seed)

    def draw_scaling(self) -> Scaling:
        """Return the factor by which the next batch is enlarged."""
        return Scaling(scene=self._choose(SCENES))

    def source_size(self, scaling: Scaling) -> int:
        """Return the edge length, in px, of the patches that `photograph` needs."""
        return math.ceil(self.size / scaling.scene)

    def photograph(self, patches: Tensor, scaling: Scaling) -> PicturePairs:
        """Make pairs from developed patches: int16, shape (N, 3, H, W), 0 to `WHITE`, H = W = `source_size`."""
        count = len(patches)
        softness = (self._uniform(count, 0, 1) < SOFT_SHARE) * self._uniform(count, *SOFTNESS)
        clean = through_lens(patches.to(self.device), scaling.scene, edge=self.size, softness=softness)
        noise = self._normal(count, self.size)
        calm = self._uniform(count, 0, 1).flatten() < CALM_SHARE
        if calm.any():
            clean[calm] = self._defocus(clean[calm])
            noise[calm] = self._blotches(int(calm.sum()))
        told = self._uniform(count, *LOG_DEVIATION).exp()
        noisy = clean + told * noise
        true = (noisy - clean).square().mean(dim=(1, 2, 3)).sqrt().clip(min=LEAST_NOISE)
        return PicturePairs(clean, noisy, told.flatten(), (UNIT * true).sqrt())

    def _defocus(self, clean: Tensor) -> Tensor:
        """Remove all detail: leave smooth light, sometimes darkened."""
        small = functional.adaptive_avg_pool2d(clean, math.ceil(self.size / self._choose(OUT_OF_FOCUS)))
        smooth = functional.interpolate(small, clean.shape[-2:], mode="bicubic").clip(0, 1)
        return smooth * self._choose(LIGHT)

    def _blotches(self, count: int) -> Tensor:
        """Return blotchy noise with standard deviations between 0 and 1."""
        gray, _ = in_camera.split_luma(self._normal(count, self.size))
        gray = to_unit(in_camera.blur(gray, self._uniform(count, *GRAY_OVER)))
        _, color = in_camera.split_luma(self._normal(count, math.ceil(self.size / 2)))
        color = functional.interpolate(
            in_camera.blur(color, self._uniform(count, *COLOR_OVER)), gray.shape[-2:], mode="bilinear"
        )
        noise = in_camera.join_luma(gray, self._uniform(count, *COLOR_SHARE) * to_unit(color))
        return self._uniform(count, 0, 1) * to_unit(noise)

    def _choose(self, values: tuple[float, ...]) -> float:
        return values[int(torch.randint(len(values), (), generator=self.rng, device=self.device))]

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        return torch.empty(count, 1, 1, 1, device=self.device).uniform_(low, high, generator=self.rng)

    def _normal(self, count: int, size: int) -> Tensor:
        return torch.randn((count, 3, size, size), generator=self.rng, device=self.device)
