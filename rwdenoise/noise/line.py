"""Fit a noise profile, the line ``var(x) = shot * x + read``, to variances measured at several signal levels.

Residual texture in a measurement always adds variance. The line therefore follows the lower edge of the points.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile, typical_read

Floats = NDArray[np.floating]

#: Standard errors by which a point may lie above the line before its weight decreases.
TOLERANCE = 0.5
#: Relative error of the typical read noise, which matters only for photos without shadows.
TYPICAL_ERROR = 1.0
#: Minimum relative error of the variance of optically black pixels, which are affected more by drift and banding.
BLACK_ERROR = 0.1
#: Minimum number of optically black pixels.
LEAST_MASKED = 64
#: Maximum shot and read noise: far above any camera, but still a valid profile.
LARGEST = 0.5


class Bins(NamedTuple):
    """Measured points from dark to bright, each array of shape (n,)."""

    signal: Floats  # 0 black, 1 white
    variance: Floats  # in squared units of the signal
    error: Floats  # relative standard error of the variance


def first_guess(bins: Bins, floor: float) -> NoiseProfile:
    """Return a rough line through the points with typical read noise, as the start of `fit_line`."""
    slopes = bins.variance / bins.signal.clip(min=1e-3)
    shot = min(float(np.quantile(slopes, 0.3)), LARGEST)
    return NoiseProfile(shot, _typical_read(shot, floor))


def _typical_read(shot: float, floor: float) -> float:
    return min(max(typical_read(max(shot, 1e-9)), floor), LARGEST)


def measure_black(masked: NDArray[np.float32] | None) -> tuple[float, float] | None:
    """Measure the read noise of optically black pixels.

    Parameters
    ----------
    masked : ndarray of float32, shape (n,), or None
        0 black, 1 white.

    Returns
    -------
    variance, error : float
        The variance and its relative standard error; None if there are too few pixels.
    """
    values = np.empty(0) if masked is None else masked[np.isfinite(masked)].astype(np.float64)
    for _ in range(3):  # hot pixels out
        if values.size < LEAST_MASKED:
            return None
        values = values[np.abs(values - np.median(values)) <= 4 * values.std() + 1e-12]
    return max(float(values.var()), READ_FLOOR), max(BLACK_ERROR, math.sqrt(2 / values.size))


def fit_line(bins: Bins, start: NoiseProfile, *, black: tuple[float, float] | None, floor: float) -> NoiseProfile:
    """Fit ``shot * signal + read`` to the lower edge of the points.

    Parameters
    ----------
    bins : Bins
        The measured points.
    start : NoiseProfile
        Start of the iteration.
    black : tuple of float, or None
        From `measure_black`, as an additional point at signal 0; None uses the typical read noise.
    floor : float
        Minimum read noise, for example that of the quantization.
    """
    profile = start
    for _ in range(30):
        line = profile.variance(bins.signal)
        excess = (bins.variance / line - 1) / bins.error
        trust = np.where(excess > 0, 1 / (1 + np.square(excess / TOLERANCE)), 1.0)
        at_black, black_error = black or (_typical_read(profile.shot, floor), TYPICAL_ERROR)
        weight = np.append(trust / np.square(bins.error * line), 1 / (black_error * at_black) ** 2)
        before, variance = profile, np.append(bins.variance, at_black)
        profile = _weighted_line(np.append(bins.signal, 0.0), variance, weight, floor=floor)
        if np.allclose((profile.shot, profile.read), (before.shot, before.read), rtol=1e-4, atol=0):
            break
    return profile


def _weighted_line(x: Floats, y: Floats, weight: Floats, *, floor: float) -> NoiseProfile:
    """Return the best line with a slope of at least 0 and an intercept of at least `floor`."""
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
