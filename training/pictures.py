"""Developed pictures with noise and without, from random cameras: the training pairs of the `rgb-look` weights.

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

from rwdenoise.denoising.noise_level import LEAST, MOST, roughness_of
from rwdenoise.simulation import camera
from training import in_camera
from training.in_camera import Developing

from .camera import CameraBag
from .photos import WHITE

#: What errors are measured in: the root of this times the noise, which is taken for at least a step of 8 bits.
UNIT, LEAST_NOISE = 0.1, 1 / 255
# What is told of the noise: mostly the truth, else how rough the picture is, as at the first look at one; and always
# a little wrong, as photos are not like their patches. Share, and standard deviation of the logarithm of each.
ROUGH_SHARE, ROUGH_SPREAD, TRUE_SPREAD = 0.4, 0.2, 0.25
#: Px around the patch that the steps of a camera may look at.
MARGIN = 8
# Shares of the pairs: Gaussian noise, grain, no noise, noise of cameras; and how many of all are gray.
SHARES, GRAY_SHARE = (0.48, 0.07, 0.05, 0.4), 0.05
# Standard deviations of noise that no camera made, as parts of white: from invisible to beyond all use.
LOG_DEVIATION = (math.log(0.003), math.log(0.25))
# How much a picture is resized: cameras seldom, people often; upscaled ones are as soft as small sensors.
KEPT_SIZE_SHARE, FACTORS = 0.5, (0.6, 0.75, 1.15, 1.3, 1.5, 1.75, 2.0)
#: How much the photo is enlarged before the camera sees it. Photos that were averaged down have detail in every pixel;
#: what a lens draws on a sensor has not.
SCENES = (1.0, 1.0, 1.5, 2.0)
# On top of it, the blur of lenses: share of the pictures, and standard deviations in px.
SOFT_SHARE, SOFTNESS = 0.3, (0.3, 1.2)
# How far cameras smooth noise, which leaves blotches: share of the pictures, standard deviations in px, how much of the
# noise is smoothed, and how much of that is left.
SMOOTHED_SHARE, SMOOTHED_OVER, SMOOTHED_PART, SMOOTHED_LEFT = 0.8, (0.4, 2.0), (0.5, 1.0), (0.1, 0.8)
# Where they see an edge they smooth nothing: steps of brightness, in standard deviations of the noise, that are edges.
EDGES = (0.05, 0.7)
# The same for color noise, of which cameras leave less: share of the pictures, standard deviations, how much is left.
COLOR_SHARE, COLOR_OVER, COLOR_LEFT = 0.7, (0.7, 3.5), (0.15, 1.0)
JPEG_SHARE, QUALITIES = (0.2, 0.65, 0.65, 0.65), (60, 99)
#: The clean picture is stored at least so well: what coarse JPEG does to pictures shall go with the noise.
CLEAN_QUALITY = 92


@dataclass(frozen=True)
class Scaling:
    """How sizes change on the way to a picture."""

    scene: float = 1.0
    """How much the photo is enlarged before the camera sees it, 1 and more."""
    picture: float = 1.0
    """How much the developed picture is resized."""


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
        largest = self._sensor_size(min(FACTORS))
        self.bag = CameraBag(size=largest, jitter=0.0, device=device, seed=seed, usual_share=usual_share)

    def draw_scaling(self) -> Scaling:
        """Return how sizes change in the next batch."""
        kept = self.rng.random() < KEPT_SIZE_SHARE
        return Scaling(float(self.rng.choice(SCENES)), 1.0 if kept else float(self.rng.choice(FACTORS)))

    def source_size(self, scaling: Scaling) -> int:
        """Return the edge in px of the patches that `photograph` needs."""
        return math.ceil(self._sensor_size(scaling.picture) / scaling.scene)

    def _sensor_size(self, factor: float) -> int:
        return 2 * math.ceil((self.size + 2 * MARGIN) / factor / 2)

    def photograph(self, patches: Tensor, scaling: Scaling) -> PicturePairs:
        """Make pairs from developed patches of int16, shape (N, 3, H, W), 0 to `WHITE`, H and W of `source_size`."""
        patches = self._see(patches.to(self.device), scaling)
        kinds = self.rng.choice(len(SHARES), len(patches), p=SHARES)
        clean = in_camera.resize(patches.float() / WHITE, scaling.picture)
        noisy = clean.clone()
        for kind, spoil in enumerate((self._gaussian, self._grain)):
            if (here := kinds == kind).any():
                noisy[here] += spoil(clean[here])
        if (here := kinds == 3).any():
            clean[here], noisy[here] = self._develop(patches[here], scaling.picture)
        gray = self.rng.random(len(patches)) < GRAY_SHARE
        clean[gray], noisy[gray] = _gray(clean[gray]), _gray(noisy[gray])
        return self._crop(*self._store(clean, noisy, kinds))

    def _see(self, patches: Tensor, scaling: Scaling) -> Tensor:
        """Return what lenses draw of the patches on sensors, as codes like theirs."""
        if scaling.scene == 1.0:
            return patches
        softness = self._some(len(patches), SOFT_SHARE) * self._uniform(len(patches), *SOFTNESS)
        scene = through_lens(patches, scaling.scene, edge=self._sensor_size(scaling.picture), softness=softness)
        return (scene * WHITE).round().short()

    def _develop(self, patches: Tensor, factor: float) -> tuple[Tensor, Tensor]:
        count, _, height, width = patches.shape
        bayer = self.rng.random() < 0.8
        layouts = self.bag.layouts if bayer else self.bag.x_trans
        colors = torch.stack([layouts[self.rng.integers(len(layouts))] for _ in range(count)])[..., :height, :width]
        view = self.bag.draw_view(patches)
        exposure = 2 ** self._uniform(count, -2.0, 0.5)
        clean = camera.filter_colors(camera.see(view.light, view.matrix, view.gains, exposure), colors)
        how = self._draw_developing(count, gain=exposure ** -self._uniform(count, 0.3, 1.0), curved=view.curved)
        demosaicer = str(self.rng.choice(in_camera.DEMOSAICERS)) if bayer else "smooth"
        noisy = camera.record(clean, self.bag.draw_noise(count), self.torch_rng)

        def picture_of(mosaic: Tensor) -> Tensor:
            picture = in_camera.develop(mosaic, colors, kind=demosaicer, matrix=view.matrix, gains=view.gains, how=how)
            return in_camera.resize(picture, factor)

        truth = picture_of(clean)
        return truth, truth + self._smooth(picture_of(noisy) - truth, truth)

    def _smooth(self, noise: Tensor, truth: Tensor) -> Tensor:
        """Return noise as it is after a camera has smoothed it where it saw no edge, but not the picture below."""
        count = len(noise)
        luma, color = in_camera.split_luma(noise)
        part = self._some(count, SMOOTHED_SHARE) * self._uniform(count, *SMOOTHED_PART) * self._flat(luma, truth)
        smooth = in_camera.blur(luma, self._uniform(count, *SMOOTHED_OVER)) * self._uniform(count, *SMOOTHED_LEFT)
        luma = torch.lerp(luma, smooth, part)
        left = in_camera.blur(color, self._uniform(count, *COLOR_OVER)) * self._uniform(count, *COLOR_LEFT)
        color = torch.where(self._some(count, COLOR_SHARE) > 0, left, color)
        return in_camera.join_luma(luma, color)

    def _flat(self, noise: Tensor, truth: Tensor) -> Tensor:
        """Return where a camera sees no edge, from 0 to 1, shape (N, 1, H, W)."""
        count = len(noise)
        luma, _ = in_camera.split_luma(truth)
        steps = luma - in_camera.blur(luma, 2.0)
        contrast = in_camera.blur(steps.square(), 2.0)
        variance = noise.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-8
        return torch.exp(-contrast / (variance * self._uniform(count, *EDGES).square()))

    def _draw_developing(self, count: int, *, gain: Tensor, curved: Tensor) -> Developing:
        return Developing(
            gain=gain,
            curved=curved,
            # Cameras hardly ever leave color noise as it is: in their JPEGs it is blotches of several px.
            color_blur=self._some(count, 0.85) * self._uniform(count, 0.5, 3.2),
            coring=self._some(count, 0.4) * self._uniform(count, 0.0, 0.03),
            sharpening=self._some(count, 0.6) * self._uniform(count, 0.0, 1.2),
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
        blotches = to_unit(in_camera.blur(mixed, self._uniform(count, 0.3, 1.5)))
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
        rough = self._some(len(true), ROUGH_SHARE).flatten() > 0
        wrong = self._tensor(self.rng.standard_normal(len(true))).flatten()
        told = torch.where(
            rough, roughness_of(noisy) * (ROUGH_SPREAD * wrong).exp(), true * (TRUE_SPREAD * wrong).exp()
        )
        return told.clip(LEAST, MOST)

    def _some(self, count: int, share: float) -> Tensor:
        """Return 1 for a random share, 0 for the rest."""
        return self._tensor(self.rng.random(count) < share)

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.torch_rng, device=like.device)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device).reshape(-1, 1, 1, 1)

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        return self._tensor(self.rng.uniform(low, high, count))


def through_lens(patches: Tensor, scale: float, *, edge: int, softness: Tensor) -> Tensor:
    """Return what lenses draw of developed patches: enlarged and blurred.

    Parameters
    ----------
    patches : Tensor of int16, shape (N, 3, H, W)
        0 to `WHITE`.
    scale : float
        How much they are enlarged.
    edge : int
        Of the result, in px.
    softness : Tensor of shape (N, 1, 1, 1)
        Standard deviation of the blur, in px.

    Returns
    -------
    Tensor of float32, shape (N, 3, edge, edge)
        0 to 1.
    """
    scene = in_camera.resize(patches.float() / WHITE, scale)[..., :edge, :edge]
    return in_camera.blur(scene, softness)


def to_unit(noise: Tensor) -> Tensor:
    """Bring the noise of each picture of a batch to a standard deviation of 1."""
    return noise / noise.std(dim=(1, 2, 3), keepdim=True)


def _gray(picture: Tensor) -> Tensor:
    return picture.mean(dim=1, keepdim=True).expand_as(picture)
