"""Provide the photo for all denoisers: the Kodak pictures side by side, repeated to any size."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from bench.methods import Mosaic
from bench.pictures import kodak
from bench.quality.programs import camera_noise, join_pictures, photograph
from bench.speed.sizes import shape_of
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.write import write_photo
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area


class Photos:
    """Photos of the same scene at any size, with and without noise.

    Parameters
    ----------
    folder : Path
        Folder for the RAW files; each is written once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def noise(self) -> NoiseProfile:
        """True noise profile, which the files do not contain."""
        return camera_noise()

    def mosaic(self, megapixels: float) -> Mosaic:
        """Return the noisy mosaic, float32 of shape (H, W), 0 black, 1 white."""
        return np.asarray(_widen(self._noisy, megapixels).planes()[0])

    def noisy(self, megapixels: float) -> Path:
        """Return the noisy photo as DNG."""
        return self._written(self._noisy, f"noisy-{megapixels:g}.dng", megapixels)

    def clean(self, megapixels: float) -> Path:
        """Return the same photo without noise, as DNG."""
        return self._written(self._clean, f"clean-{megapixels:g}.dng", megapixels)

    @cached_property
    def _both(self) -> tuple[RawPhoto, RawPhoto]:
        noisy, clean = (read_raw(path) for path in photograph(join_pictures(kodak()), self._folder))
        return noisy, clean

    @property
    def _noisy(self) -> RawPhoto:
        return self._both[0]

    @property
    def _clean(self) -> RawPhoto:
        return self._both[1]

    def _written(self, photo: RawPhoto, name: str, megapixels: float) -> Path:
        path = self._folder / name
        if not path.exists():
            write_photo(_widen(photo, megapixels), path, provenance=None)
        return path


def _widen(photo: RawPhoto, megapixels: float) -> RawPhoto:
    """Repeat a photo in both directions, or crop it; the result has no masked borders."""
    light = photo.mosaic[photo.active.slices]
    rows, columns = (np.arange(want) % has for want, has in zip(shape_of(megapixels), light.shape, strict=True))
    whole = Area(0, 0, rows.size, columns.size)
    return replace(photo, mosaic=light[np.ix_(rows, columns)], active=whole, crop=whole)
