"""Where the truth of a real photo lies: the mean of a burst lies beside its photos, and is brighter or darker."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.methods import Picture

# Each round removes most of what is left of the shift: three leave less than a hundredth of a px of a whole one.
_ROUNDS = 3


class Registered(NamedTuple):
    """A truth that lies where the photo lies."""

    truth: Picture
    shift: float
    """How far it was moved, in px."""
    light: float
    """By how much it was brightened or darkened, root mean square over the colors; 1 is white."""


def register(truth: Picture, photo: Picture) -> Registered:
    """Move a truth onto a photo, by parts of a pixel, and bring each color to the same mean.

    By least squares, from the gradients of the truth, which has no noise that would weaken them.

    Parameters
    ----------
    truth, photo : ndarray of float32, shape (H, W, 3)
        Encoded sRGB, 0 to 1; at most about a px apart.
    """
    shift = np.zeros(2)
    moved = truth
    for _ in range(_ROUNDS):
        shift -= _displacement(moved, photo)
        moved = ndimage.shift(truth, (*shift, 0), order=3, mode="nearest")
    light = (photo - moved).mean(axis=(0, 1))
    return Registered(moved + light, float(np.hypot(*shift)), float(np.sqrt(np.square(light).mean())))


def _displacement(truth: Picture, photo: Picture) -> NDArray[np.float64]:
    """Return rows and columns between a truth and a photo, to first order."""
    down, right = (_centered(np.gradient(truth, axis=axis)) for axis in (0, 1))
    difference = _centered(photo - truth)
    products = np.array([[np.vdot(down, down), np.vdot(down, right)], [np.vdot(down, right), np.vdot(right, right)]])
    found: NDArray[np.float64] = np.linalg.solve(products, [np.vdot(down, difference), np.vdot(right, difference)])
    return found


def _centered(planes: Picture) -> NDArray[np.float64]:
    centered: NDArray[np.float64] = planes - planes.mean(axis=(0, 1), dtype=np.float64)
    return centered
