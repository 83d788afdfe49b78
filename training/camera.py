"""Make training pairs for the `cfa` weights: photograph patches with random simulated cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import (
    READ_OFFSET,
    READ_SLOPE,
    NoiseProfile,
    destabilize,
    stabilize,
    stabilized_white,
)
from rwdenoise.simulation import camera as simulate

from .photos import WHITE
from .stars import draw_stars
from .tones import invert_tone_curve, linearize

# Natural logarithms of the shot noise, from ISO 50 on a large sensor to beyond ISO 102400 (darktable 5.0's profiles,
# scaled to the mosaic: about 1e-5 to 3e-2). The range is wider at both ends: the network must learn to leave photos
# with hardly any noise unchanged.
LOG_SHOT = (math.log(2e-6), math.log(6e-2))
# From ISO 1600 of a typical camera to ISO 51200 of a noisy one.
LOG_USUAL = (math.log(4e-4), math.log(2.5e-2))
# Spread of the logarithm of the read noise around that of a typical camera: Brooks et al. 2019 have 0.26, real profiles
# more.
READ_SPREAD = 0.8
# Half of the cameras take their read noise from darktable 5.0's 405 profiles, where it is far stronger at low ISO:
# log10 b = 1.247 log10 a - 1.369 (sd 0.465). On the mosaic both are 12 times as large; here as natural logarithms.
MEASURED_SLOPE, MEASURED_OFFSET, MEASURED_SPREAD = 1.247, -3.766, 1.07
# No camera has a read noise outside this range.
READ_RANGE = (1e-10, 3e-3)
#: Share of the draws that use the noise of the user's own camera, if it was measured. The rest covers all cameras: this
#: makes small measurement errors harmless.
OWN_SHARE = 0.75


@dataclass(frozen=True)
class NoiseLine:
    """Read noise of cameras as a linear function of their shot noise, in natural logarithms of both variances."""

    slope: float
    offset: float
    spread: float
    """Standard deviation around the line."""
    log_shot: tuple[float, float]
    """Range of the shot noise in which the line holds."""

    @property
    def numbers(self) -> tuple[float, float, float]:
        """Slope, offset and spread."""
        return self.slope, self.offset, self.spread

    @property
    def strongest(self) -> NoiseProfile:
        """Noise profile at the upper end of the line."""
        log_shot = self.log_shot[1]
        return NoiseProfile(math.exp(log_shot), min(math.exp(self.slope * log_shot + self.offset), READ_RANGE[1]))


def _lines(log_shot: tuple[float, float]) -> tuple[NoiseLine, NoiseLine]:
    """Return the noise lines of the two halves of all cameras."""
    return (
        NoiseLine(READ_SLOPE, READ_OFFSET, READ_SPREAD, log_shot),
        NoiseLine(MEASURED_SLOPE, MEASURED_OFFSET, MEASURED_SPREAD, log_shot),
    )


ALL_LINES, USUAL_LINES = _lines(LOG_SHOT), _lines(LOG_USUAL)


@dataclass(frozen=True)
class View:
    """Scenes in front of the cameras of a batch, with their color."""

    light: Tensor
    """Linear sRGB, float32, shape (N, 3, H, W)."""
    curved: Tensor
    """1 where a contrast curve was inverted to get the light, else 0; shape (N, 1, 1, 1)."""
    matrix: Tensor
    """Linear sRGB -> white-balanced camera color, shape (N, 3, 3)."""
    gains: Tensor
    """White balance, shape (N, 3, 1, 1)."""


@dataclass(frozen=True)
class Pairs:
    """A batch of stabilized mosaics."""

    clean: Tensor
    """x_0, float32, shape (N, 1, H, W)."""
    noisy: Tensor
    """x_T, float32, shape (N, 1, H, W)."""
    colors: Tensor
    """Color filters: 1 where the site sees that color, float32, shape (N, 3, H, W)."""
    shot: Tensor
    read: Tensor
    """Noise profile given to the network, each of shape (N, 1, 1, 1)."""

    @property
    def sigma(self) -> Tensor:
        """Standard deviation of the stabilized noise according to the profile, shape (N,)."""
        sigma: Tensor = 1 / stabilized_white(self.shot, self.read)
        return sigma.flatten()

    @property
    def deviation(self) -> Tensor:
        """Unit of the errors of an estimate, shape (N,): equals `sigma`."""
        return self.sigma

    def light_error(self, estimate: Tensor) -> Tensor:
        """Return the error of an estimate in linear light, in standard deviations of the local noise."""
        light, truth = (destabilize(u, shot=self.shot, read=self.read) for u in (estimate, self.clean))
        error: Tensor = (light - truth) / (self.shot * truth.clip(min=0) + self.read).sqrt()
        return error


class CameraBag:
    """Photograph each patch with a new random camera, illuminant and exposure.

    Parameters
    ----------
    size : int
        Edge length of the patches, in px.
    jitter : float
        Error of the noise profile given to the network: standard deviation of its natural logarithm.
    device : torch.device
        Device that computes the photographs.
    seed : int
        Seed of the random numbers.
    star_share : float
        Share of the patches that get stars.
    usual_share : float
        Share of the patches with the noise of ISO 1600 and above; the rest covers the whole range.
    """

    def __init__(
        self,
        *,
        size: int,
        jitter: float,
        device: torch.device,
        seed: int,
        star_share: float = 0.0,
        usual_share: float = 0.0,
    ) -> None:
        self.own: NoiseLine | None = None
        """Camera from which `OWN_SHARE` of the noise is drawn; None for no particular camera."""
        self.jitter = jitter
        self.star_share = star_share
        self.usual_share = usual_share
        self.device = device
        self.rng = np.random.default_rng(seed)
        self.torch_rng = torch.Generator(device).manual_seed(seed)
        self.matrices = simulate.camera_matrix(simulate.CAMERA_MATRICES).to(device)
        codes = torch.arange(WHITE + 1, device=device) / WHITE
        self.light = torch.cat([linearize(codes), linearize(invert_tone_curve(codes))])
        self.layouts = [_planes(cfa, size, device) for cfa in BAYER_PHASES]
        self.x_trans = [_planes(X_TRANS.shifted(top, left), size, device) for top in range(6) for left in range(6)]
        self.monochrome = _planes(MONOCHROME, size, device)

    def photograph(self, patches: Tensor) -> Pairs:
        """Make pairs from developed patches: int16, shape (N, 3, H, W), 0 to `WHITE`."""
        count = len(patches)
        colors = torch.stack([self._draw_filters() for _ in range(count)])
        view = self.draw_view(patches)
        camera = simulate.see(view.light, view.matrix, view.gains, 2 ** self._uniform(count, -3.0, 1.0))
        clean = simulate.filter_colors(camera, colors)
        noise = self.draw_noise(count)
        noisy = simulate.record(clean, noise, self.torch_rng)
        told_shot = noise.shot * self._log_normal(count, self.jitter)
        told_read = noise.read * self._log_normal(count, self.jitter)
        return Pairs(
            clean=stabilize(clean, shot=told_shot, read=told_read),
            noisy=stabilize(noisy, shot=told_shot, read=told_read),
            colors=colors,
            shot=told_shot,
            read=told_read,
        )

    def _draw_filters(self) -> Tensor:
        kind = self.rng.random()
        if kind < 0.65:
            return self.layouts[self.rng.integers(4)]
        if kind < 0.95:
            return self.x_trans[self.rng.integers(36)]
        return self.monochrome

    def draw_view(self, patches: Tensor) -> View:
        """Return possible light of developed patches, with random cameras and illuminants."""
        count, patches = len(patches), patches.to(self.device)
        curved = torch.from_numpy(self.rng.integers(0, 2, count)).to(self.device)[:, None, None, None]
        light = self.light.take(patches.int() + (WHITE + 1) * curved) + self._draw_stars(patches)
        mix = torch.tensor(self.rng.dirichlet(np.ones(len(self.matrices)), count), dtype=torch.float32)
        matrix = torch.einsum("nk,kij->nij", mix.to(self.device), self.matrices)
        # From daylight to tungsten: wider than the 1.9 to 2.4 and 1.5 to 1.9 of Brooks et al.
        gains = torch.cat(
            [self._uniform(count, 1.2, 2.8), torch.ones(count, 1, 1, 1, device=self.device),
             self._uniform(count, 1.2, 3.0)], dim=1,
        )  # fmt: skip
        return View(light, curved, matrix, gains)

    def _draw_stars(self, patches: Tensor) -> Tensor:
        count, _, height, width = patches.shape
        sky = torch.zeros(count, 3, height, width)
        for index in np.flatnonzero(self.rng.random(count) < self.star_share):
            sky[index] = draw_stars(height, width, rng=self.rng)
        return sky.to(self.device)

    def draw_noise(self, count: int) -> simulate.SensorNoise:
        """Return the noise of `count` sensors, from the best at base ISO to the worst beyond their highest ISO."""
        lines = [self._draw_line() for _ in range(count)]
        log_shot = self._tensor(self.rng.uniform(*np.array([line.log_shot for line in lines]).T))
        slope, offset, spread = (
            self._tensor(np.array(numbers)) for numbers in zip(*(line.numbers for line in lines), strict=True)
        )
        stray = spread * self._tensor(self.rng.standard_normal(count).clip(-2, 2))
        read = torch.exp(slope * log_shot + offset + stray).clip(*READ_RANGE)
        deviation = read.sqrt()
        banded = self._tensor(self.rng.random(count) < 0.4)
        bits = self.rng.choice([10, 12, 12, 14, 14, 14, 16], count)
        return simulate.SensorNoise(
            shot=torch.exp(log_shot),
            read=read,
            row=banded * deviation * self._uniform(count, 0.0, 0.3),
            column=banded * deviation * self._uniform(count, 0.0, 0.1),
            tails=self._tensor(self.rng.random(count) < 0.3) * self._uniform(count, 0.0, 0.1),
            hot_pixels=self._tensor(self.rng.random(count) < 0.6) * 10 ** self._uniform(count, -4.5, -2.7),
            dead_pixels=self._tensor(self.rng.random(count) < 0.2) * 10 ** self._uniform(count, -4.5, -3.5),
            # The quantization step of a camera is finer than its read noise; a coarser one would hide the noise.
            step=torch.minimum(self._tensor(1 / 2.0**bits), 2 * deviation),
            floor=-self._uniform(count, 0.02, 0.1).maximum(6 * deviation),
        )

    def _draw_line(self) -> NoiseLine:
        if self.own and self.rng.random() < OWN_SHARE:
            return self.own
        lines = USUAL_LINES if self.rng.random() < self.usual_share else ALL_LINES
        return lines[self.rng.integers(2)]

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device).reshape(-1, 1, 1, 1)

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        return self._tensor(self.rng.uniform(low, high, count))

    def _log_normal(self, count: int, spread: float) -> Tensor:
        return torch.exp(self._tensor(self.rng.normal(0, spread, count)))


def _planes(cfa: Cfa, size: int, device: torch.device) -> Tensor:
    return torch.from_numpy(cfa.planes(size, size)).to(device)
