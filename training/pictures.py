"""Make training pairs for the `rgb-look` weights: developed pictures with and without noise, from random cameras.

Camera pairs come from a simulated mosaic, developed as a camera does it once with and once without sensor noise. The
other pairs have plain Gaussian noise, grain like that of scanned film, or no noise; the shares are in `SHARES`.
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

#: Errors are measured in units of sqrt(UNIT * noise); the noise counts as at least one 8-bit step.
UNIT, LEAST_NOISE = 0.1, 1 / 255
# Noise level given to the network: mostly the true one, else the roughness of the picture, which the first estimate of
# the noise level uses. It always has a small error, because a photo differs from its patches. Share of the roughness,
# and standard deviations of the logarithm of the error for the roughness and for the true level.
ROUGH_SHARE, ROUGH_SPREAD, TRUE_SPREAD = 0.4, 0.2, 0.25
#: Margin around the patch, in px, for the neighborhoods of the camera's processing.
MARGIN = 8
# Shares of the pairs: Gaussian noise, grain, no noise, camera noise; and the share of gray pictures among all.
SHARES, GRAY_SHARE = (0.48, 0.07, 0.05, 0.4), 0.05
# Range of the natural logarithm of the standard deviation of Gaussian noise and grain (white is 1): from invisible to
# stronger than any usable picture.
LOG_DEVIATION = (math.log(0.003), math.log(0.25))
# Factors by which a developed picture is resized. Cameras rarely resize, people often do; upscaled pictures are as soft
# as those of small sensors.
KEPT_SIZE_SHARE, FACTORS = 0.5, (0.6, 0.75, 1.15, 1.3, 1.5, 1.75, 2.0)
#: Factors by which the photo is enlarged before the simulated camera records it. Photos that were averaged down have
#: detail in every pixel; the image of a lens on a sensor does not.
SCENES = (1.0, 1.0, 1.5, 2.0)
# Additional lens blur: share of the pictures, and standard deviation in px.
SOFT_SHARE, SOFTNESS = 0.3, (0.3, 1.2)
# In-camera smoothing of luma noise, which leaves blotches: share of the pictures, standard deviation in px, share of
# the noise that is smoothed, and share of that which remains.
SMOOTHED_SHARE, SMOOTHED_OVER, SMOOTHED_PART, SMOOTHED_LEFT = 0.8, (0.4, 2.0), (0.5, 1.0), (0.1, 0.8)
# Cameras do not smooth edges: steps of brightness that count as edges, in standard deviations of the noise.
EDGES = (0.05, 0.7)
# In-camera smoothing of color noise, which is stronger: share of the pictures, standard deviation in px, share of the
# noise that remains.
COLOR_SHARE, COLOR_OVER, COLOR_LEFT = 0.7, (0.7, 3.5), (0.15, 1.0)
JPEG_SHARE, QUALITIES = (0.2, 0.65, 0.65, 0.65), (60, 99)
#: Least JPEG quality of the clean picture: the network removes the artifacts of coarser JPEG together with the noise.
CLEAN_QUALITY = 92


@dataclass(frozen=True)
class Scaling:
    """Resize factors of a batch."""

    scene: float = 1.0
    """Factor by which the photo is enlarged before the simulated camera records it, 1 or more."""
    picture: float = 1.0
    """Factor by which the developed picture is resized."""


@dataclass(frozen=True)
class PicturePairs:
    """A batch of developed pictures in the display domain."""

    clean: Tensor
    """x_0, float32, shape (N, 3, H, W)."""
    noisy: Tensor
    """x_T, float32, shape (N, 3, H, W)."""
    sigma: Tensor
    """Noise level given to the network, shape (N,)."""
    deviation: Tensor
    """Unit of the errors of an estimate, shape (N,): proportional to the square root of the picture's noise level.

    In units of the noise level itself, nearly clean pictures count too much compared with noisy ones; in the same unit
    for all pictures, too little.
    """
    colors: None = None
    """No color filters: every pixel has all colors."""

    def light_error(self, estimate: Tensor) -> Tensor:
        """Return the error of an estimate in units of `deviation`."""
        return (estimate - self.clean) / self.deviation[:, None, None, None]


class PictureBag:
    """Photograph each patch with a new random camera and illuminant, develop it, and store it in a random format.

    Parameters
    ----------
    size : int
        Edge length of the resulting patches, in px.
    device : torch.device
        Device that computes the photographs.
    seed : int
        Seed of the random numbers.
    usual_share : float
        Share of the camera noise that is of ISO 1600 and above.
    """

    def __init__(self, *, size: int, device: torch.device, seed: int, usual_share: float = 0.0) -> None:
        self.size = size
        self.device = device
        self.rng = np.random.default_rng(seed)
        self.torch_rng = torch.Generator(device).manual_seed(seed)
        largest = self._sensor_size(min(FACTORS))
        self.bag = CameraBag(size=largest, jitter=0.0, device=device, seed=seed, usual_share=usual_share)

    def draw_scaling(self) -> Scaling:
        """Return random resize factors for the next batch."""
        kept = self.rng.random() < KEPT_SIZE_SHARE
        return Scaling(float(self.rng.choice(SCENES)), 1.0 if kept else float(self.rng.choice(FACTORS)))

    def source_size(self, scaling: Scaling) -> int:
        """Return the edge length, in px, of the patches that `photograph` needs."""
        return math.ceil(self._sensor_size(scaling.picture) / scaling.scene)

    def _sensor_size(self, factor: float) -> int:
        return 2 * math.ceil((self.size + 2 * MARGIN) / factor / 2)

    def photograph(self, patches: Tensor, scaling: Scaling) -> PicturePairs:
        """Make pairs from developed patches: int16, shape (N, 3, H, W), 0 to `WHITE`, H = W = `source_size`."""
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
        """Return the patches as lenses image them on the sensor, encoded like the patches."""
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
        """Return the noise after in-camera smoothing outside edges; the picture below stays sharp."""
        count = len(noise)
        luma, color = in_camera.split_luma(noise)
        part = self._some(count, SMOOTHED_SHARE) * self._uniform(count, *SMOOTHED_PART) * self._flat(luma, truth)
        smooth = in_camera.blur(luma, self._uniform(count, *SMOOTHED_OVER)) * self._uniform(count, *SMOOTHED_LEFT)
        luma = torch.lerp(luma, smooth, part)
        left = in_camera.blur(color, self._uniform(count, *COLOR_OVER)) * self._uniform(count, *COLOR_LEFT)
        color = torch.where(self._some(count, COLOR_SHARE) > 0, left, color)
        return in_camera.join_luma(luma, color)

    def _flat(self, noise: Tensor, truth: Tensor) -> Tensor:
        """Return how flat a camera finds each pixel: 0 for edges to 1 for flat areas, shape (N, 1, H, W)."""
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
            # Cameras nearly always smooth color noise: in their JPEGs it has become blotches of several px.
            color_blur=self._some(count, 0.85) * self._uniform(count, 0.5, 3.2),
            coring=self._some(count, 0.4) * self._uniform(count, 0.0, 0.03),
            sharpening=self._some(count, 0.6) * self._uniform(count, 0.0, 1.2),
            radius=self._uniform(count, 0.5, 1.3),
        )

    def _gaussian(self, clean: Tensor) -> Tensor:
        return self._deviations(len(clean)) * self._normal(clean)

    def _grain(self, clean: Tensor) -> Tensor:
        """Return blotchy, partly gray noise, strongest in the midtones as in film, or in the shadows."""
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
        """Quantize as files do: as JPEG, to 8 bits, or not at all."""
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
        # At a random position, so the JPEG block grid has a random phase.
        top, left = (int(self.rng.integers(0, edge - self.size + 1)) for edge in clean.shape[-2:])
        rows, columns = slice(top, top + self.size), slice(left, left + self.size)
        clean, noisy = clean[..., rows, columns].contiguous(), noisy[..., rows, columns].contiguous()
        true = (noisy - clean).square().mean(dim=(1, 2, 3)).sqrt()
        return PicturePairs(clean, noisy, self._tell(noisy, true), (UNIT * true.clip(min=LEAST_NOISE)).sqrt())

    def _tell(self, noisy: Tensor, true: Tensor) -> Tensor:
        """Return the noise level given to the network, shape (N,)."""
        rough = self._some(len(true), ROUGH_SHARE).flatten() > 0
        wrong = self._tensor(self.rng.standard_normal(len(true))).flatten()
        told = torch.where(
            rough, roughness_of(noisy) * (ROUGH_SPREAD * wrong).exp(), true * (TRUE_SPREAD * wrong).exp()
        )
        return told.clip(LEAST, MOST)

    def _some(self, count: int, share: float) -> Tensor:
        """Return 1 for a random share of the pictures, 0 for the others; shape (N, 1, 1, 1)."""
        return self._tensor(self.rng.random(count) < share)

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.torch_rng, device=like.device)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device).reshape(-1, 1, 1, 1)

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        return self._tensor(self.rng.uniform(low, high, count))


def through_lens(patches: Tensor, scale: float, *, edge: int, softness: Tensor) -> Tensor:
    """Simulate the image of a lens: enlarge and blur developed patches.

    Parameters
    ----------
    patches : Tensor of int16, shape (N, 3, H, W)
        0 to `WHITE`.
    scale : float
        Factor by which the patches are enlarged.
    edge : int
        Edge length of the result, in px.
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
    """Scale the noise of each picture of a batch to a standard deviation of 1."""
    return noise / noise.std(dim=(1, 2, 3), keepdim=True)


def _gray(picture: Tensor) -> Tensor:
    return picture.mean(dim=1, keepdim=True).expand_as(picture)
