"""Developed pictures with noise and without, from random cameras: the training pairs of the `rgb` weights.

Most pairs come from a simulated mosaic that is developed as cameras do it, once with the sensor's noise and once
without. Some have plain Gaussian noise, or grain as of scanned film, whose cameras are unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rwdenoise import in_camera, simulate
from rwdenoise.in_camera import Developing
from rwdenoise.roughness import LEAST, MOST, roughness_of

from .camera import CameraBag
from .photos import WHITE

#: What errors are measured in: the root of this times the noise, which is taken for at least a step of 8 bits.
UNIT, LEAST_NOISE = 0.1, 1 / 255
# What is told of the noise: mostly how rough the picture is, else something between that and the truth; and always a
# little wrong, as whole pictures are not like their patches. Share, and standard deviation of the logarithm.
ROUGH_SHARE, TOLD_SPREAD = 0.65, 0.2
#: Px around the patch that the steps of a camera may look at.
MARGIN = 8
# Shares of the pairs: Gaussian noise, grain, no noise, noise of cameras; and how many of all are gray.
SHARES, GRAY_SHARE = (0.24, 0.1, 0.04, 0.62), 0.06
# Standard deviations of noise that no camera made, as parts of white: from invisible to beyond all use.
LOG_DEVIATION = (math.log(0.003), math.log(0.25))
# How much a picture is resized: cameras seldom, people often; upscaled ones are as soft as small sensors.
KEPT_SIZE_SHARE, FACTORS = 0.5, (0.6, 0.75, 1.15, 1.3, 1.5, 1.75, 2.0)
JPEG_SHARE, QUALITIES = (0.4, 0.65, 0.65, 0.65), (60, 99)
#: The clean picture is stored at least so well: what coarse JPEG does to pictures shall go with the noise.
CLEAN_QUALITY = 92


@dataclass(frozen=True)
class PicturePairs:
    """A batch of developed pictures in the display domain."""

    clean: Tensor
    """x_0, float32, shape (N, 3, H, W)."""
    noisy: Tensor
    """x_T, likewise."""
    sigma: Tensor
    """What is told to the network of the noise, shape (N,)."""
    deviation: Tensor
    """What the errors of an estimate are measured in, shape (N,): the root of the picture's noise.

    Measured in its noise itself nearly clean pictures count too much beside noisy ones; measured in the same for all,
    too little.
    """
    colors: None = None
    """No filters: every pixel has all colors."""

    def light_error(self, estimate: Tensor) -> Tensor:
        """Return the error of an estimate in these units."""
        return (estimate - self.clean) / self.deviation[:, None, None, None]


class PictureBag:
    """Takes a new camera, light, developing and file for each patch.

    Parameters
    ----------
    size : int
        Edge of the patches that come out, in px.
    device : torch.device
        Where the photographs are made.
    seed : int
        Starts the random numbers.
    usual_share : float
        Share of the camera's noise that is of ISO 1600 and more.
    """

    def __init__(self, *, size: int, device: torch.device, seed: int, usual_share: float = 0.0) -> None:
        self.size = size
        self.device = device
        self.rng = np.random.default_rng(seed)
        self.torch_rng = torch.Generator(device).manual_seed(seed)
        largest = self.source_size(min(FACTORS))
        self.bag = CameraBag(size=largest, jitter=0.0, device=device, seed=seed, usual_share=usual_share)

    def draw_factor(self) -> float:
        """Return how much the pictures of the next batch are resized."""
        if self.rng.random() < KEPT_SIZE_SHARE:
            return 1.0
        return float(self.rng.choice(FACTORS))

    def source_size(self, factor: float) -> int:
        """Return the edge in px of the patches that `photograph` needs for a factor; a multiple of 2."""
        return 2 * math.ceil((self.size + 2 * MARGIN) / factor / 2)

    def photograph(self, patches: Tensor, factor: float) -> PicturePairs:
        """Make pairs from developed patches of int16, shape (N, 3, H, W), 0 to `WHITE`, H and W of `source_size`."""
        kinds = self.rng.choice(len(SHARES), len(patches), p=SHARES)
        clean = in_camera.resize(patches.to(self.device).float() / WHITE, factor)
        noisy = clean.clone()
        for kind, spoil in enumerate((self._gaussian, self._grain)):
            if (here := kinds == kind).any():
                noisy[here] += spoil(clean[here])
        if (here := kinds == 3).any():
            clean[here], noisy[here] = self._develop(patches[here], factor)
        gray = self.rng.random(len(patches)) < GRAY_SHARE
        clean[gray], noisy[gray] = _gray(clean[gray]), _gray(noisy[gray])
        return self._crop(*self._store(clean, noisy, kinds))

    def _develop(self, patches: Tensor, factor: float) -> tuple[Tensor, Tensor]:
        count, _, height, width = patches.shape
        bayer = self.rng.random() < 0.8
        layouts = self.bag.layouts if bayer else self.bag.x_trans
        colors = torch.stack([layouts[self.rng.integers(len(layouts))] for _ in range(count)])[..., :height, :width]
        view = self.bag.draw_view(patches)
        exposure = 2 ** self._uniform(count, -2.0, 0.5)
        clean = simulate.filter_colors(simulate.see(view.light, view.matrix, view.gains, exposure), colors)
        how = self._draw_developing(count, gain=exposure ** -self._uniform(count, 0.3, 1.0), curved=view.curved)
        demosaicer = str(self.rng.choice(in_camera.DEMOSAICERS)) if bayer else "smooth"
        noisy = simulate.record(clean, self.bag.draw_noise(count), self.torch_rng)

        def picture_of(mosaic: Tensor) -> Tensor:
            picture = in_camera.develop(mosaic, colors, kind=demosaicer, matrix=view.matrix, gains=view.gains, how=how)
            return in_camera.resize(picture, factor)

        return picture_of(clean), picture_of(noisy)

    def _draw_developing(self, count: int, *, gain: Tensor, curved: Tensor) -> Developing:
        def some(share: float) -> Tensor:
            return self._tensor(self.rng.random(count) < share)

        return Developing(
            gain=gain,
            curved=curved,
            # Cameras hardly ever leave color noise as it is: in their JPEGs it is blotches of several px.
            color_blur=some(0.85) * self._uniform(count, 0.5, 3.2),
            coring=some(0.4) * self._uniform(count, 0.0, 0.03),
            sharpening=some(0.6) * self._uniform(count, 0.0, 1.2),
            radius=self._uniform(count, 0.5, 1.3),
        )

    def _gaussian(self, clean: Tensor) -> Tensor:
        return self._deviations(len(clean)) * self._normal(clean)

    def _grain(self, clean: Tensor) -> Tensor:
        """Return blotchy noise, partly gray, that is strongest in the middle tones as in film, or in the shadows."""
        count = len(clean)
        white = self._normal(clean)
        shared = self._uniform(count, 0.0, 1.0)
        mixed = shared.sqrt() * white[:, :1] + (1 - shared).sqrt() * self._normal(clean)
        blotches = in_camera.blur(mixed, self._uniform(count, 0.3, 1.5))
        blotches = blotches / blotches.std(dim=(1, 2, 3), keepdim=True)
        luma = clean.mean(dim=1, keepdim=True)
        tone = torch.lerp(1.2 - luma, 4 * luma * (1 - luma) + 0.2, self._uniform(count, 0.0, 1.0))
        return self._deviations(count) * tone * blotches

    def _deviations(self, count: int) -> Tensor:
        return torch.exp(self._uniform(count, *LOG_DEVIATION))

    def _store(self, clean: Tensor, noisy: Tensor, kinds: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Round as files do: JPEG, 8 bit, or not at all."""
        clean, noisy = clean.clone(), noisy.clone()
        for index in range(len(clean)):
            if self.rng.random() < JPEG_SHARE[kinds[index]]:
                quality = int(self.rng.integers(*QUALITIES))
                subsampling = int(self.rng.choice(in_camera.SUBSAMPLINGS))
                for picture, stored_at in ((clean, max(quality, CLEAN_QUALITY)), (noisy, quality)):
                    picture[index] = in_camera.through_jpeg(picture[index], quality=stored_at, subsampling=subsampling)
            elif self.rng.random() < 0.5:
                noisy[index] = (noisy[index].clip(0, 1) * 255).round() / 255
        return clean, noisy

    def _crop(self, clean: Tensor, noisy: Tensor) -> PicturePairs:
        # At random, so that the blocks of JPEG lie anywhere.
        top, left = (int(self.rng.integers(0, edge - self.size + 1)) for edge in clean.shape[-2:])
        rows, columns = slice(top, top + self.size), slice(left, left + self.size)
        clean, noisy = clean[..., rows, columns].contiguous(), noisy[..., rows, columns].contiguous()
        true = (noisy - clean).square().mean(dim=(1, 2, 3)).sqrt()
        return PicturePairs(clean, noisy, self._tell(noisy, true), (UNIT * true.clip(min=LEAST_NOISE)).sqrt())

    def _tell(self, noisy: Tensor, true: Tensor) -> Tensor:
        """Return what is told of the noise, shape (N,)."""
        share = np.where(self.rng.random(len(true)) < ROUGH_SHARE, 1.0, self.rng.random(len(true)))
        rough = roughness_of(noisy)
        told = torch.lerp(true.clip(LEAST, MOST).log(), rough.log(), self._tensor(share).flatten())
        wrong = TOLD_SPREAD * self._tensor(self.rng.standard_normal(len(true))).flatten()
        return torch.exp(told + wrong).clip(LEAST, MOST)

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.torch_rng, device=like.device)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device).reshape(-1, 1, 1, 1)

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        return self._tensor(self.rng.uniform(low, high, count))


def _gray(picture: Tensor) -> Tensor:
    return picture.mean(dim=1, keepdim=True).expand_as(picture)
