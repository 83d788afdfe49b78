"""The noise of a picture with three colors in each pixel, measured in the picture itself.

Converters smooth, sharpen and bend noise, so it is neither white nor the same at every brightness. What is measured is
how much energy it has in each band of frequencies, at each brightness, in red, green and blue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rwdenoise.noise.residual import EDGE, Floats, band_means, cosine_transform
from rwdenoise.photo.color import decode_srgb
from rwdenoise.photo.kinds import Photo, parts
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto

#: Wide bands, low and high frequencies along each axis, in which few values tell noise from structure.
BANDS = band_means(width=EDGE // 2)
#: Brightness is told apart in so many steps from black to white.
TONES = 8
#: Blocks on a side that are judged together, and their edge in px.
GROUP = 4
SIDE = GROUP * EDGE
#: Share of the groups, those with the least energy, that are taken for flat: only noise.
FLAT = 0.1
#: Groups of a tone below which it takes the noise of its neighbors.
FEWEST = 10
#: Standard deviation that is assumed even where less is measured: a tenth of a step of an 8-bit picture.
LEAST = 0.1 / 255

_TRANSFORM = cosine_transform()


@dataclass(frozen=True)
class Grain:
    """The noise of a developed picture."""

    energies: NDArray[np.float32]
    """Variance of a cosine, shape (3 colors, TONES, bands), for the middles of equal steps of brightness."""

    def at(self, brightness: Floats) -> NDArray[np.float32]:
        """Return the energy of the noise in each band.

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
    """Return the noise that a RAW photo without a mosaic states, as it is in the display domain: white, and of grays.

    Parameters
    ----------
    noise : NoiseProfile
        Of each color of the camera.
    matrix : ndarray of float32, shape (3, 3)
        Camera color -> linear sRGB.
    """
    step = 0.5 / TONES
    tones = np.arange(step, 1, 2 * step)
    slopes = (decode_srgb(tones + step) - decode_srgb(tones - step)) / (2 * step)
    camera = np.linalg.solve(matrix.astype(np.float64), np.broadcast_to(decode_srgb(tones), (3, TONES)))
    variances = matrix.astype(np.float64) ** 2 @ noise.variance(camera) / slopes**2
    energies = np.repeat(variances[..., np.newaxis], BANDS.shape[1], axis=2)
    return Grain(energies.clip(min=LEAST**2).astype(np.float32))


def find_grain(photo: Photo) -> Grain:
    """Return the noise of a picture that its file states, or else measure it."""
    if isinstance(photo, RawPhoto) and photo.noise is not None and not photo.is_mosaic:
        return grain_of(photo.noise, photo.display_matrix)
    return measure_grain(photo)


def measure_grain(photo: Photo) -> Grain:
    """Measure the noise of a picture, part by part."""
    return estimate_grain(parts(photo))


def estimate_grain(planes: Iterable[Floats]) -> Grain:
    """Measure the noise of a picture that comes in parts.

    Parameters
    ----------
    planes : iterable of ndarray of float32, shape (3, H, W)
        The parts of the picture in the display domain, 0 black and 1 white.

    Notes
    -----
    Where a picture is flat there is nothing but noise; so of the groups of one brightness those with the least energy
    are taken. In a picture without any flat place the texture is taken for noise, and less detail comes back.
    """
    found = [_groups(part) for part in planes]
    tones, energies = (np.concatenate(several, axis=1) for several in zip(*found, strict=True))
    if not tones.size:  # Smaller than one group: there is nothing to measure, so no detail is told from noise.
        return Grain(np.ones((3, TONES, BANDS.shape[1]), np.float32))
    return Grain(np.stack([_by_tone(*of_color) for of_color in zip(tones, energies, strict=True)]))


def _groups(planes: Floats) -> tuple[Floats, Floats]:
    """Return brightness, shape (3, n), and band energies, shape (3, n, bands), of groups of blocks."""
    rows, columns = (length // SIDE for length in planes.shape[1:])
    cut = planes[:, : rows * SIDE, : columns * SIDE]
    blocks = cut.reshape(3, rows * GROUP, EDGE, columns * GROUP, EDGE).swapaxes(2, 3)
    cosines = blocks.reshape(3, rows * columns * GROUP**2, EDGE**2) @ _TRANSFORM.T
    grouped = (cosines**2 @ _without_mean()).reshape(3, rows, GROUP, columns, GROUP, BANDS.shape[1]).mean(axis=(2, 4))
    tones = cut.reshape(3, rows, SIDE, columns, SIDE).mean(axis=(2, 4))
    return tones.reshape(3, rows * columns), grouped.reshape(3, rows * columns, BANDS.shape[1])


def _without_mean() -> Floats:
    """Return the means of bands that leave out the first cosine: it is brightness, not noise."""
    means = BANDS.copy()
    means[0] = 0
    return np.asarray(means / means.sum(axis=0), np.float32)


def _by_tone(tones: Floats, energies: Floats) -> Floats:
    """Return the energies of the flattest groups at each tone, shape (TONES, bands)."""
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
