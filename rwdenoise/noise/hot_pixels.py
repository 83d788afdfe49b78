"""Find hot and dead pixels of the sensor, and replace each by the median of its neighbors.

Only a signal that no lens can produce counts as a broken pixel: a site that differs strongly from its neighbors of the
same color, while the adjacent sites of any color do not. Even the smallest star covers several sites. The network
removes weaker broken pixels, which look like noise and were part of its training.
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

#: Minimum difference of a broken site from its neighbors, in standard deviations of the noise. Lower values remove the
#: finest drops of sparkling water: Kodak 13 loses 0.1 dB at 8, a third of that at 11.
LEAST = 11.0
#: Minimum difference relative to the stabilized signal: about a third of the light. Weaker dots are texture.
CONTRAST = 0.15
#: Minimum share of a star's light that falls on the four adjacent sites: for a spot of 0.6 px standard deviation in a
#: color to which these sites are half as sensitive.
SEEN_BESIDE = 0.07
#: Error of the mean of those sites, and the difference from which they contain signal, in standard deviations.
DOUBT, SEEN = 0.5, 2.0
#: Maximum spread of the eight neighbors of the same color without texture, in standard deviations. One of them and one
#: of the adjacent sites may be broken too.
CALM = 3.5
#: Number of neighbors of the same color for the comparison.
NEIGHBORS = 8
_BESIDE = ((-1, 0), (0, -1), (0, 1), (1, 0))


@dataclass(frozen=True)
class BrokenPixels:
    """Hot and dead pixels of a mosaic."""

    places: Places
    """Rows and columns, shape (2, n)."""
    values: Plane
    """Replacements, the medians of the neighbors, shape (n,): 0 black, 1 white."""

    def mend(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a mosaic, float32 of shape (1, H, W), with the replacements; `planes` itself if there are none."""
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
    """Return the positions of broken sites, relative to the area inside the frame, and their replacements.

    Parameters
    ----------
    framed : ndarray of float32
        Stabilized, in standard deviations of the noise, with a frame of `reach` px; shape (H, W).
    cfa : Cfa
        The filters, starting at the first pixel of the frame.
    reach : int
    """
    places = np.stack(np.nonzero(_stands_out(framed, cfa, reach))) + reach
    expected, spread = _neighborhood(framed, places, cfa)
    size = np.abs(framed[tuple(places)] - expected)
    bold = (size > np.maximum(LEAST, CONTRAST * np.abs(expected))) & (spread < CALM)
    # Last, because checking the adjacent sites takes four times as long.
    places, expected, size = places[:, bold], expected[bold], size[bold]
    alone = _is_alone(framed, places, size, cfa)
    return places[:, alone] - reach, expected[alone]


def _stands_out(framed: Plane, cfa: Cfa, reach: int) -> NDArray[np.bool_]:
    """Mark sites far above or far below three of their four nearest neighbors of the same color."""
    height, width = (edge - 2 * reach for edge in framed.shape)
    result = np.zeros((height, width), bool)

    def seen(row: int, column: int) -> Plane:
        return framed[reach + row : reach + row + height, reach + column : reach + column + width]

    for offsets, phases in _by_neighbors(cfa.shifted(reach, reach)).items():
        # Computed for all sites, even those with other neighbors: comparing contiguous numbers is much faster.
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
    """Group the sites of a period by the offsets of their four nearest neighbors of the same color."""
    found: dict[tuple[tuple[int, int], ...], list[tuple[int, ...]]] = {}
    for phase, offsets in _neighbors(cfa, 4).items():
        found.setdefault(offsets, []).append(phase)
    return found


def _is_alone(framed: Plane, places: Places, size: Plane, cfa: Cfa) -> NDArray[np.bool_]:
    """Mark sites whose difference `size` from the replacement leaves no trace in the adjacent sites."""
    around = [places + np.array(offset)[:, None] for offset in _BESIDE]
    beside = np.sort([np.abs(framed[tuple(there)] - _neighborhood(framed, there, cfa)[0]) for there in around], axis=0)
    return np.asarray(beside[:-1].mean(axis=0) < np.minimum(SEEN_BESIDE * size + DOUBT, SEEN))


def _neighborhood(framed: Plane, places: Places, cfa: Cfa) -> tuple[Plane, Plane]:
    """Return the median of the neighbors of the same color, and their spread without the two extremes."""
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
    """Return the offsets of the nearest sites with the same filter for each site of a period."""
    return {phase: nearest_of_same_color(cfa.shifted(*phase), count) for phase in np.ndindex(*cfa.period)}


def nearest_of_same_color(cfa: Cfa, count: int) -> tuple[tuple[int, int], ...]:
    """Return the offsets of the sites with the same filter as the first one, nearest first.

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
    """Return the maximum distance in px of the sites compared with a site: its neighbors and their adjacent sites."""
    return 1 + max(max(map(abs, offset)) for offsets in _neighbors(cfa, NEIGHBORS).values() for offset in offsets)
