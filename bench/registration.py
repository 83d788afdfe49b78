"""Register a burst mean with one of its photos: it is shifted against them, and brighter or darker."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.methods import Picture

# Each iteration removes most of the remaining shift: after three, less than 0.01 px of a 1 px shift is left.
_ROUNDS = 3


class Registered(NamedTuple):
    """Truth after registration with a photo."""

    truth: Picture
    shift: float
    """Distance by which the truth was moved, in px."""
    light: float
    """Change of its brightness, root mean square over the colors; 1 is white."""


def register(truth: Picture, photo: Picture) -> Registered:
    """Move a truth onto a photo with subpixel accuracy, and match the mean of each color.

    The shift is found by least squares from the gradients of the truth, which has no noise to weaken them.

    Parameters
    ----------
    truth, photo : ndarray of float32, shape (H, W, 3)
        Encoded sRGB, 0 to 1; shifted by at most about 1 px.
    """
    shift = np.zeros(2)
    moved = truth
    for _ in range(_ROUNDS):
        shift -= _displacement(moved, photo)
        moved = ndimage.shift(truth, (*shift, 0), order=3, mode="nearest")
    light = (photo - moved).mean(axis=(0, 1))
    return Registered(moved + light, float(np.hypot(*shift)), float(np.sqrt(np.square(light).mean())))


def _displacement(truth: Picture, photo: Picture) -> NDArray[np.float64]:
    """Return the shift between a truth and a photo in rows and columns, to first order."""
    down, right = (_centered(np.gradient(truth, axis=axis)) for axis in (0, 1))
    difference = _centered(photo - truth)
    products = np.array([[np.vdot(down, down), np.vdot(down, right)], [np.vdot(down, right), np.vdot(right, right)]])
    found: NDArray[np.float64] = np.linalg.solve(products, [np.vdot(down, difference), np.vdot(right, difference)])
    return found


def _centered(planes: Picture) -> NDArray[np.float64]:
    centered: NDArray[np.float64] = planes - planes.mean(axis=(0, 1), dtype=np.float64)
    return centered
