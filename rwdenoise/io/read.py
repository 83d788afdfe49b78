"""Read a photo of any kind from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rwdenoise.io.formats import FORMATS, PICTURE_SUFFIXES, codec, picture_format
from rwdenoise.io.metadata.origin import read_origin
from rwdenoise.io.pictures.convert import checksum
from rwdenoise.io.pictures.tiff import read_tiff
from rwdenoise.io.raw.checks import holds_raw
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.source import read_file, shown
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.rgb import RgbPhoto


def read_photo(path: Path) -> Photo:
    """Read camera RAW or a developed picture, distinguished by the suffix, and by content for ``.tif``.

    Raises
    ------
    PhotoAccessError, CorruptPhotoError, UnsupportedPhotoError
        As for `read_raw` and `read_picture`.
    """
    format = PICTURE_SUFFIXES.get(path.suffix.lower())
    if format is None or (format == "tiff" and holds_raw(path)):
        return read_raw(path)
    return read_picture(path)


def read_picture(path: Path) -> RgbPhoto:
    """Read a developed picture: TIFF, JPEG, PNG, WebP, HEIF or AVIF, identified by content.

    Raises
    ------
    PhotoAccessError
        If the system refuses to read it.
    CorruptPhotoError
        If it is empty, cut off, damaged, or not a picture.
    UnsupportedPhotoError
        If its kind is not supported, or its suffix is that of another format.
    """
    data = read_file(path)
    format = picture_format(data, path)
    origin, (make, model, iso, orientation) = read_origin(data)
    if format == "tiff":
        del data  # `read_tiff` loads only the pixels from the file.
        photo = read_tiff(path, name=shown(path))
    else:
        photo = codec("read", format)(data, name=shown(path))
        if not FORMATS[format].upright:
            photo = replace(photo, orientation=orientation)
        if FORMATS[format].lossy:
            origin = replace(origin, checksum=checksum(photo))
    return replace(photo, make=make, model=model, iso=iso, source=path, origin=origin)
