"""Restore the local brightness of a denoised mosaic: match its local means to those of the noisy mosaic.

An estimate that is right at most pixels may still lose light, for example faint stars taken for noise, or shadows of a
few photons, whose median lies below their mean. The mean of thousands of noisy pixels measures local brightness far
better. A smooth offset over the whole frame, never tile by tile, therefore corrects the estimate to this mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile

Plane = NDArray[np.float32]

#: Edge in px of the cells for the means: the noise of an offset is about 1/50 of that of a pixel.
CELL = 64
#: Minimum pixels of a color in a cell for a reliable mean; tiny photos have fewer.
FEWEST = 200
#: Limit of differences in standard deviations, because of hot pixels.
OUTLIER = 4.0
#: Distance from white, in standard deviations, within which clipping darkens the noisy mean.
CLIPPED = 3.0


def keep_local_means(
    denoised: NDArray[np.float32], noisy: NDArray[np.float32], *, cfa: Cfa, noise: NoiseProfile
) -> NDArray[np.float32]:
    """Return the denoised mosaic with the local brightness and color of the noisy mosaic.

    Parameters
    ----------
    denoised, noisy : ndarray of float32, shape (1, H, W)
        0 black, 1 white, signed below black.
    cfa : Cfa
        The filter pattern, starting at the first pixel; each color has its own means.
    noise : NoiseProfile
        Profile of the noisy mosaic.

    Notes
    -----
    The light lost in a cell is distributed over its pixels in proportion to their noise variance: a dark pixel next to
    bright ones changes little.
    """
    colors = np.unique(np.array(cfa.colors))
    bands = _cell_rows(denoised.shape[1])
    # Each of shape (color, cell row, cell column).
    sums = on_every_core(lambda band: _sum_cells(_look(denoised, noisy, band, noise), cfa, colors), bands)
    light, room, pixels = (np.stack(rows, axis=1) for rows in zip(*sums, strict=True))
    shares = [_share(*of_color) for of_color in zip(light, room, pixels, strict=True)]
    columns = np.arange(denoised.shape[2])
    wide = np.stack([_interpolate(share, columns, axis=1) for share in shares])
    # The correction of the sites of each row of a period.
    by_row = [(wide * mask[:, np.newaxis]).sum(axis=0) for mask in _masks(cfa, colors, len(columns))]
    kept = np.empty_like(denoised)

    def correct(band: slice) -> None:
        seen = _look(denoised, noisy, band, noise)
        returned = np.empty_like(seen.variance)
        for row, share in enumerate(by_row):
            first = (row - band.start) % len(by_row)
            rows = np.arange(band.start + first, band.stop, len(by_row))
            returned[first :: len(by_row)] = _interpolate(share, rows, axis=0)
        kept[0, band] = denoised[0, band] + returned * seen.variance * seen.trusted

    on_every_core(correct, bands)
    return kept


@dataclass(frozen=True)
class _Band:
    """A band of rows, arrays of shape (rows, W)."""

    top: int
    lost: Plane
    variance: Plane
    trusted: NDArray[np.bool_]
    """Pixels not affected by clipping."""


def _look(denoised: Plane, noisy: Plane, band: slice, noise: NoiseProfile) -> _Band:
    after, before = denoised[0, band], noisy[0, band]
    variance = np.maximum(noise.variance(after), READ_FLOOR)
    deviation = np.sqrt(variance)
    lost = (before - after).clip(-OUTLIER * deviation, OUTLIER * deviation)
    return _Band(band.start, lost, variance, after < 1 - CLIPPED * deviation)


def _cell_starts(length: int) -> NDArray[np.intp]:
    """Return the first row or column of each cell; the last cell includes the rest, too small for another cell."""
    return np.arange(max(1, length // CELL)) * CELL


def _cell_rows(height: int) -> list[slice]:
    starts = _cell_starts(height).tolist()
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], height], strict=True)]


def _sum_cells(band: _Band, cfa: Cfa, colors: NDArray[np.intp]) -> tuple[Plane, Plane, Plane]:
    """Sum the lost light, the variance and the pixels of each color in each cell of a row of cells."""
    width = band.variance.shape[1]
    masks = _masks(cfa.shifted(band.top, 0), colors, width)

    def sums(plane: Plane) -> Plane:
        # Sum rows with the same filters first.
        rows = [plane[row :: len(masks)].sum(axis=0) * mask for row, mask in enumerate(masks)]
        return np.asarray(np.add.reduceat(sum(rows), _cell_starts(width), axis=1), np.float32)

    trusted = band.trusted.astype(np.float32)
    return sums(band.lost * trusted), sums(band.variance * trusted), sums(trusted)


def _masks(cfa: Cfa, colors: NDArray[np.intp], width: int) -> list[Plane]:
    """Return a mask for each row of a period, shape (colors, width): 1 where a site has the color, else 0."""
    return [np.asarray(sites == colors[:, np.newaxis], np.float32) for sites in cfa.sites(cfa.period[0], width)]


def _share(light: Plane, room: Plane, pixels: Plane) -> Plane:
    """Return the correction per unit of variance of each cell, shape (rows, columns) of cells."""
    light, room, pixels = (_smooth(cells) for cells in (light, room, pixels))
    return np.asarray(np.divide(light, room, out=np.zeros_like(light), where=pixels >= FEWEST), np.float32)


def _smooth(cells: Plane) -> Plane:
    """Average cells with their neighbors (weights 1-2-1) in both directions, with repeated edges."""
    for axis in (0, 1):
        widened = np.pad(cells, [(1, 1) if along == axis else (0, 0) for along in (0, 1)], mode="edge")
        before, here, after = (np.take(widened, np.arange(cells.shape[axis]) + start, axis=axis) for start in (0, 1, 2))
        cells = np.asarray((before + 2 * here + after) / 4, np.float32)
    return cells


def _interpolate(cells: Plane, places: NDArray[np.intp], *, axis: int) -> Plane:
    """Interpolate linearly between cell centers at positions in px along an axis."""
    place = ((places.astype(np.float32) + 0.5) / CELL - 0.5).clip(0, cells.shape[axis] - 1)
    before = place.astype(int)
    after = np.minimum(before + 1, cells.shape[axis] - 1)
    share = np.expand_dims(place - before, 1 - axis).astype(np.float32)
    between = np.take(cells, before, axis=axis) * (1 - share) + np.take(cells, after, axis=axis) * share
    return np.asarray(between, np.float32)
