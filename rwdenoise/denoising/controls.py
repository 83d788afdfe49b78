"""Apply strength, chroma and detail to a full estimate: restore detail, and keep some of the grain.

The residual of a denoiser has a gray part, grain in luminance, and a color part. Strength is the removed share of the
gray part, chroma that of the color part; detail is the restored share of the structure lost with them.
"""

from __future__ import annotations

import numpy as np

from rwdenoise.choices import Settings
from rwdenoise.denoising import detail
from rwdenoise.noise.dct import Floats
from rwdenoise.noise.residual import deviation_of, without_hot_pixels
from rwdenoise.noise.spectrum import Grain, estimate_grain
from rwdenoise.photo.cfa import BLUE, GREEN, RED, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.tiling import plan_tiles

#: Edge in px of the parts of a frame that are processed one at a time, to save memory.
PART = 512
#: Weights of red, green and blue in luminance (ITU-R BT.709).
LUMINANCE = {RED: 0.2126, GREEN: 0.7152, BLUE: 0.0722}
#: Reach in px for the gray part of a site: every X-Trans site has all colors within it.
GRAY_REACH = 2
#: Standard deviation of the local means in px. *Measured* on developed grain (Bayer, X-Trans) with all color noise
#: removed: 0.8 keeps 47 % of the luminance noise and 8 % of the color noise, 0.6 keeps 62 and 18 %, 1.0 keeps 39 and
#: 4 %.
SPREAD = 0.8
#: Reach in px: the result at a pixel depends on its surroundings up to this distance.
REACH = detail.REACH + GRAY_REACH
_KERNEL = np.exp(-(np.arange(-GRAY_REACH, GRAY_REACH + 1) ** 2) / (2 * SPREAD**2)).astype(np.float32)
_WEIGHTS = np.array([LUMINANCE[color] for color in (RED, GREEN, BLUE)], np.float32)


def apply_controls(
    clean: Floats,
    noisy: Floats,
    *,
    cfa: Cfa,
    noise: NoiseProfile,
    settings: Settings,
    white_balance: tuple[float, float, float],
) -> Floats:
    """Apply strength, chroma and detail to the full estimate of a mosaic.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (1, H, W)
        The full estimate and its noisy mosaic: 0 black, 1 white, signed below black.
    cfa : Cfa
        The filter pattern, starting at the first pixel.
    noise : NoiseProfile
        Profile of the noisy mosaic.
    settings : Settings
        Strength, chroma and detail.
    white_balance : tuple of float
        Gains for red, green and blue; they define gray.

    Returns
    -------
    ndarray of float32, shape (1, H, W)
        The result, in the same units.

    Notes
    -----
    Detail D completes the estimate: ``clean' = clean + D structure``. The residual ``r = noisy - clean'`` has a gray
    part L and a color part C = r - L; the result is ``clean' + (1 - strength) L + (1 - chroma) C``, in linear light.
    All operations are local: the parts of a frame have no seams.
    """
    result = np.empty_like(clean)
    _, height, width = clean.shape
    for tile in plan_tiles(height, width, size=PART, halo=REACH, multiple=detail.STRIDE):
        rows, columns = tile.source_slices
        seen = noisy[0, rows, columns]
        estimate = detail.restore_detail(clean[0, rows, columns], seen, noise=noise, detail=settings.detail)
        part = keep_grain(
            estimate,
            seen,
            cfa=cfa.shifted(rows.start, columns.start),
            noise=noise,
            white_balance=white_balance,
            strength=settings.strength,
            chroma=settings.chroma_strength,
        )
        result[0][tile.target_slices] = part[tile.inner_slices]
    return result


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
    """Add the remaining grain and color noise to the estimate of a mosaic, in linear light.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (H, W)
        The full estimate and its noisy mosaic: 0 black, 1 white, signed below black.
    cfa : Cfa
        The filter pattern, starting at the first pixel; only red, green and blue if chroma differs from strength.
    noise : NoiseProfile
        Profile of the noisy mosaic.
    white_balance : tuple of float
        Gains for red, green and blue; they define gray.
    strength, chroma : float
        Removed share of the gray grain and of the color noise, 0 to 1.
    """
    removed = noisy - clean
    if chroma == strength:
        return clean + np.float32(1 - strength) * removed
    deviation = deviation_of(clean, noise)
    # A hot pixel has the color of its filter.
    gray = gray_part(without_hot_pixels(removed / deviation) * deviation, cfa=cfa, white_balance=white_balance)
    return _mix(clean, gray, removed - gray, strength=strength, chroma=chroma)


def gray_part(removed: Floats, *, cfa: Cfa, white_balance: tuple[float, float, float]) -> Floats:
    """Return the gray grain in the residual of a mosaic; the rest is color noise.

    Parameters
    ----------
    removed : ndarray of float32, shape (H, W)
        The residual in linear light; 1 is white.
    cfa : Cfa
        The filter pattern, starting at the first pixel; only red, green and blue.
    white_balance : tuple of float
        Gains for red, green and blue; they define gray.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Gray light as the sensor would record it: it has no color after development.

    Notes
    -----
    The gray grain is the luminance of the local means of each color after white balance. A single deviating site has a
    color, because the sites of the other colors do not follow: fine grain of single sites counts as color noise.
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


def apply_picture_controls(clean: Floats, noisy: Floats, *, grain: Grain | None, settings: Settings) -> Floats:
    """Apply strength, chroma and detail to the full estimate of a developed picture.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (3, H, W)
        The full estimate and its noisy picture, in the display domain: 0 black, 1 white.
    grain : Grain, optional
        Noise spectrum of the picture; by default measured in `noisy` if detail must be restored.
    settings : Settings
        Strength, chroma and detail.

    Returns
    -------
    ndarray of float32, shape (3, H, W)
        The result, in the display domain.

    Notes
    -----
    As `apply_controls`, but detail is the excess over the measured noise, and the gray part of the residual is its
    luminance at each pixel.
    """
    result = np.empty_like(clean)
    if settings.detail and grain is None:
        grain = estimate_grain([noisy])
    _, height, width = clean.shape
    for tile in plan_tiles(height, width, size=PART, halo=detail.REACH, multiple=detail.STRIDE):
        rows, columns = tile.source_slices
        estimate, seen = clean[:, rows, columns], noisy[:, rows, columns]
        if grain is not None:
            estimate = detail.restore_picture_detail(estimate, seen, grain=grain, detail=settings.detail)
        removed = seen - estimate
        gray = np.tensordot(_WEIGHTS, removed, axes=1)
        part = _mix(estimate, gray, removed - gray, strength=settings.strength, chroma=settings.chroma_strength)
        result[:, *tile.target_slices] = part[:, *tile.inner_slices]
    return result


def _mix(clean: Floats, gray: Floats, color: Floats, *, strength: float, chroma: float) -> Floats:
    kept = np.float32(1 - strength) * gray + np.float32(1 - chroma) * color
    return np.asarray(clean + kept, np.float32)


def _smooth(plane: Floats) -> Floats:
    for axis in (0, 1):
        widened = np.pad(
            plane, [(GRAY_REACH, GRAY_REACH) if along == axis else (0, 0) for along in (0, 1)], mode="reflect"
        )
        length = plane.shape[axis]
        plane = sum(
            share * np.take(widened, np.arange(start, start + length), axis=axis) for start, share in enumerate(_KERNEL)
        )
    return plane
