"""Compute HaarPSI, a perceptual similarity index: Reisenhofer, Bosse, Kutyniok, Wiegand 2018, arXiv 1607.06140.

Its authors validated it against human ratings on four data sets of distorted pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from bench.methods import Picture

Plane = NDArray[np.float64]

# The paper's constants, for values from 0 to 255.
C, ALPHA = 30.0, 4.2
# NTSC, with the paper's digits.
RGB_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def haarpsi(estimate: Picture, truth: Picture) -> float:
    """Return the perceptual similarity of two pictures: 1 if equal, toward 0 the less similar they look.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Encoded sRGB, 0 to 1.

    Notes
    -----
    Both pictures are first halved in size. Luminance: similarity of the Haar coefficients of scales 1 and 2, weighted
    at each pixel by those of scale 3, horizontally and vertically. Color: similarity of I and Q, averaged over 2 x 2
    px. All similarities pass through a logistic function and are averaged with their weights.
    """
    (y, *chroma), (true_y, *true_chroma) = (_halved_yiq(picture) for picture in (estimate, truth))
    similarities, weights = zip(*(_compare_luminance(y, true_y, axis) for axis in (0, 1)), strict=True)
    color = np.mean([_similarity(_mean_2x2(a), _mean_2x2(b)) for a, b in zip(chroma, true_chroma, strict=True)], axis=0)
    bent = 1 / (1 + np.exp(-ALPHA * np.array([*similarities, color])))
    mean = np.average(bent, weights=np.array([*weights, np.mean(weights, axis=0)]))
    return float((np.log(mean / (1 - mean)) / ALPHA) ** 2)


def _halved_yiq(picture: Picture) -> Plane:
    height, width = (length // 2 * 2 for length in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3), dtype=np.float64)
    return np.asarray(255 * np.einsum("ij,hwj->ihw", RGB_TO_YIQ, blocks))


def _compare_luminance(estimate: Plane, truth: Plane, axis: int) -> tuple[Plane, Plane]:
    """Return the similarity of the coefficients along an axis, and the weight of each pixel."""
    fine, true_fine = ([_haar(plane, scale, axis) for scale in (1, 2)] for plane in (estimate, truth))
    similarity = np.mean([_similarity(a, b) for a, b in zip(fine, true_fine, strict=True)], axis=0)
    weight = np.maximum(np.abs(_haar(estimate, 3, axis)), np.abs(_haar(truth, 3, axis)))
    return similarity, weight


def _similarity(a: Plane, b: Plane) -> Plane:
    a, b = np.abs(a), np.abs(b)
    return np.asarray((2 * a * b + C) / (a**2 + b**2 + C))


def _haar(plane: Plane, scale: int, axis: int) -> Plane:
    length = 2**scale
    sums = _filtered(plane, np.ones(length), axis=1 - axis)
    return np.asarray(_filtered(sums, np.repeat([1.0, -1.0], length // 2), axis=axis) / length)


def _mean_2x2(plane: Plane) -> Plane:
    return _filtered(_filtered(plane, np.ones(2) / 2, axis=0), np.ones(2) / 2, axis=1)


def _filtered(plane: Plane, taps: NDArray[np.float64], *, axis: int) -> Plane:
    # Black outside the picture, as in the authors' program.
    return np.asarray(convolve1d(plane, taps, axis=axis, mode="constant"))
