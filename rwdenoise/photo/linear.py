"""Linear RAW on a screen: from a camera's three colors in each pixel to the display domain and back.

The display domain is that of `rwdenoise.photo.rgb.Encoding`. Planes have the shape (3, height, width) here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rwdenoise.photo.color import camera_to_srgb, decode_srgb, encode_extended_srgb

Planes = NDArray[np.float32]

# Rows converted at once: the work stays in the cache, and the memory small.
_AT_ONCE = 32


def display_matrix(white_balance: tuple[float, float, float], color_matrix: NDArray[np.float64]) -> Planes:
    """Return the matrix from camera color, 0 black, 1 where the sensor saturates, to linear sRGB, shape (3, 3).

    White, 1, is where the first of the balanced colors saturates, as LibRaw has it.

    Parameters
    ----------
    white_balance : tuple of float
        Gains for red, green and blue.
    color_matrix : ndarray of float, shape (3, 3)
        XYZ (D65) -> camera, the DNG tag ColorMatrix.
    """
    gains = np.array(white_balance)
    matrix: Planes = (camera_to_srgb(color_matrix) * (gains / gains.min())).astype(np.float32)
    return matrix


def to_display(light: Planes, matrix: Planes) -> Planes:
    """Return linear camera color as a screen shows it, signed and not clipped."""
    return _by_rows(lambda rows: encode_extended_srgb(np.tensordot(matrix, rows, 1)), light)


def from_display(display: Planes, matrix: Planes) -> Planes:
    """Undo `to_display`."""
    inverse = np.linalg.inv(matrix)
    return _by_rows(lambda rows: np.tensordot(inverse, decode_srgb(rows), 1), display)


def _by_rows(convert: Callable[[Planes], Planes], planes: Planes) -> Planes:
    converted = np.empty_like(planes)
    for top in range(0, planes.shape[1], _AT_ONCE):
        converted[:, top : top + _AT_ONCE] = convert(planes[:, top : top + _AT_ONCE])
    return converted
