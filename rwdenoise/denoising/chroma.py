"""``--chroma``: what was removed, split into gray grain and color noise."""

from __future__ import annotations

import numpy as np

from rwdenoise.noise.residual import Floats, deviation_of, without_hot_pixels
from rwdenoise.photo.cfa import BLUE, GREEN, RED, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile

# Shares of red, green and blue in luminance: ITU-R BT.709.
LUMINANCE = {RED: 0.2126, GREEN: 0.7152, BLUE: 0.0722}
#: Px around a site from which its gray comes: every site of X-Trans has all colors so near.
REACH = 2
#: Standard deviation of the local means in px. Measured on developed grain (Bayer, X-Trans), all color noise removed:
#: at 0.8 are left 47 % of the luminance noise and 8 % of the color noise, at 0.6 62 and 18 %, at 1.0 39 and 4 %.
SPREAD = 0.8
_KERNEL = np.exp(-(np.arange(-REACH, REACH + 1) ** 2) / (2 * SPREAD**2)).astype(np.float32)


def keep_grain(  # noqa: PLR0913 -- all by name
    clean: Floats,
    noisy: Floats,
    *,
    cfa: Cfa,
    noise: NoiseProfile,
    white_balance: tuple[float, float, float],
    strength: float,
    chroma: float,
) -> Floats:
    """Return the estimate with the share of the noise that is to stay, in linear light.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (H, W)
        The full estimate and what it was made from: 0 black, 1 white, signed below black.
    cfa : Cfa
        The filters, counted from the first pixel; all of them red, green or blue if chroma is not strength.
    noise : NoiseProfile
        Of the noisy mosaic.
    white_balance : tuple of float
        Gains for red, green and blue under which gray is gray.
    strength, chroma : float
        How much of the gray grain and of the color noise is removed, 0 to 1.
    """
    removed = noisy - clean
    if chroma == strength:
        return clean + np.float32(1 - strength) * removed
    deviation = deviation_of(clean, noise)
    # A hot pixel has the color of its filter.
    gray = gray_part(without_hot_pixels(removed / deviation) * deviation, cfa=cfa, white_balance=white_balance)
    kept = np.float32(1 - strength) * gray + np.float32(1 - chroma) * (removed - gray)
    return np.asarray(clean + kept, np.float32)


def gray_part(removed: Floats, *, cfa: Cfa, white_balance: tuple[float, float, float]) -> Floats:
    """Return the gray grain in what was removed; the rest of it is color.

    Parameters
    ----------
    removed : ndarray of float32, shape (H, W)
        Linear, as the sensor saw it.
    cfa : Cfa
        The filters, counted from the first pixel; all of them red, green or blue.
    white_balance : tuple of float
        Gains for red, green and blue under which gray is gray.

    Returns
    -------
    ndarray of float32, shape (H, W)
        A field of gray light as the sensor would see it: developed it has no color.

    Notes
    -----
    After white balance, the luminance of the local means of each color. A site that strays alone has a color, since
    sites of the other colors do not follow: fine grain of single sites is color noise.
    """
    sites = cfa.sites(*removed.shape)
    gains = np.array(white_balance, np.float32)[sites]
    balanced = removed * gains
    light, weights = np.zeros_like(removed), np.zeros_like(removed)
    for color, weight in LUMINANCE.items():
        here = (sites == color).astype(np.float32)
        near = _smooth(here)
        light += np.divide(weight * _smooth(balanced * here), near, out=np.zeros_like(near), where=near > 0)
        weights += np.float32(weight) * (near > 0)
    return np.asarray(light / weights / gains, np.float32)


def _smooth(plane: Floats) -> Floats:
    for axis in (0, 1):
        widened = np.pad(plane, [(REACH, REACH) if along == axis else (0, 0) for along in (0, 1)], mode="reflect")
        length = plane.shape[axis]
        plane = sum(
            share * np.take(widened, np.arange(start, start + length), axis=axis) for start, share in enumerate(_KERNEL)
        )
    return plane
