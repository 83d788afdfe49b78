"""Noise measured on the mosaic itself: no dark frames, no table of cameras, no knowledge of the scene.

The scene of a photo is predictable, its noise is not. Small blocks of the mosaic, taken as vectors, vary little in some
directions of their space: what varies there is noise. Which directions these are is learned from the photo (its
textures, its filters, its lens), always in one half of the blocks and then used in the other half: a direction that
was chosen because the noise happened to be low in it would otherwise flatter the estimate.

For a unit vector w the noise of ``w . pixels`` has the variance ``shot * (w^2 . signal) + read``, whatever filters the
sites have: a straight line, to which all colors contribute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile
from rwdenoise.photo.raw import RawPhoto

Floats = NDArray[np.floating]

#: Least edge of a block in px; it grows to a multiple of the filters' period.
EDGE = 8
#: More blocks than this do not change the result; they are spread evenly over the photo.
MOST_BLOCKS = 60_000
#: Directions that measure, for the blocks of 64 px; the next GUARDING ones tell flat blocks from textured ones.
MEASURING, GUARDING = 8, 32
#: Median of chi-square over its degrees of freedom (Wilson, Hilferty 1931).
MEDIAN = (1 - 2 / (9 * MEASURING)) ** 3
#: Share of the blocks of one brightness that are always taken: the flattest.
FLATTEST = 0.15
MOST_BINS = 12
#: Signal from which on sensors bend and clip, as a share of the brightest that was recorded.
CEILING = 0.95
#: Standard errors by which a bin may lie above the line before it counts less: texture only ever adds variance.
TOLERANCE = 0.5
# log read = 2.18 log shot + 1.20 (Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising"); it decides only
# where a photo has no shadows, so it is given an error of 100 %.
READ_SLOPE, READ_OFFSET, READ_ERROR = 2.18, 1.20, 1.0
#: Relative error that is granted to optical black: it sees no light, but more of the drift and banding.
BLACK_ERROR = 0.1
#: Fewest blocks, and fewest optically black pixels, that tell anything.
LEAST_BLOCKS, LEAST_MASKED = 16, 64
#: No camera comes near; it keeps nonsense from becoming an invalid profile.
LARGEST = 0.5
#: Rounds of the estimate, and in each of them of learning the directions.
ROUNDS, LEARNING = 3, 4
#: How many blocks the model of a usual scene is worth.
MODEL_BLOCKS = 1.0


@dataclass(frozen=True)
class _Blocks:
    """Blocks of a mosaic, all in the same phase of the filters."""

    pixels: NDArray[np.float32]  # (count, edge * edge)
    beside: Floats  # (count,): mean signal of the blocks to the left and right, whose noise is independent
    half: NDArray[np.bool_]  # (count,): which half of the photo

    def take(self, chosen: NDArray[np.bool_]) -> _Blocks:
        return _Blocks(self.pixels[chosen], self.beside[chosen], self.half[chosen])


class _Energies(NamedTuple):
    """What was measured on each block."""

    signal: Floats  # to which the measured variance belongs
    variance: Floats
    guard: Floats  # relative to what noise alone would give: 1 in flat blocks
    beside: Floats


class _Bins(NamedTuple):
    """Points of the line, from dark to bright."""

    signal: Floats
    variance: Floats
    error: Floats  # standard error, as a share of the variance


def estimate_noise(planes: NDArray[np.float32], cfa: Cfa, *, masked: NDArray[np.float32] | None = None) -> NoiseProfile:
    """Estimate the noise of a mosaic from the mosaic.

    Parameters
    ----------
    planes : ndarray of float32, shape (1, H, W)
        Normalized signal, 0 black, 1 white, signed below black.
    cfa : Cfa
        The filters, counted from the top-left pixel.
    masked : ndarray of float32, shape (n,), optional
        Optically black pixels, normalized likewise: they show the read noise.

    Returns
    -------
    NoiseProfile
        Its read noise is never below that of the quantization. Where a mosaic shows no noise at all, ``shot`` is 0.

    Notes
    -----
    Learning the subspace follows Pyatykh, Hesser, Zheng 2013 and Liu, Tanaka, Okutomi 2013 (smallest eigenvalues of
    weak-texture patches), with the eigenvectors cross-validated instead of the eigenvalues corrected. Row noise is
    avoided like texture. Grain that the scene itself shows in every pixel cannot be told from noise.
    """
    mosaic = planes[0]
    floor = max(_quantization_step(mosaic, cfa) ** 2 / 12, READ_FLOOR)
    black = _optical_black(masked)
    period = math.lcm(*cfa.period)
    edge = -(-EDGE // period) * period
    if min(mosaic.shape) < edge:
        return NoiseProfile(0.0, min(max(black[0] if black else 0.0, floor), LARGEST))
    colors = cfa.sites(edge, edge).ravel()
    model = _smooth_scene(colors, edge)
    linear = _linear_range(mosaic)
    blocks = _cut_blocks(mosaic, edge=edge, period=period)
    blocks = _keep(blocks, blocks.pixels.max(axis=1) < linear[1])
    # For the first look only the shape of the line matters.
    bins = _measure(blocks, model, NoiseProfile(1e-3, 1e-5))
    profile = _fit_line(bins, _first_guess(bins, floor), black=black, floor=floor)
    for _ in range(ROUNDS - 1):
        bins = _measure(_unclipped(blocks, colors, linear, profile), model, profile)
        profile = _fit_line(bins, profile, black=black, floor=floor)
    return profile


def _finite(mosaic: Floats) -> Floats:
    return np.nan_to_num(mosaic, nan=0.0, posinf=1.0, neginf=0.0)


def _quantization_step(mosaic: Floats, cfa: Cfa) -> float:
    # Sites of one filter share their black level, so their values differ by whole steps.
    sample = _finite(mosaic[:: cfa.period[0], :: cfa.period[1]].ravel()[:100_000])
    values = np.unique(sample)
    return float(np.diff(values).min()) if 1 < values.size <= sample.size / 2 else 0.0


def _linear_range(mosaic: Floats) -> tuple[float, float]:
    """Return the signals between which the sensor is linear; infinite where nothing was clipped."""
    sample = _finite(mosaic[::3, ::5])
    top = float(np.quantile(sample, 0.999))
    highest = CEILING * min(top, 1.0) if top > 0.75 else math.inf
    bottom = float(sample.min())
    # Values pile up at the least one where a converter cuts off, else it is the tail of a bell curve.
    piled = np.mean(sample == bottom) > 0.005 and bottom < top
    return (bottom if piled else -math.inf), highest


def _smooth_scene(colors: NDArray[np.uint8], edge: int) -> Floats:
    """Return how the sites of a block go together in most scenes, as correlations."""
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
    # Halves in broad bands: overlapping blocks share their noise.
    half = np.arange(columns) // max(1, min(8, columns // 2)) % 2 == 1
    return _Blocks(pixels, beside.ravel(), np.broadcast_to(half, means.shape).ravel())


def _mean_beside(means: Floats, *, distance: int) -> Floats:
    here, last = np.arange(means.shape[1]), means.shape[1] - 1
    left, right = here - distance, here + distance
    left, right = np.where(left < 0, right, left), np.where(right > last, left, right)
    return np.asarray((means[:, left.clip(0, last)] + means[:, right.clip(0, last)]) / 2)


def _keep(blocks: _Blocks, chosen: NDArray[np.bool_]) -> _Blocks:
    """Take the chosen blocks, or all where too few would be left to learn from."""
    enough = min(chosen[blocks.half].sum(), chosen[~blocks.half].sum()) >= LEAST_BLOCKS
    return blocks.take(chosen) if enough else blocks


def _unclipped(
    blocks: _Blocks, colors: NDArray[np.uint8], linear: tuple[float, float], profile: NoiseProfile
) -> _Blocks:
    """Leave out blocks whose noise reaches where values are cut off: what is left of it would look too small."""
    means = np.stack([blocks.pixels[:, colors == color].mean(axis=1) for color in np.unique(colors)])
    reach = 3 * np.sqrt(profile.variance(means))
    return _keep(blocks, ((means - reach > linear[0]) & (means + reach < linear[1])).all(axis=0))


def _measure(blocks: _Blocks, model: Floats, profile: NoiseProfile) -> _Bins:
    scale = np.sqrt(profile.variance(blocks.pixels.mean(axis=0)))
    halves = []
    for half in (blocks.half, ~blocks.half):
        directions = _learn_directions(blocks.pixels[~half], scale, model, profile)
        halves.append(_project(blocks.take(half), directions / scale[:, np.newaxis], profile))
    return _summarize(_Energies(*(np.concatenate(parts) for parts in zip(*halves, strict=True))), profile)


def _learn_directions(pixels: NDArray[np.float32], scale: Floats, model: Floats, profile: NoiseProfile) -> Floats:
    """Return the directions of a block's space as columns, the quietest first.

    Blocks count by the square root of their energy, so that a few strong edges do not hide all the others. What few
    blocks leave open is filled in by the model.
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


