"""Restore structure that was lost with the noise (``--detail``), without the noise.

In units of the noise, a residual of noise alone is white. Where a frequency band has more energy over a neighborhood,
the excess is structure, and the band is restored with the gain of a Wiener filter: nearly 1 where structure is far
above the noise, 0 where noise alone can explain the energy.

The method ignores the color of sites: white noise is white for any filters, and the bands that carry color in a mosaic
are measured like the others.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from rwdenoise.noise.dct import EDGE, Floats, band_means, cosine_transform
from rwdenoise.noise.residual import deviation_of, without_hot_pixels
from rwdenoise.noise.spectrum import Grain
from rwdenoise.photo.noise_profile import NoiseProfile

#: Distance between blocks in px: each pixel is in four blocks.
STRIDE = EDGE // 2
#: Number of times that energies are averaged with their neighbors (weights 1-2-1).
ROUNDS = 2
#: Energy above which a band has structure; noise alone has 1. *Measured*: 0.02 % of pure noise is restored.
SIGNIFICANT = 1.35
#: Reach in px of the surroundings that the restored detail of a pixel depends on, rounded up to whole strides.
REACH = (1 + ROUNDS) * STRIDE + 2 * EDGE

_TRANSFORM = cosine_transform()
# Wide bands, low and high frequencies along each axis: few values then suffice to separate noise from structure.
_MEANS = band_means(width=EDGE // 2)
_SPREAD = (_MEANS.T > 0).astype(np.float32)
# Overlapping windows sum to 1.
_WINDOW = np.outer(*[np.sin(np.pi * (np.arange(EDGE) + 0.5) / EDGE) ** 2] * 2).astype(np.float32)


def restore_detail(clean: Floats, noisy: Floats, *, noise: NoiseProfile, detail: float) -> Floats:
    """Restore lost structure in the estimate of a mosaic.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (H, W)
        The estimate and its noisy mosaic: 0 black, 1 white, signed below black.
    noise : NoiseProfile
        Profile of the noisy mosaic.
    detail : float
        Restored share of the structure, 0 to 1.
    """
    if detail == 0:
        return clean
    deviation = deviation_of(clean, noise)
    return clean + np.float32(detail) * deviation * lost_structure(without_hot_pixels((noisy - clean) / deviation))


def restore_picture_detail(clean: Floats, noisy: Floats, *, grain: Grain, detail: float) -> Floats:
    """Restore lost structure in the estimate of a developed picture.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (3, H, W)
        The estimate and its noisy picture, in the display domain: 0 black, 1 white.
    grain : Grain
        Noise spectrum of the picture.
    detail : float
        Restored share of the structure, 0 to 1.
    """
    energies = grain.at(np.stack([block_means(plane) for plane in clean]))
    lost = [lost_structure(removed, energies=noise) for removed, noise in zip(noisy - clean, energies, strict=True)]
    return np.asarray(clean + np.float32(detail) * np.stack(lost), np.float32)


def lost_structure(z: Floats, *, energies: Floats | float = 1.0) -> Floats:
    """Return the part of a residual that noise does not explain.

    Parameters
    ----------
    z : ndarray of float32, shape (H, W)
        The residual, without hot pixels.
    energies : float, or ndarray of float32, shape (rows, columns, bands)
        Noise energy in each band of each block of `block_means`; 1 if `z` is in units of white noise.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In the units of `z`; about 0 where only noise was removed.
    """
    height, width = z.shape
    blocks = _blocks(z)
    rows, columns = blocks.shape[:2]
    cosines = blocks.reshape(-1, EDGE**2) @ _TRANSFORM.T
    found = _smooth(np.asarray(cosines**2 @ _MEANS, np.float32).reshape(rows, columns, -1))
    noise = np.float32(SIGNIFICANT) * energies
    shares = (1 - noise / np.maximum(found, noise)).reshape(rows * columns, -1)
    kept = np.asarray((cosines * (shares @ _SPREAD)) @ _TRANSFORM, np.float32)
    frame = _overlap_add(kept.reshape(rows, columns, EDGE, EDGE) * _WINDOW)
    return frame[STRIDE : STRIDE + height, STRIDE : STRIDE + width]


def block_means(plane: Floats) -> Floats:
    """Return the means of the blocks of `lost_structure` in a plane (H, W), float32 of shape (rows, columns)."""
    return np.asarray(_blocks(plane).mean(axis=(2, 3)), np.float32)


def _blocks(plane: Floats) -> Floats:
    """Cut a plane with mirrored edges into blocks that overlap by half, shape (rows, columns, EDGE, EDGE)."""
    margins = [(STRIDE, STRIDE + -length % STRIDE) for length in plane.shape]
    padded = np.pad(plane, margins, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, (EDGE, EDGE))[::STRIDE, ::STRIDE]


def _smooth(energies: Floats) -> Floats:
    for axis in (0, 1) * ROUNDS:
        widened = np.pad(energies, [(1, 1) if along == axis else (0, 0) for along in range(3)], mode="edge")
        before, here, after = (
            np.take(widened, np.arange(energies.shape[axis]) + start, axis=axis) for start in range(3)
        )
        energies = np.asarray((before + 2 * here + after) / 4, np.float32)
    return energies


def _overlap_add(blocks: Floats) -> Floats:
    """Sum blocks that overlap by half: shape (rows, columns, EDGE, EDGE) to (H, W)."""
    rows, columns = blocks.shape[:2]
    frame = np.zeros((rows + 1, STRIDE, columns + 1, STRIDE), np.float32)
    for down, right in product((0, 1), repeat=2):
        quarter = blocks[:, :, down * STRIDE :, right * STRIDE :][:, :, :STRIDE, :STRIDE]
        frame[down : rows + down, :, right : columns + right] += quarter.swapaxes(1, 2)
    return frame.reshape((rows + 1) * STRIDE, (columns + 1) * STRIDE)
