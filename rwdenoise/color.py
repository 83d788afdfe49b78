"""Color spaces: primaries, matrices (the direction is in the name) and tone curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Linear sRGB -> XYZ, D65 white (IEC 61966-2-1:1999).
SRGB_TO_XYZ: NDArray[np.float64] = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def encode_srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply the sRGB curve (IEC 61966-2-1): linear 0..1 to encoded 0..1; values outside are cut off."""
    light = np.clip(light, 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return encoded.astype(np.float32)


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