def _summarize(energies: _Energies, profile: NoiseProfile) -> _Bins:
    # Sorted by the neighbors' signal: sorting by a signal with the very noise in it would flatten the line.
    order = np.argsort(energies.beside, kind="stable")
    count = int(np.clip(len(order) * FLATTEST / 40, 1, MOST_BINS))
    points = []
    for members in np.array_split(order, count):
        calm = int((energies.guard[members] <= 1).sum())
        wanted = min(max(int(len(members) * FLATTEST), 20, calm), len(members))
        flat = members[np.argpartition(energies.guard[members], wanted - 1)[:wanted]]
        expected = profile.variance((energies.signal[flat] + energies.beside[flat]) / 2)
        ratio = np.median(energies.variance[flat] / expected) / MEDIAN
        # A median is 1.25 times less certain than a mean; four overlapping blocks tell as much as one.
        error = 1.25 * math.sqrt(2 / MEASURING * 4 / wanted)
        points.append((energies.signal[flat].mean(), ratio * expected.mean(), error))
    return _Bins(*np.array(points, dtype=np.float64).T)


def _first_guess(bins: _Bins, floor: float) -> NoiseProfile:
    slopes = bins.variance / bins.signal.clip(min=1e-3)
    shot = min(float(np.quantile(slopes, 0.3)), LARGEST)
    return NoiseProfile(shot, _usual_read(shot, floor))


