"""Keeping the light: local means of a denoised mosaic are brought back to those of the noisy one.

An estimator that is right in most pixels may still lose light: faint stars that it takes for noise, or shadows of a
few photons, whose median lies below their mean. The mean of thousands of noisy pixels is a far better witness of how
bright a place is, so what it says is followed: by a smooth offset over the whole frame, never tile by tile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rwdenoise.cfa import Cfa
from rwdenoise.noise import READ_FLOOR, NoiseProfile

Plane = NDArray[np.float32]

#: Px over which means are taken: the noise of an offset is that of a pixel divided by about 50.
CELL = 64
#: Pixels of a color in a cell below which their mean is no witness either: tiny photos.
FEWEST = 200
#: Standard deviations beyond which a pixel is no witness: hot pixels.
OUTLIER = 4.0
#: Standard deviations below white from which on clipping has made the noisy mean too dark.
CLIPPED = 3.0


def keep_local_means(
    denoised: NDArray[np.float32], noisy: NDArray[np.float32], *, cfa: Cfa, noise: NoiseProfile
) -> NDArray[np.float32]:
    """Return the denoised mosaic with the local brightness and color of the noisy one.

    Parameters
    ----------
    denoised, noisy : ndarray of float32, shape (1, H, W)
        0 black, 1 white, signed below black.
    cfa : Cfa
        The filters: each color has its own means.
    noise : NoiseProfile
        Of the noisy mosaic.

    Notes
    -----
    The light that a place has lost is given back to its pixels in proportion to their variance, where it was most
    likely lost: a dark pixel next to bright ones gets little of their greater uncertainty.
    """
    variance = np.maximum(noise.variance(denoised[0]), READ_FLOOR)
    deviation = np.sqrt(variance)
    lost = (noisy[0] - denoised[0]).clip(-OUTLIER * deviation, OUTLIER * deviation)
    trusted = denoised[0] < 1 - CLIPPED * deviation
    sites = cfa.sites(*variance.shape)
    returned = np.zeros_like(variance)
    for color in np.unique(np.array(cfa.colors)):
        counted = (sites == color) & trusted
        light, room, pixels = (_smooth(_cell_sums(plane * counted)) for plane in (lost, variance, np.float32(1)))
        share = np.divide(light, room, out=np.zeros_like(light), where=pixels >= FEWEST)
        returned += _enlarge(share, *variance.shape) * counted
    return np.asarray(denoised + returned * variance, np.float32)


def _cell_sums(plane: Plane) -> Plane:
    """Return the sum of each cell; those at the bottom and at the right take the rest, for a sliver tells nothing."""
    rows, columns = (np.arange(max(1, length // CELL)) * CELL for length in plane.shape)
    return np.asarray(np.add.reduceat(np.add.reduceat(plane, rows, axis=0), columns, axis=1), np.float32)


def _smooth(cells: Plane) -> Plane:
    """Average cells with their neighbors by 1-2-1 in both directions; edges count themselves again."""
    for axis in (0, 1):
        widened = np.pad(cells, [(1, 1) if along == axis else (0, 0) for along in (0, 1)], mode="edge")
        before, here, after = (np.take(widened, np.arange(cells.shape[axis]) + start, axis=axis) for start in (0, 1, 2))
        cells = np.asarray((before + 2 * here + after) / 4, np.float32)
    return cells


def _enlarge(cells: Plane, height: int, width: int) -> Plane:
    """Return cells as a frame, interpolated linearly between their centers."""
    for axis, length in ((0, height), (1, width)):
        place = ((np.arange(length, dtype=np.float32) + 0.5) / CELL - 0.5).clip(0, cells.shape[axis] - 1)
        before = place.astype(int)
        after = np.minimum(before + 1, cells.shape[axis] - 1)
        share = np.expand_dims(place - before, 1 - axis).astype(np.float32)
        cells = np.take(cells, before, axis=axis) * (1 - share) + np.take(cells, after, axis=axis) * share
    return cells
