"""Estimate the noise profile of a mosaic from the mosaic itself, without dark frames or a table of cameras.

A scene is predictable, noise is not. Small blocks of the mosaic, as vectors, vary little in some directions of their
space (small eigenvalues of their covariance); the variation in these directions is noise. One half of the blocks serves
to learn the directions, which depend on the textures, filters and lens of the photo, and the other half to measure the
noise in them: a direction chosen for its accidentally low noise would bias the estimate downwards.

For a unit vector w the noise of ``w . pixels`` has the variance ``shot * (w^2 . signal) + read``, for any filters of
the sites. All colors therefore contribute to the same straight line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rwdenoise.noise.line import LARGEST, Bins, first_guess, fit_line, measure_black
from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile
from rwdenoise.photo.raw import RawPhoto

Floats = NDArray[np.floating]

#: Minimum edge of a block in px, rounded up to a multiple of the CFA period.
EDGE = 8
#: Maximum number of blocks, spread evenly over the photo; more do not change the result.
MOST_BLOCKS = 60_000
#: Of the 64 directions of a block of 8 x 8 px, the number of quietest ones that measure the noise, and the number of
#: the next ones that distinguish flat blocks from textured ones.
MEASURING, GUARDING = 8, 32
#: Median of chi-square over its degrees of freedom (Wilson, Hilferty 1931).
MEDIAN = (1 - 2 / (9 * MEASURING)) ** 3
#: Share of the blocks of each brightness that are always used, the flattest.
FLATTEST = 0.15
MOST_BINS = 12
#: Signal above which sensors are no longer linear, relative to the brightest recorded signal.
CEILING = 0.95
#: Minimum number of blocks in each half for learning the directions.
LEAST_BLOCKS = 16
#: Rounds of the estimate, and rounds of learning the directions in each.
ROUNDS, LEARNING = 3, 4
#: Weight of the model of a typical scene, in blocks.
MODEL_BLOCKS = 1.0


@dataclass(frozen=True)
class _Blocks:
    """Blocks of a mosaic, all in the same CFA phase."""

    pixels: NDArray[np.float32]  # (count, edge * edge)
    beside: Floats  # (count,): mean signal of the blocks to the left and right, whose noise is independent
    half: NDArray[np.bool_]  # (count,): the half of the photo

    def take(self, chosen: NDArray[np.bool_]) -> _Blocks:
        return _Blocks(self.pixels[chosen], self.beside[chosen], self.half[chosen])


class _Energies(NamedTuple):
    """Measurements of each block, arrays of shape (count,)."""

    signal: Floats  # signal of the variance
    variance: Floats
    guard: Floats  # energy in the guarding directions, relative to noise alone: 1 in flat blocks
    beside: Floats


def estimate_noise(planes: NDArray[np.float32], cfa: Cfa, *, masked: NDArray[np.float32] | None = None) -> NoiseProfile:
    """Estimate the noise profile of a mosaic from the mosaic itself.

    Parameters
    ----------
    planes : ndarray of float32, shape (1, H, W)
        Normalized signal: 0 black, 1 white, negative below black.
    cfa : Cfa
        The filter pattern, counted from the top-left pixel.
    masked : ndarray of float32, shape (n,), optional
        Optically black pixels with the same normalization, to measure the read noise.

    Returns
    -------
    NoiseProfile
        The read noise is at least that of the quantization; the shot noise is 0 for a mosaic without noise.

    Notes
    -----
    Learning the subspace follows Pyatykh, Hesser, Zheng 2013 and Liu, Tanaka, Okutomi 2013 (smallest eigenvalues of
    weak-texture patches), but cross-validates the eigenvectors instead of correcting the eigenvalues. Row noise is
    avoided like texture. The method cannot distinguish pixel-sized grain in the scene itself from noise.
    """
    mosaic = planes[0]
    floor = max(_quantization_step(mosaic, cfa) ** 2 / 12, READ_FLOOR)
    black = measure_black(masked)
    period = math.lcm(*cfa.period)
    edge = -(-EDGE // period) * period
    if min(mosaic.shape) < edge:
        return NoiseProfile(0.0, min(max(black[0] if black else 0.0, floor), LARGEST))
    colors = cfa.sites(edge, edge).ravel()
    model = _smooth_scene(colors, edge)
    linear = _linear_range(mosaic)
    blocks = _cut_blocks(mosaic, edge=edge, period=period)
    blocks = _keep(blocks, blocks.pixels.max(axis=1) < linear[1])
    # The first round needs only the shape of the line.
    bins = _measure(blocks, model, NoiseProfile(1e-3, 1e-5))
    profile = fit_line(bins, first_guess(bins, floor), black=black, floor=floor)
    for _ in range(ROUNDS - 1):
        bins = _measure(_unclipped(blocks, colors, linear, profile), model, profile)
        profile = fit_line(bins, profile, black=black, floor=floor)
    return profile


def _finite(mosaic: Floats) -> Floats:
    return np.nan_to_num(mosaic, nan=0.0, posinf=1.0, neginf=0.0)


def _quantization_step(mosaic: Floats, cfa: Cfa) -> float:
    # Sites of one filter share a black level: their values differ by whole quantization steps.
    sample = _finite(mosaic[:: cfa.period[0], :: cfa.period[1]].ravel()[:100_000])
    values = np.unique(sample)
    return float(np.diff(values).min()) if 1 < values.size <= sample.size / 2 else 0.0


def _linear_range(mosaic: Floats) -> tuple[float, float]:
    """Return the signals between which the sensor is linear; infinite where nothing is clipped."""
    sample = _finite(mosaic[::3, ::5])
    top = float(np.quantile(sample, 0.999))
    highest = CEILING * min(top, 1.0) if top > 0.75 else math.inf
    bottom = float(sample.min())
    # Many pixels have the lowest value if the converter clips there; otherwise it is the tail of a Gaussian.
    piled = np.mean(sample == bottom) > 0.005 and bottom < top
    return (bottom if piled else -math.inf), highest


def _smooth_scene(colors: NDArray[np.uint8], edge: int) -> Floats:
    """Return the correlations of the sites of a block in a typical scene, shape (edge ** 2, edge ** 2)."""
    y, x = np.divmod(np.arange(edge * edge), edge)
    distance = np.hypot(y[:, np.newaxis] - y, x[:, np.newaxis] - x)
    return np.asarray(np.exp(-distance / 4) * np.where(colors[:, np.newaxis] == colors, 1.0, 0.95))


def _cut_blocks(mosaic: Floats, *, edge: int, period: int) -> _Blocks:
    stride = max(edge // 2 // period, 1) * period
    views = np.lib.stride_tricks.sliding_window_view(mosaic, (edge, edge))[::stride, ::stride]
    thinning = math.ceil(math.sqrt(views.shape[0] * views.shape[1] / MOST_BLOCKS))
    views = views[::thinning, ::thinning]
    rows, columns = views.shape[:2]
    pixels = _finite(np.ascontiguousarray(views, dtype=np.float32).reshape(rows * columns, edge * edge))
    means = pixels.mean(axis=1).reshape(rows, columns)
    beside = _mean_beside(means, distance=-(-edge // (stride * thinning)))
    # The halves are broad bands because overlapping blocks share noise.
    half = np.arange(columns) // max(1, min(8, columns // 2)) % 2 == 1
    return _Blocks(pixels, beside.ravel(), np.broadcast_to(half, means.shape).ravel())


def _mean_beside(means: Floats, *, distance: int) -> Floats:
    here, last = np.arange(means.shape[1]), means.shape[1] - 1
    left, right = here - distance, here + distance
    left, right = np.where(left < 0, right, left), np.where(right > last, left, right)
    return np.asarray((means[:, left.clip(0, last)] + means[:, right.clip(0, last)]) / 2)


def _keep(blocks: _Blocks, chosen: NDArray[np.bool_]) -> _Blocks:
    """Select the chosen blocks, or all if too few would remain for learning."""
    enough = min(chosen[blocks.half].sum(), chosen[~blocks.half].sum()) >= LEAST_BLOCKS
    return blocks.take(chosen) if enough else blocks


def _unclipped(
    blocks: _Blocks, colors: NDArray[np.uint8], linear: tuple[float, float], profile: NoiseProfile
) -> _Blocks:
    """Discard blocks with clipped noise, whose variance would be too small."""
    means = np.stack([blocks.pixels[:, colors == color].mean(axis=1) for color in np.unique(colors)])
    reach = 3 * np.sqrt(profile.variance(means))
    return _keep(blocks, ((means - reach > linear[0]) & (means + reach < linear[1])).all(axis=0))


def _measure(blocks: _Blocks, model: Floats, profile: NoiseProfile) -> Bins:
    scale = np.sqrt(profile.variance(blocks.pixels.mean(axis=0)))
    halves = []
    for half in (blocks.half, ~blocks.half):
        directions = _learn_directions(blocks.pixels[~half], scale, model, profile)
        halves.append(_project(blocks.take(half), directions / scale[:, np.newaxis], profile))
    return _summarize(_Energies(*(np.concatenate(parts) for parts in zip(*halves, strict=True))), profile)


def _learn_directions(pixels: NDArray[np.float32], scale: Floats, model: Floats, profile: NoiseProfile) -> Floats:
    """Return the directions of a block's space as columns, the quietest first: eigenvectors of the covariance.

    The weight of a block is the inverse square root of its energy: otherwise a few strong edges would dominate. The
    model regularizes directions that few blocks leave undetermined.
    """
    count, size = pixels.shape
    if count == 0:
        return np.linalg.eigh(model)[1]
    light = profile.variance(pixels.mean(axis=1))
    whitened = pixels / scale / np.sqrt(light / light.mean())[:, np.newaxis]
    weights = np.ones(count, np.float32)
    for _ in range(LEARNING):
        weighted = whitened * weights[:, np.newaxis]
        covariance = weighted.T @ weighted / count
        spread = np.sqrt(np.diag(covariance))
        covariance += model * np.outer(spread, spread) * (MODEL_BLOCKS / count)
        directions = np.linalg.eigh(covariance)[1]
        energy = np.square(whitened @ directions[:, : size * 3 // 4]).mean(axis=1)
        weights = (energy + 1e-12) ** -0.25
    return directions


def _project(blocks: _Blocks, directions: Floats, profile: NoiseProfile) -> _Energies:
    directions = directions / np.sqrt(np.square(directions).sum(axis=0))
    measuring = directions[:, :MEASURING]
    guarding = directions[:, MEASURING : MEASURING + GUARDING]
    expected = profile.variance(blocks.pixels @ np.square(guarding))
    return _Energies(
        signal=(blocks.pixels @ np.square(measuring)).mean(axis=1),
        variance=np.square(blocks.pixels @ measuring).mean(axis=1),
        guard=(np.square(blocks.pixels @ guarding) / expected).mean(axis=1),
        beside=blocks.beside,
    )


def _summarize(energies: _Energies, profile: NoiseProfile) -> Bins:
    # Sort by the signal of the neighbors: sorting by a signal that contains the measured noise would flatten the line.
    order = np.argsort(energies.beside, kind="stable")
    count = int(np.clip(len(order) * FLATTEST / 40, 1, MOST_BINS))
    points = []
    for members in np.array_split(order, count):
        calm = int((energies.guard[members] <= 1).sum())
        wanted = min(max(int(len(members) * FLATTEST), 20, calm), len(members))
        flat = members[np.argpartition(energies.guard[members], wanted - 1)[:wanted]]
        expected = profile.variance((energies.signal[flat] + energies.beside[flat]) / 2)
        ratio = np.median(energies.variance[flat] / expected) / MEDIAN
        # The error of a median is 1.25 times that of a mean; four overlapping blocks count as one.
        error = 1.25 * math.sqrt(2 / MEASURING * 4 / wanted)
        points.append((energies.signal[flat].mean(), ratio * expected.mean(), error))
    return Bins(*np.array(points, dtype=np.float64).T)


def choose_noise(photo: RawPhoto, given: NoiseProfile | None = None) -> tuple[NoiseProfile, str]:
    """Choose the noise profile for a mosaic; return it and its origin: ``given``, ``file`` or ``estimated``."""
    if given is not None:
        return given, "given"
    if photo.noise is not None:
        return photo.noise, "file"
    return estimate_noise(photo.planes(), photo.cfa, masked=photo.masked()), "estimated"
