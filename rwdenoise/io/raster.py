"""Developed pictures of every format, read and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from rwdenoise.errors import PhotoError, SettingsError
from rwdenoise.io.metadata.camera import read_identity, read_orientation
from rwdenoise.io.picture_kind import TITLES, picture_kind
from rwdenoise.io.pictures.convert import joined, to_format
from rwdenoise.io.pictures.heif import read_avif, read_heif
from rwdenoise.io.pictures.jpeg import encode_jpeg_photo, read_jpeg
from rwdenoise.io.pictures.png import encode_png_photo, read_png
from rwdenoise.io.pictures.tiff import encode_tiff_photo, read_tiff
from rwdenoise.io.pictures.webp import encode_webp_photo, read_webp
from rwdenoise.io.source import read_file, shown
from rwdenoise.photo.rgb import RgbPhoto

#: What developed pictures can be written as.
PICTURE_FORMATS = ("tiff", "jpeg", "png", "webp")

_READERS: dict[str, Callable[..., RgbPhoto]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "webp": read_webp,
    "heif": read_heif,
    "avif": read_avif,
}
# These say themselves how they are turned, and their Exif does not count.
_TURNED = {"heif", "avif"}
_LOSSY = {"jpeg": encode_jpeg_photo, "webp": encode_webp_photo}
_LOSSLESS = {"tiff": encode_tiff_photo, "png": encode_png_photo}


def read_picture(path: Path) -> RgbPhoto:
    """Read a developed picture: TIFF, JPEG, PNG, WebP, HEIF or AVIF, by its content.

    Raises
    ------
    PhotoAccessError
        If the system does not let us read it.
    CorruptPhotoError
        If it is empty, cut off, damaged, or no picture.
    UnsupportedPhotoError
        If it is a picture of a kind that this program does not handle, or not of the kind that its suffix says.
    """
    data = read_file(path)
    format = picture_kind(data, path)
    make, model, iso = read_identity(data)
    if format == "tiff":
        del data  # From the file itself only the pixels come into memory.
        photo = read_tiff(path, name=shown(path))
    else:
        photo = _READERS[format](data, name=shown(path))
        if format not in _TURNED:
            photo = replace(photo, orientation=read_orientation(data))
    return replace(photo, make=make, model=model, iso=iso, source=path)


def encode_picture(photo: RgbPhoto, *, format: str | None = None, quality: int | None = None) -> bytes:
    """Return a picture as a file, without the metadata of its source.

    Parameters
    ----------
    photo : RgbPhoto
    format : str, optional
        One of `PICTURE_FORMATS`, by default that of the file it was read from; what another one can hold of it says
        `rwdenoise.io.pictures.convert.to_format`.
    quality : int, optional
        1 to 100, for JPEG and lossy WebP. By default a JPEG stays what it was, and all else gets 95.

    Raises
    ------
    SettingsError
        If there is no such format, or it cannot hold the picture, or there is no such quality.

    Notes
    -----
    A JPEG or WebP of which no pixel has changed is the very file that it was read from, so that nothing is lost.
    """
    target = format or photo.stored.format
    _refuse_settings(target, quality)
    picture = photo if target == photo.stored.format else to_format(photo, target)
    if target in _LOSSLESS:
        return _LOSSLESS[target](picture)
    original = _unchanged_file(photo) if picture is photo and quality is None else None
    return original or _LOSSY[target](picture, quality=quality)


def _refuse_settings(format: str, quality: int | None) -> None:
    if format not in PICTURE_FORMATS:
        names = ", ".join(PICTURE_FORMATS)
        message = f"Pictures cannot be written as {TITLES.get(format, format)}, only as {names}."
        raise SettingsError(message, hint=f"Use --format with one of {names}.")
    if quality is not None and not 1 <= quality <= 100:
        message = f"The quality is {quality}; 1 to 100 was expected."
        raise SettingsError(message, hint="Give a quality from 1 to 100.")


def _unchanged_file(photo: RgbPhoto) -> bytes | None:
    """Return the file that the picture was read from, if that still has these very pixels."""
    if photo.source is None:
        return None
    try:
        data = read_file(photo.source)
        stored = _READERS[photo.stored.format](data, name=shown(photo.source))
    except PhotoError:  # It is gone; the picture in memory is what counts.
        return None
    same = stored.stored == photo.stored and np.array_equal(joined(stored), joined(photo))
    return data if same else None
