"""Measure the noise spectrum of a developed or linear picture at every brightness.

Converters smooth, sharpen and compress noise: it is neither white nor equal at every brightness. This module measures
its energy in each frequency band, at each brightness, in red, green and blue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rwdenoise.noise.dct import EDGE, Floats, band_means, cosine_transform
from rwdenoise.photo.color import decode_srgb
from rwdenoise.photo.kinds import Photo, parts
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto

#: Wide bands, low and high frequencies along each axis: few values then suffice to separate noise from structure.
BANDS = band_means(width=EDGE // 2)
#: Steps of brightness from black to white.
TONES = 8
#: Blocks along the edge of a group, and that edge in px.
GROUP = 4
SIDE = GROUP * EDGE
#: Share of the groups, those with the least energy, that count as flat, that is, as noise only.
FLAT = 0.1
#: Minimum number of groups per tone; with fewer, the noise is interpolated from other tones.
FEWEST = 10
#: Minimum standard deviation: a tenth of an 8-bit step.
LEAST = 0.1 / 255

_TRANSFORM = cosine_transform()


@dataclass(frozen=True)
class Grain:
    """The noise spectrum of a developed picture at every brightness."""

    energies: NDArray[np.float32]
    """Mean energy of the DCT coefficients at the center of each tone, shape (3 colors, TONES, bands)."""

    def at(self, brightness: Floats) -> NDArray[np.float32]:
        """Interpolate the noise energy of each band at given brightnesses.

        Parameters
        ----------
        brightness : ndarray of float32, shape (3, rows, columns)
            0 black, 1 white.

        Returns
        -------
        ndarray of float32, shape (3, rows, columns, bands)
        """
        place = (brightness * TONES - 0.5).clip(0, TONES - 1)
        below = np.minimum(place.astype(int), TONES - 2)
        share = (place - below)[..., np.newaxis]
        color = np.arange(3)[:, np.newaxis, np.newaxis]
        found = self.energies[color, below] * (1 - share) + self.energies[color, below + 1] * share
        return np.asarray(found, np.float32)

    @property
    def deviation(self) -> float:
        """Standard deviation of the noise over all colors and tones; 1 is white."""
        return float(np.sqrt(self.energies.mean()))


def grain_of(noise: NoiseProfile, matrix: Floats) -> Grain:
    """Convert the noise profile of a linear RAW photo to the display domain, for gray tones and as white noise.

    Parameters
    ----------
    noise : NoiseProfile
        The profile of each camera color.
    matrix : ndarray of float32, shape (3, 3)
        Linear camera color -> linear sRGB.
    """
    step = 0.5 / TONES
    tones = np.arange(step, 1, 2 * step)
    slopes = (decode_srgb(tones + step) - decode_srgb(tones - step)) / (2 * step)
    camera = np.linalg.solve(matrix.astype(np.float64), np.broadcast_to(decode_srgb(tones), (3, TONES)))
    variances = matrix.astype(np.float64) ** 2 @ noise.variance(camera) / slopes**2
    energies = np.repeat(variances[..., np.newaxis], BANDS.shape[1], axis=2)
    return Grain(energies.clip(min=LEAST**2).astype(np.float32))


def find_grain(photo: Photo) -> Grain:
    """Return the noise of a picture as its file states it, or else measure it."""
    if isinstance(photo, RawPhoto) and photo.noise is not None and not photo.is_mosaic:
        return grain_of(photo.noise, photo.display_matrix)
    return measure_grain(photo)


def measure_grain(photo: Photo) -> Grain:
    """Measure the noise spectrum of a picture region by region, to limit memory."""
    return estimate_grain(parts(photo))


def estimate_grain(planes: Iterable[Floats]) -> Grain:
    """Measure the noise spectrum of a picture given in parts.

    Parameters
    ----------
    planes : iterable of ndarray of float32, shape (3, H, W)
        The parts of the picture in the display domain, 0 black and 1 white.

    Notes
    -----
    Flat areas contain only noise. For each brightness, the groups with the least energy are therefore used. In a
    picture without flat areas, texture counts as noise, and less detail is restored.
    """
    found = [_groups(part) for part in planes]
    tones, energies = (np.concatenate(several, axis=1) for several in zip(*found, strict=True))
    if not tones.size:  # Smaller than one group: unmeasurable, so all detail counts as noise.
        return Grain(np.ones((3, TONES, BANDS.shape[1]), np.float32))
    return Grain(np.stack([_by_tone(*of_color) for of_color in zip(tones, energies, strict=True)]))


def _groups(planes: Floats) -> tuple[Floats, Floats]:
    """Return the brightness, shape (3, n), and the band energies, shape (3, n, bands), of groups of blocks."""
    rows, columns = (length // SIDE for length in planes.shape[1:])
    cut = planes[:, : rows * SIDE, : columns * SIDE]
    blocks = cut.reshape(3, rows * GROUP, EDGE, columns * GROUP, EDGE).swapaxes(2, 3)
    cosines = blocks.reshape(3, rows * columns * GROUP**2, EDGE**2) @ _TRANSFORM.T
    grouped = (cosines**2 @ _without_mean()).reshape(3, rows, GROUP, columns, GROUP, BANDS.shape[1]).mean(axis=(2, 4))
    tones = cut.reshape(3, rows, SIDE, columns, SIDE).mean(axis=(2, 4))
    return tones.reshape(3, rows * columns), grouped.reshape(3, rows * columns, BANDS.shape[1])


def _without_mean() -> Floats:
    """Return the band means without the first coefficient, which is brightness, not noise."""
    means = BANDS.copy()
    means[0] = 0
    return np.asarray(means / means.sum(axis=0), np.float32)


def _by_tone(tones: Floats, energies: Floats) -> Floats:
    """Return the band energies of the flattest groups of each tone, shape (TONES, bands)."""
    step = (tones * TONES).astype(int).clip(0, TONES - 1)
    table = np.full((TONES, energies.shape[1]), np.nan)
    for tone in range(TONES):
        here = energies[step == tone]
        if len(here) >= FEWEST:
            table[tone] = np.quantile(here, FLAT, axis=0)
    known = np.flatnonzero(np.isfinite(table[:, 0]))
    if not known.size:
        return np.broadcast_to(np.quantile(energies, FLAT, axis=0), table.shape).clip(min=LEAST**2).astype(np.float32)
    filled = [np.interp(np.arange(TONES), known, band[known]) for band in table.T]
    return np.stack(filled, axis=1).clip(min=LEAST**2).astype(np.float32)
