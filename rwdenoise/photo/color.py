"""Convert between camera color, linear sRGB and sRGB: matrices (named by direction) and tone curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float = TypeVar("Float", np.float32, np.float64)
Planes = NDArray[np.float32]

# Linear sRGB -> XYZ, D65 white (IEC 61966-2-1:1999).
SRGB_TO_XYZ: NDArray[np.float64] = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)

#: White in 16-bit samples, their maximum.
U16_MAX = 65535

# Rows converted at once: they fit into the cache and need little memory.
_AT_ONCE = 32


def encode_srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply the sRGB curve (IEC 61966-2-1): linear 0..1 to encoded 0..1; values outside are clipped."""
    return encode_extended_srgb(np.clip(light, 0, 1)).astype(np.float32)


def encode_extended_srgb(light: NDArray[Float]) -> NDArray[Float]:
    """Apply the sRGB curve to light of any range; the inverse of `decode_srgb`.

    >>> encode_extended_srgb(np.array([-1.0, 0.0, 1.0])).round(6).tolist()
    [-1.0, 0.0, 1.0]
    """
    size, toe = np.abs(light), 0.0031308
    return np.copysign(np.where(size <= toe, np.minimum(size, toe) * 12.92, 1.055 * size ** (1 / 2.4) - 0.055), light)


def decode_srgb(encoded: NDArray[Float]) -> NDArray[Float]:
    """Convert sRGB values to linear light (IEC 61966-2-1:1999): 0..1 to 0..1.

    The power law continues beyond white, and the curve is mirrored below black (scRGB-nl, IEC 61966-2-2:2003).
    """
    size = np.abs(encoded)
    return np.copysign(np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4), encoded)


def camera_to_srgb(xyz_to_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix from white-balanced camera color to linear sRGB.

    Parameters
    ----------
    xyz_to_camera : ndarray of float, shape (3, 3)
        The DNG tag ColorMatrix (D65).

    Notes
    -----
    The rows of the inverse are normalized to map balanced white (1, 1, 1) to white, as in dcraw.
    """
    srgb_to_camera = xyz_to_camera @ SRGB_TO_XYZ
    srgb_to_camera /= srgb_to_camera.sum(axis=1, keepdims=True)
    return np.linalg.inv(srgb_to_camera).astype(np.float64)


def display_matrix(white_balance: tuple[float, float, float], color_matrix: NDArray[np.float64]) -> Planes:
    """Return the matrix from camera color to linear sRGB, float32 of shape (3, 3).

    Camera color is 0 at black and 1 at saturation of the sensor. White, 1, is the level at which the first of the
    balanced colors saturates, as in LibRaw.

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
    """Convert linear camera color, float32 of shape (3, H, W), to sRGB, signed and not clipped."""
    return _by_rows(lambda rows: encode_extended_srgb(np.tensordot(matrix, rows, 1)), light)


def from_display(display: Planes, matrix: Planes) -> Planes:
    """Convert sRGB back to linear camera color; the inverse of `to_display`."""
    inverse = np.linalg.inv(matrix)
    return _by_rows(lambda rows: np.tensordot(inverse, decode_srgb(rows), 1), display)


def _by_rows(convert: Callable[[Planes], Planes], planes: Planes) -> Planes:
    converted = np.empty_like(planes)
    for top in range(0, planes.shape[1], _AT_ONCE):
        converted[:, top : top + _AT_ONCE] = convert(planes[:, top : top + _AT_ONCE])
    return converted
