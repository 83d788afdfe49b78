"""Keeping the light: local means of a denoised mosaic are brought back to those of the noisy one.

An estimator that is right in most pixels may still lose light: faint stars that it takes for noise, or shadows of a
few photons, whose median lies below their mean. The mean of thousands of noisy pixels is a far better witness of how
bright a place is, so what it says is followed: by a smooth offset over the whole frame, never tile by tile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile

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
    colors = np.unique(np.array(cfa.colors))
    bands = _cell_rows(denoised.shape[1])
    # Each (color, cell row, cell column).
    sums = on_every_core(lambda band: _sum_cells(_look(denoised, noisy, band, noise), cfa, colors), bands)
    light, room, pixels = (np.stack(rows, axis=1) for rows in zip(*sums, strict=True))
    shares = [_share(*of_color) for of_color in zip(light, room, pixels, strict=True)]
    columns = np.arange(denoised.shape[2])
    wide = np.stack([_interpolate(share, columns, axis=1) for share in shares])
    # For each row of a period, what its sites get back.
    by_row = [(wide * mask[:, np.newaxis]).sum(axis=0) for mask in _masks(cfa, colors, len(columns))]
    kept = np.empty_like(denoised)

    def give_back(band: slice) -> None:
        seen = _look(denoised, noisy, band, noise)
        returned = np.empty_like(seen.variance)
        for row, share in enumerate(by_row):
            first = (row - band.start) % len(by_row)
            rows = np.arange(band.start + first, band.stop, len(by_row))
            returned[first :: len(by_row)] = _interpolate(share, rows, axis=0)
        kept[0, band] = denoised[0, band] + returned * seen.variance * seen.trusted

    on_every_core(give_back, bands)
    return kept


@dataclass(frozen=True)
class _Band:
    """What is known of a band of rows."""

    top: int
    lost: Plane
    variance: Plane
    trusted: NDArray[np.bool_]
    """Which pixels are witnesses."""


def _look(denoised: Plane, noisy: Plane, band: slice, noise: NoiseProfile) -> _Band:
    after, before = denoised[0, band], noisy[0, band]
    variance = np.maximum(noise.variance(after), READ_FLOOR)
    deviation = np.sqrt(variance)
    lost = (before - after).clip(-OUTLIER * deviation, OUTLIER * deviation)
    return _Band(band.start, lost, variance, after < 1 - CLIPPED * deviation)


def _cell_starts(length: int) -> NDArray[np.intp]:
    """Return where cells begin; the last takes the rest, for a sliver tells nothing."""
    return np.arange(max(1, length // CELL)) * CELL


def _cell_rows(height: int) -> list[slice]:
    starts = _cell_starts(height).tolist()
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], height], strict=True)]


def _sum_cells(band: _Band, cfa: Cfa, colors: NDArray[np.intp]) -> tuple[Plane, Plane, Plane]:
    """Return the light lost, the variance and the pixels in each cell of a row of cells, for each color."""
    width = band.variance.shape[1]
    masks = _masks(cfa.shifted(band.top, 0), colors, width)

    def sums(plane: Plane) -> Plane:
        # First over the rows that have the same filters.
        rows = [plane[row :: len(masks)].sum(axis=0) * mask for row, mask in enumerate(masks)]
        return np.asarray(np.add.reduceat(sum(rows), _cell_starts(width), axis=1), np.float32)

    trusted = band.trusted.astype(np.float32)
    return sums(band.lost * trusted), sums(band.variance * trusted), sums(trusted)


def _masks(cfa: Cfa, colors: NDArray[np.intp], width: int) -> list[Plane]:
    """Return where the colors lie in each row of a period: a list of arrays of 1 and 0, shape (colors, width)."""
    return [np.asarray(sites == colors[:, np.newaxis], np.float32) for sites in cfa.sites(cfa.period[0], width)]


def _share(light: Plane, room: Plane, pixels: Plane) -> Plane:
    """Return how much light comes back to each cell, for each unit of variance."""
    light, room, pixels = (_smooth(cells) for cells in (light, room, pixels))
    return np.asarray(np.divide(light, room, out=np.zeros_like(light), where=pixels >= FEWEST), np.float32)


def _smooth(cells: Plane) -> Plane:
    """Average cells with their neighbors by 1-2-1 in both directions; edges count themselves again."""
    for axis in (0, 1):
        widened = np.pad(cells, [(1, 1) if along == axis else (0, 0) for along in (0, 1)], mode="edge")
        before, here, after = (np.take(widened, np.arange(cells.shape[axis]) + start, axis=axis) for start in (0, 1, 2))
        cells = np.asarray((before + 2 * here + after) / 4, np.float32)
    return cells


def _interpolate(cells: Plane, places: NDArray[np.intp], *, axis: int) -> Plane:
    """Return cells at places in px along an axis, interpolated linearly between their centers."""
    place = ((places.astype(np.float32) + 0.5) / CELL - 0.5).clip(0, cells.shape[axis] - 1)
    before = place.astype(int)
    after = np.minimum(before + 1, cells.shape[axis] - 1)
    share = np.expand_dims(place - before, 1 - axis).astype(np.float32)
    between = np.take(cells, before, axis=axis) * (1 - share) + np.take(cells, after, axis=axis) * share
    return np.asarray(between, np.float32)
