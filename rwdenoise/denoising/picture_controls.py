"""What photographers may choose on top of a full estimate of a developed picture: detail, and grain that stays."""

from __future__ import annotations

import numpy as np

from rwdenoise.choices import Settings
from rwdenoise.denoising import detail
from rwdenoise.denoising.chroma import LUMINANCE
from rwdenoise.denoising.controls import PART
from rwdenoise.noise.residual import Floats
from rwdenoise.noise.spectrum import Grain, estimate_grain
from rwdenoise.photo.tiling import plan_tiles

_WEIGHTS = np.array([LUMINANCE[color] for color in sorted(LUMINANCE)], np.float32)


def apply_picture_controls(clean: Floats, noisy: Floats, *, grain: Grain | None, settings: Settings) -> Floats:
    """Return the clean estimate with the detail and the grain that the settings ask for.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (3, H, W)
        The full estimate and what it was made from, in the display domain.
    grain : Grain, optional
        The picture's noise; by default it is measured in `noisy`, if detail is to come back.
    settings : Settings
        Strength, chroma and detail.

    Notes
    -----
    As `rwdenoise.denoising.controls.apply_controls`, but detail is what exceeds the noise that was measured, and the
    gray part of what was removed is its luminance, pixel by pixel.
    """
    result = np.empty_like(clean)
    if settings.detail and grain is None:
        grain = estimate_grain([noisy])
    _, height, width = clean.shape
    for tile in plan_tiles(height, width, size=PART, halo=detail.REACH, multiple=detail.STRIDE):
        rows, columns = tile.source_slices
        estimate, seen = clean[:, rows, columns], noisy[:, rows, columns]
        if grain is not None:
            estimate = _give_back_detail(estimate, seen, grain=grain, share=settings.detail)
        part = _keep_grain(estimate, seen, strength=settings.strength, chroma=settings.chroma_strength)
        target_rows, target_columns = tile.target_slices
        inner_rows, inner_columns = tile.inner_slices
        result[:, target_rows, target_columns] = part[:, inner_rows, inner_columns]
    return result


def _give_back_detail(clean: Floats, noisy: Floats, *, grain: Grain, share: float) -> Floats:
    expected = grain.at(np.stack([detail.block_means(plane) for plane in clean]))
    lost = [
        detail.lost_structure(removed, expected=noise) for removed, noise in zip(noisy - clean, expected, strict=True)
    ]
    return np.asarray(clean + np.float32(share) * np.stack(lost), np.float32)


def _keep_grain(clean: Floats, noisy: Floats, *, strength: float, chroma: float) -> Floats:
    removed = noisy - clean
    gray = np.tensordot(_WEIGHTS, removed, axes=1)
    kept = np.float32(1 - strength) * gray + np.float32(1 - chroma) * (removed - gray)
    return np.asarray(clean + kept, np.float32)
