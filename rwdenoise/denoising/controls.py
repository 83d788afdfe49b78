"""What photographers may choose on top of a full estimate: detail that comes back, and grain that stays."""

from __future__ import annotations

import numpy as np

from rwdenoise.choices import Settings
from rwdenoise.denoising import chroma, detail
from rwdenoise.noise.residual import Floats
from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.tiling import plan_tiles

#: Edge of the parts in which a frame is done, in px: they stay in memory one at a time.
PART = 512


def apply_controls(
    clean: Floats,
    noisy: Floats,
    *,
    cfa: Cfa,
    noise: NoiseProfile,
    settings: Settings,
    white_balance: tuple[float, float, float],
) -> Floats:
    """Return the clean estimate with the detail and the grain that the settings ask for.

    Parameters
    ----------
    clean, noisy : ndarray of float32, shape (1, H, W)
        The full estimate and what it was made from: 0 black, 1 white, signed below black.
    cfa : Cfa
        The filters, counted from the first pixel.
    noise : NoiseProfile
        Of the noisy mosaic.
    settings : Settings
        Strength, chroma and detail.
    white_balance : tuple of float
        Gains for red, green and blue; they say what is gray.

    Notes
    -----
    Detail D completes the estimate: ``clean' = clean + D structure``. What is removed then, ``r = noisy - clean'``, has
    a gray part L and a color part C = r - L, and of each its share stays: ``clean' + (1 - strength) L + (1 - chroma)
    C``, in linear light. Everything is local: done in parts, the frame has no seams.
    """
    result = np.empty_like(clean)
    _, height, width = clean.shape
    for tile in plan_tiles(height, width, size=PART, halo=detail.REACH + chroma.REACH, multiple=detail.STRIDE):
        rows, columns = tile.source_slices
        seen = noisy[0, rows, columns]
        estimate = detail.give_back_detail(clean[0, rows, columns], seen, noise=noise, detail=settings.detail)
        part = chroma.keep_grain(
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