def _usual_read(shot: float, floor: float) -> float:
    return min(max(math.exp(READ_SLOPE * math.log(max(shot, 1e-9)) + READ_OFFSET), floor), LARGEST)


def _optical_black(masked: NDArray[np.float32] | None) -> tuple[float, float] | None:
    """Return the variance of optically black pixels and its relative error, if there are enough of them."""
    values = np.empty(0) if masked is None else masked[np.isfinite(masked)].astype(np.float64)
    for _ in range(3):  # hot pixels out
        if values.size < LEAST_MASKED:
            return None
        values = values[np.abs(values - np.median(values)) <= 4 * values.std() + 1e-12]
    return max(float(values.var()), READ_FLOOR), max(BLACK_ERROR, math.sqrt(2 / values.size))


def _fit_line(bins: _Bins, start: NoiseProfile, *, black: tuple[float, float] | None, floor: float) -> NoiseProfile:
    """Fit ``shot * signal + read`` to the lower edge of the bins, with what is known of black as one more point."""
    profile = start
    for _ in range(30):
        line = profile.variance(bins.signal)
        excess = (bins.variance / line - 1) / bins.error
        trust = np.where(excess > 0, 1 / (1 + np.square(excess / TOLERANCE)), 1.0)
        at_black, black_error = black or (_usual_read(profile.shot, floor), READ_ERROR)
        weight = np.append(trust / np.square(bins.error * line), 1 / (black_error * at_black) ** 2)
        before, variance = profile, np.append(bins.variance, at_black)
        profile = _weighted_line(np.append(bins.signal, 0.0), variance, weight, floor=floor)
        if np.allclose((profile.shot, profile.read), (before.shot, before.read), rtol=1e-4, atol=0):
            break
    return profile


def _weighted_line(x: Floats, y: Floats, weight: Floats, *, floor: float) -> NoiseProfile:
    """Return the best line with a slope of 0 or more and a height of `floor` or more."""
    weight = weight / weight.sum()
    middle_x, middle_y = float(weight @ x), float(weight @ y)
    spread = float(weight @ np.square(x - middle_x))
    slope = float(weight @ ((x - middle_x) * (y - middle_y))) / spread if spread > 0 else 0.0
    height = middle_y - slope * middle_x
    if height < floor:
        height = floor
        slope = float(weight @ (x * (y - floor))) / max(float(weight @ np.square(x)), 1e-30)
    if slope < 0:
        slope, height = 0.0, max(middle_y, floor)
    return NoiseProfile(min(slope, LARGEST), min(height, LARGEST))


def choose_noise(photo: RawPhoto, given: NoiseProfile | None = None) -> tuple[NoiseProfile, str]:
    """Return the noise profile to assume, and its origin: ``given``, ``file`` or ``estimated``."""
    if given is not None:
        return given, "given"
    if photo.noise is not None:
        return photo.noise, "file"
    return estimate_noise(photo.planes(), photo.cfa, masked=photo.masked()), "estimated"
