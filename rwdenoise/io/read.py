"""Reading a photo of any kind."""

from __future__ import annotations

from pathlib import Path

from rwdenoise.io.formats import PICTURE_SUFFIXES
from rwdenoise.io.raster import read_picture
from rwdenoise.io.raw.checks import holds_raw
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.kinds import Photo


def read_photo(path: Path) -> Photo:
    """Read camera RAW or a developed picture; the name tells which, but for RAW that is called TIFF.

    Raises
    ------
    PhotoAccessError, CorruptPhotoError, UnsupportedPhotoError
        As `read_raw` and `read_picture`.
    """
    format = PICTURE_SUFFIXES.get(path.suffix.lower())
    if format is None or (format == "tiff" and holds_raw(path)):
        return read_raw(path)
    return read_picture(path)
