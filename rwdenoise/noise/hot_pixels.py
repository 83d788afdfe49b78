"""Find hot and dead pixels of the sensor and replace them by the median of their neighbors.

Only what no lens can image counts as broken: a single site that differs strongly from its neighbors of the same color,
while the sites beside it, of any color, show nothing of it. A star, however small, covers several sites. Weaker broken
pixels, which look like noise, are left to the network, which has learned them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize
from rwdenoise.photo.tiling import in_bands

Plane = NDArray[np.float32]
Places = NDArray[np.intp]

#: Least difference of a broken site from its neighbors, in standard deviations of the noise.
#: Lower, and sparkling water loses its finest drops: 0.1 dB on Kodak 13 at 8, a third of it at 11.
LEAST = 11.0
#: Least difference as a share of the stabilized signal: about a third of the light. Weaker dots are texture.
CONTRAST = 0.15
#: Least share of a star's light that falls on the four sites beside it: a spot of 0.6 px standard deviation, in a color
#: to which the neighbors are half as sensitive.
SEEN_BESIDE = 0.07
#: Error of the mean of those sites, and the difference from which on they do show something, in standard deviations.
DOUBT, SEEN = 0.5, 2.0
#: Largest spread of the eight neighbors of the same color without texture, in standard deviations. One of them, and one
#: of the sites beside, may be broken too.
CALM = 3.5
#: Same-colored neighbors that are compared with.
NEIGHBORS = 8
_BESIDE = ((-1, 0), (0, -1), (0, 1), (1, 0))


@dataclass(frozen=True)
class BrokenPixels:
    """Hot and dead pixels of a mosaic."""

    places: Places
    """Their rows and columns, shape (2, n)."""
    values: Plane
    """Their replacements, the medians of their neighbors: shape (n,), 0 black, 1 white."""

    def mend(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mosaic, float32 of shape (1, H, W), with these values; itself if nothing is broken."""
        if not self.values.size:
            return planes
        mended = planes.copy()
        mended[0, self.places[0], self.places[1]] = self.values
        return mended


def find_broken_pixels(planes: NDArray[np.float32], *, cfa: Cfa, noise: NoiseProfile) -> BrokenPixels:
    """Find the hot and dead pixels of a mosaic.

    Parameters
    ----------
    planes : ndarray of float32, shape (1, H, W)
        A noisy mosaic, 0 black, 1 white.
    cfa : Cfa
        The filter pattern, counted from the first pixel.
    noise : NoiseProfile
        Of the mosaic.

    Returns
    -------
    BrokenPixels
        Without any in a mosaic too small to compare neighbors.
    """
    reach = _reach(cfa)
    mosaic = planes[0]
    if min(mosaic.shape) <= 2 * reach:
        return BrokenPixels(np.empty((2, 0), np.intp), np.empty(0, np.float32))
    mirrored = np.pad(np.arange(len(mosaic)), reach, mode="reflect")

    def find(rows: slice) -> tuple[Places, Plane]:
        seen = mosaic[mirrored[rows.start : rows.stop + 2 * reach]]
        band = stabilize(np.pad(seen, [(0, 0), (reach, reach)], mode="reflect"), shot=noise.shot, read=noise.read)
        places, expected = _find_broken(band / np.float32(noise.sigma), cfa.shifted(rows.start - reach, -reach), reach)
        places[0] += rows.start
        return places, expected

    found = on_every_core(find, in_bands(*mosaic.shape))
    places, expected = (np.concatenate(several, axis=-1) for several in zip(*found, strict=True))
    return BrokenPixels(places, destabilize(expected * np.float32(noise.sigma), shot=noise.shot, read=noise.read))


def _find_broken(framed: Plane, cfa: Cfa, reach: int) -> tuple[Places, Plane]:
    """Return the places of broken sites, counted without the frame, and their replacements.

    Parameters
    ----------
    framed : ndarray of float32
        Stabilized, in standard deviations of the noise, with a frame of `reach` px; shape (H, W).
    cfa : Cfa
        The filters, counted from the first pixel of the frame.
    reach : int
    """
    places = np.stack(np.nonzero(_stands_out(framed, cfa, reach))) + reach
    expected, spread = _neighborhood(framed, places, cfa)
    size = np.abs(framed[tuple(places)] - expected)
    bold = (size > np.maximum(LEAST, CONTRAST * np.abs(expected))) & (spread < CALM)
    # Checking the sites beside takes four times as long, so it is done last.
    places, expected, size = places[:, bold], expected[bold], size[bold]
    alone = _is_alone(framed, places, size, cfa)
    return places[:, alone] - reach, expected[alone]


