"""Color spaces: primaries, matrices (the direction is in the name) and tone curves."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float = TypeVar("Float", np.float32, np.float64)

# Linear sRGB -> XYZ, D65 white (IEC 61966-2-1:1999).
SRGB_TO_XYZ: NDArray[np.float64] = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def encode_srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply the sRGB curve (IEC 61966-2-1): linear 0..1 to encoded 0..1; values outside are cut off."""
    return encode_extended_srgb(np.clip(light, 0, 1)).astype(np.float32)


def encode_extended_srgb(light: NDArray[Float]) -> NDArray[Float]:
    """Apply the sRGB curve to any light, the inverse of `decode_srgb`.

    >>> encode_extended_srgb(np.array([-1.0, 0.0, 1.0])).round(6).tolist()
    [-1.0, 0.0, 1.0]
    """
    size, toe = np.abs(light), 0.0031308
    return np.copysign(np.where(size <= toe, np.minimum(size, toe) * 12.92, 1.055 * size ** (1 / 2.4) - 0.055), light)


def decode_srgb(encoded: NDArray[Float]) -> NDArray[Float]:
    """Return linear light of sRGB values (IEC 61966-2-1:1999): 0..1 to 0..1.

    Beyond white the power goes on, and below black the curve is mirrored (scRGB-nl, IEC 61966-2-2:2003).
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
    Rows of the inverse are normalized so that balanced white (1, 1, 1) becomes white, as dcraw does.
    """
    srgb_to_camera = xyz_to_camera @ SRGB_TO_XYZ
    srgb_to_camera /= srgb_to_camera.sum(axis=1, keepdims=True)
    return np.linalg.inv(srgb_to_camera).astype(np.float64)
