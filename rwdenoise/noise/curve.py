"""Measure the noise of a photo at every brightness for display: the photon transfer curve of flat areas.

The method differs from that of `rwdenoise.noise.estimate`, which allows checking one against the other. A smooth
surface is fitted to each color of a small block; the residual is noise. The curvature of the surface distinguishes flat
blocks from textured ones. For noise alone, residual and curvature are independent: choosing flat blocks does not
select those with low noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rwdenoise.noise.estimate import estimate_noise
from rwdenoise.noise.line import LARGEST
from rwdenoise.noise.residual import CLIPPED
from rwdenoise.photo.cfa import BLUE, CLEAR, GREEN, RED
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area

Floats = NDArray[np.floating]
Kind = Literal["raw", "developed"]
#: Maps signals of similar brightness to the same number.
Steps = Callable[[Floats], NDArray[np.intp]]

#: Minimum edge of a block in px, rounded up to a multiple of the CFA period.
EDGE = 16
#: Maximum number of blocks, spread over the photo in rows; more do not change the curve.
MOST_BLOCKS = 30_000
#: Degree of the surface, which makes it follow soft, out-of-focus edges.
DEGREE = 5
#: Share of the blocks of each brightness that are used, the flattest.
FLATTEST = 0.15
#: Minimum number of blocks per color and brightness, and maximum number used of them.
FEWEST, MOST_TAKEN = 12, 40
#: A block is flat if its curvature is at most this many times that of noise alone, as in 99 % of flat blocks.
ROUGHEST = 2.0
#: Signals are clipped to this range; floating-point files may hold any values.
RANGE = (-1.0, 2.0)
#: Brightness steps: per stop, and number of stops below white, for RAW; from 0 to 1 for developed pictures.
STEPS_A_STOP, STOPS, TONES = 2, 14, 20


@dataclass(frozen=True, eq=False)
class NoiseCurve:
    """The noise variance as a function of the signal: 0 black, 1 white, variances in squared units.

    The signal is linear light for RAW, and sRGB for developed pictures.
    """

    kind: Kind
    colors: NDArray[np.uint8]
    """Color of each measured block: `RED`, `GREEN`, `BLUE`, or `CLEAR` for gray, shape (n,)."""
    signals: NDArray[np.float32]
    """Mean signal of each block, shape (n,)."""
    variances: NDArray[np.float32]
    """Noise variance of each block, shape (n,)."""
    flat: NDArray[np.bool_]
    """Whether a block contains only noise; the variance of other blocks includes texture, shape (n,).

    Only mosaics, with white noise, allow this distinction; for other photos all are True.
    """
    profile: NoiseProfile | None
    """The fitted line; None for developed pictures, whose noise follows no line, or without measurements."""
    stated: NoiseProfile | None
    """The profile that the file states."""

    @cached_property
    def medians(self) -> NDArray[np.float32]:
        """Median signal and variance of the flat blocks of each brightness, dark to bright, shape (2, m)."""
        return _medians(self.signals[self.flat], self.variances[self.flat], _STEPS[self.kind])

    def variance(self, signal: Floats) -> Floats:
        """Return the variance at each signal, any shape, from the profile or else the medians; 0 without either."""
        if self.profile is not None:
            return np.asarray(self.profile.variance(signal))
        return np.interp(signal, *self.medians) if self.medians.size else np.zeros_like(signal)

    @cached_property
    def clipping(self) -> float:
        """The signal above which clipping at white reduces the measured noise."""
        signal = np.linspace(0, 1, 1001)
        return float(signal[np.argmax(signal + CLIPPED * np.sqrt(self.variance(signal)) >= 1)])


class _Blocks(NamedTuple):
    color: NDArray[np.uint8]
    signal: NDArray[np.float32]
    variance: NDArray[np.float32]
    roughness: NDArray[np.float32]
    """Curvature of the surface; equal to the variance for noise alone."""

    def take(self, chosen: NDArray[np.intp]) -> _Blocks:
        color, signal, variance, roughness = self
        return _Blocks(color[chosen], signal[chosen], variance[chosen], roughness[chosen])


def measure_noise_curve(photo: Photo) -> NoiseCurve:
    """Measure the noise of a photo at every brightness.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto

    Notes
    -----
    At a brightness without flat areas, texture counts as noise and the points lie above the line.
    """
    kind: Kind = "raw" if isinstance(photo, RawPhoto) else "developed"
    blocks = _joined([_flattest(_measure(*seen), _STEPS[kind]) for seen in _colors_of(photo)])
    profile = _profile_of(photo, blocks) if isinstance(photo, RawPhoto) else None
    roughest = ROUGHEST * profile.variance(blocks.signal) if profile and photo.is_mosaic else np.inf
    return NoiseCurve(
        kind=kind,
        colors=blocks.color,
        signals=blocks.signal,
        variances=blocks.variance,
        flat=blocks.roughness <= roughest,
        profile=profile,
        stated=photo.noise,
    )


def _colors_of(photo: Photo) -> Iterator[tuple[int, Floats, NDArray[np.bool_]]]:
    """Yield each color, its pixels in all blocks, shape (blocks, n), and the mask of their positions in a block."""
    if photo.is_mosaic:
        edge = math.lcm(*photo.cfa.period) * -(-EDGE // math.lcm(*photo.cfa.period))
        blocks, sites = _cut(photo, edge)[:, 0], photo.cfa.sites(edge, edge)
        for color in np.unique(sites):
            yield int(color), blocks[:, sites == color], sites == color
        return
    blocks, everywhere = _cut(photo, EDGE), np.ones((EDGE, EDGE), bool)
    gray = not isinstance(photo, RawPhoto) and photo.samples.shape[2] == 1
    for plane, color in enumerate((CLEAR,) if gray else (RED, GREEN, BLUE)):
        yield color, blocks[:, plane].reshape(-1, EDGE * EDGE), everywhere


def _cut(photo: Photo, edge: int) -> Floats:
    """Return blocks from all over the photo, shape (n, planes, edge, edge)."""
    rows, columns = photo.frame.height // edge, photo.frame.width // edge
    apart = max(1, math.ceil(rows * columns / MOST_BLOCKS))
    areas = [Area(row * edge, 0, edge, columns * edge) for row in range(0, rows if columns else 0, apart)]
    strips = [
        photo.linear_planes(area).clip(*RANGE).reshape(-1, edge, columns, edge).transpose(2, 0, 1, 3) for area in areas
    ]
    return np.concatenate(strips) if strips else np.zeros((0, 3, edge, edge))


def _measure(color: int, pixels: Floats, places: NDArray[np.bool_]) -> _Blocks:
    surfaces = _surfaces(places)
    found = pixels @ surfaces
    left = np.square(pixels - found @ surfaces.T).sum(axis=1) / (surfaces.shape[0] - surfaces.shape[1])
    colors = np.full(len(pixels), color, np.uint8)
    return _Blocks(colors, pixels.mean(axis=1), left, np.square(found[:, 1:]).mean(axis=1))


def _surfaces(places: NDArray[np.bool_]) -> Floats:
    """Return orthonormal polynomials in two variables at the masked positions, as columns, the constant first."""
    y, x = np.nonzero(places) / (np.array(places.shape)[:, np.newaxis] / 2) - 1
    powers = [(degree - power, power) for degree in range(DEGREE + 1) for power in range(degree + 1)]
    orthonormal, _ = np.linalg.qr(np.stack([y**i * x**j for i, j in powers], axis=1))
    return orthonormal.astype(np.float32)


def _flattest(blocks: _Blocks, steps_of: Steps) -> _Blocks:
    """Select the flattest blocks of each brightness."""
    steps = steps_of(blocks.signal)
    taken = [np.zeros(0, np.intp)]
    for step in np.unique(steps):
        here = np.flatnonzero(steps == step)
        if len(here) >= FEWEST:
            wanted = int(np.clip(len(here) * FLATTEST, FEWEST, MOST_TAKEN))
            taken.append(here[np.argpartition(blocks.roughness[here], wanted - 1)[:wanted]])
    return blocks.take(np.concatenate(taken))


def _joined(parts: list[_Blocks]) -> _Blocks:
    color, signal, variance, roughness = (np.concatenate(values) for values in zip(*parts, strict=True))
    return _Blocks(color, signal, variance, roughness)


def _medians(signals: Floats, variances: Floats, steps_of: Steps) -> Floats:
    steps = steps_of(signals)
    here = [steps == step for step, count in zip(*np.unique(steps, return_counts=True), strict=True) if count >= FEWEST]
    points = [(np.median(signals[chosen]), np.median(variances[chosen])) for chosen in here]
    return np.array(points, np.float32).reshape(-1, 2).T


def _profile_of(photo: RawPhoto, blocks: _Blocks) -> NoiseProfile | None:
    if photo.is_mosaic:
        return estimate_noise(photo.planes(), photo.cfa, masked=photo.masked())
    signal, variance = _medians(blocks.signal, blocks.variance, _stops)
    if len(signal) < 2:
        return None
    # All medians have the same relative error.
    line = np.polyfit(signal, variance, 1, w=1 / variance.clip(min=READ_FLOOR))
    shot, read = (float(number) for number in line.clip(0, LARGEST))
    return NoiseProfile(shot, read)


def _stops(signal: Floats) -> NDArray[np.intp]:
    return np.asarray(np.floor(STEPS_A_STOP * np.log2(signal.clip(min=2.0**-STOPS))), np.intp)


def _tones(signal: Floats) -> NDArray[np.intp]:
    return np.asarray(np.floor(TONES * signal.clip(0, 1)), np.intp)


_STEPS: dict[Kind, Steps] = {"raw": _stops, "developed": _tones}