def _stands_out(framed: Plane, cfa: Cfa, reach: int) -> NDArray[np.bool_]:
    """Mark sites far above, or far below, three of their four nearest neighbors of the same color."""
    height, width = (edge - 2 * reach for edge in framed.shape)
    result = np.zeros((height, width), bool)

    def seen(row: int, column: int) -> Plane:
        return framed[reach + row : reach + row + height, reach + column : reach + column + width]

    for offsets, phases in _by_neighbors(cfa.shifted(reach, reach)).items():
        # For all sites, even those with other neighbors: contiguous numbers are compared much faster.
        near = [seen(*offset) for offset in offsets]
        least, greatest = np.minimum(near[0], near[1]), np.maximum(near[0], near[1])
        inner = np.maximum(least, np.minimum(near[2], near[3])), np.minimum(greatest, np.maximum(near[2], near[3]))
        low, high = np.minimum(*inner), np.maximum(*inner)
        outside = (seen(0, 0) > high + LEAST) | (seen(0, 0) < low - LEAST)
        for top, left in phases:
            sites = np.s_[top :: cfa.period[0], left :: cfa.period[1]]
            result[sites] = outside[sites]
    return result


def _by_neighbors(cfa: Cfa) -> dict[tuple[tuple[int, int], ...], list[tuple[int, ...]]]:
    """Return the sites of a period by where their four nearest neighbors of the same color lie."""
    found: dict[tuple[tuple[int, int], ...], list[tuple[int, ...]]] = {}
    for phase, offsets in _neighbors(cfa, 4).items():
        found.setdefault(offsets, []).append(phase)
    return found


def _is_alone(framed: Plane, places: Places, size: Plane, cfa: Cfa) -> NDArray[np.bool_]:
    """Mark sites, `size` away from their replacements, of which the sites beside show nothing."""
    around = [places + np.array(offset)[:, None] for offset in _BESIDE]
    beside = np.sort([np.abs(framed[tuple(there)] - _neighborhood(framed, there, cfa)[0]) for there in around], axis=0)
    return np.asarray(beside[:-1].mean(axis=0) < np.minimum(SEEN_BESIDE * size + DOUBT, SEEN))


def _neighborhood(framed: Plane, places: Places, cfa: Cfa) -> tuple[Plane, Plane]:
    """Return the median of the same-colored neighbors, and their spread without the two outermost."""
    values = np.empty((NEIGHBORS, places.shape[1]), np.float32)
    phases = places % np.array(cfa.period)[:, None]
    for (top, left), offsets in _neighbors(cfa, NEIGHBORS).items():
        mine = (phases[0] == top) & (phases[1] == left)
        for index, (row, column) in enumerate(offsets):
            values[index, mine] = framed[places[0, mine] + row, places[1, mine] + column]
    values.sort(axis=0)
    return np.median(values, axis=0), values[-2] - values[1]


@cache
def _neighbors(cfa: Cfa, count: int) -> dict[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Return the offsets of the nearest sites with the same filter, for each site of a period."""
    return {phase: nearest_of_same_color(cfa.shifted(*phase), count) for phase in np.ndindex(*cfa.period)}


def nearest_of_same_color(cfa: Cfa, count: int) -> tuple[tuple[int, int], ...]:
    """Return the offsets (row, column) of the sites nearest to the first one with the same filter, nearest first.

    >>> from rwdenoise.photo.cfa import RGGB
    >>> nearest_of_same_color(RGGB, 4)
    ((-2, 0), (0, -2), (0, 2), (2, 0))
    """
    around = range(-4, 5)
    color = cfa.colors[0][0]
    offsets = [(row, column) for row in around for column in around if (row, column) != (0, 0)]
    same = [offset for offset in offsets if cfa.shifted(*offset).colors[0][0] == color]
    return tuple(sorted(same, key=lambda offset: offset[0] ** 2 + offset[1] ** 2)[:count])


def _reach(cfa: Cfa) -> int:
    """Return how far from a site its neighbors, and theirs beside it, lie in px."""
    return 1 + max(max(map(abs, offset)) for offsets in _neighbors(cfa, NEIGHBORS).values() for offset in offsets)
