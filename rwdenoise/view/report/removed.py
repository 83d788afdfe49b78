"""Show as a picture what was removed from a photo: noise alone looks like even grain, structure stands out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rwdenoise.errors import SettingsError
from rwdenoise.io.pictures.convert import to_photo
from rwdenoise.io.raw.develop import develop
from rwdenoise.noise.curve import NoiseCurve
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.noise_profile import READ_FLOOR
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto, Stored
from rwdenoise.photo.tiling import Area
from rwdenoise.view.rendering import render, upright

Floats = NDArray[np.float32]
Pair = tuple[RawPhoto, RawPhoto] | tuple[RgbPhoto, RgbPhoto]

#: Standard deviations of the removed noise between middle gray and black, and between middle gray and white.
RANGE = 5.0
# The median of the absolute values of a normal distribution, in standard deviations.
_MEDIAN = 0.6745
# About so many rows are taken at once.
_ROWS = 512


def matched(before: Photo, after: Photo, *, names: tuple[str, str]) -> Pair:
    """Bring two photos into pixel by pixel agreement: as two mosaics of the same layout, or developed and upright.

    Parameters
    ----------
    before, after : RawPhoto or RgbPhoto
        RAW that is compared with anything but RAW of the same layout is developed as ``--format tiff`` does.
    names : two str
        Their names in messages.

    Raises
    ------
    SettingsError
        If they differ in size.
    """
    if isinstance(before, RawPhoto) and isinstance(after, RawPhoto) and before.cfa == after.cfa:
        _refuse_sizes(before, after, names)
        return before, replace(after, crop=before.crop, orientation=before.orientation)
    pictures = _developed(before), _developed(after)
    _refuse_sizes(*pictures, names)
    return pictures


@dataclass(frozen=True, eq=False)
class Removal:
    """Two matched photos, noisy and denoised, and the noise curve of the first."""

    pair: Pair
    curve: NoiseCurve

    def picture(self, area: Area, *, longest: int | None = None) -> NDArray[np.uint8]:
        """Render what was removed from an area, in units of its noise.

        Parameters
        ----------
        area : Area
            Counted from the corner of the active area.
        longest : int, optional
            About how many px of the longest side are wanted; by default each pixel gets its own.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
            Upright; middle gray is where nothing was removed.

        Notes
        -----
        Of independent noise the mean over n x n pixels varies n times less, while structure stays. So a reduced picture
        shows lost structure better than the pixels themselves do.
        """
        times = _times(self.pair[0], area, longest)
        means = np.concatenate([_means(part, times) for part in self._parts(area, times)], axis=1)
        deviation = np.median(np.abs(means)) / _MEDIAN
        shown = 128 + 127 * means / (RANGE * max(deviation, np.finfo(np.float32).tiny))
        samples = np.rint(shown.clip(0, 255)).astype(np.uint8).transpose(1, 2, 0)
        return render(to_photo(samples, Stored("png"), orientation=self.pair[0].orientation))

    def _parts(self, area: Area, times: int) -> Iterator[Floats]:
        """Yield what was removed in strips of whole squares, (C, H, W) float32 in standard deviations of the noise."""
        rows = times * max(1, _ROWS // times)
        height, width = (length - length % times for length in (area.height, area.width))
        for top in range(0, height, rows):
            strip = Area(area.top + top, area.left, min(rows, height - top), width)
            # The planes in which the noise curve was measured.
            noisy, clean = (photo.linear_planes(strip) for photo in self.pair)
            variance = np.maximum(self.curve.variance(clean), READ_FLOOR)
            yield ((noisy - clean) / np.sqrt(variance)).astype(np.float32)


def _times(photo: Photo, area: Area, longest: int | None) -> int:
    """Return the side of the squares averaged to one pixel: whole periods of the filters, so that colors stay even."""
    edges = area.height, area.width
    if longest is None or max(edges) <= longest:
        return 1
    period = max(photo.period)
    return min(period * -(-max(edges) // (longest * period)), *edges)


def _means(values: Floats, times: int) -> Floats:
    planes, height, width = values.shape
    return np.asarray(values.reshape(planes, height // times, times, width // times, times).mean(axis=(2, 4)))


def _developed(photo: Photo) -> RgbPhoto:
    if isinstance(photo, RawPhoto):
        return develop(photo)
    return replace(photo, samples=upright(photo.samples, photo.orientation), extra=None, orientation=1)


def _refuse_sizes(before: Photo, after: Photo, names: tuple[str, str]) -> None:
    if (before.frame.height, before.frame.width) == (after.frame.height, after.frame.width):
        return
    sizes = [
        f"{name} has {photo.frame.width} x {photo.frame.height} px"
        for name, photo in zip(names, (before, after), strict=True)
    ]
    message = f"{' and '.join(sizes)}; two files of one photo must have the same size."
    raise SettingsError(message, hint="Name a photo and a file made from it that is neither cropped nor resized.")
