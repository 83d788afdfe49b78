"""Writing a photo in any format, whole or not at all, with its metadata."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from rwdenoise.errors import PhotoError, SettingsError
from rwdenoise.io.atomic import refuse_existing, write_atomically
from rwdenoise.io.formats import FORMATS, PICTURE_OUTPUTS, RAW_OUTPUTS, codec
from rwdenoise.io.metadata.copy import copy_metadata
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.pictures.convert import checksum, joined, to_format
from rwdenoise.io.raw.develop import develop
from rwdenoise.io.raw.dng import encode_dng, encode_tiles
from rwdenoise.io.raw.preview import render_preview
from rwdenoise.io.source import read_file, shown
from rwdenoise.parallel import side_by_side
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto

# What TIFFs and JPEGs of developed RAW say of their resolution: 300 pixels per inch.
_RESOLUTION = {"resolution": ((300, 1), (300, 1)), "unit": 2}
_WITH_RESOLUTION = ("tiff", "jpeg")


def write_photo(  # noqa: PLR0913 -- the one call that a program makes; all but two are named and have defaults
    photo: Photo,
    target: Path,
    *,
    provenance: Provenance | None = None,
    format: str | None = None,
    color: str = "srgb",
    overwrite: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    confirm: Callable[[], None] = lambda: None,
) -> None:
    """Write a photo with the metadata of its source.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        What to write. A developed picture stays turned as it was.
    target : Path
        Where to; the folder must exist. The suffix is not looked at.
    provenance : Provenance or None
        What was done to it; None if it was not denoised.
    format : str, optional
        ``"dng"`` (RAW only: what the sensor recorded), ``"tiff"``, ``"jpeg"``, ``"png"`` or ``"webp"``. By default DNG
        for RAW, and for a picture the format of its source. Developed RAW has 16 bits where the format can hold them.
    color : str
        The color space of RAW that is developed, a key of `rwdenoise.io.pictures.icc.COLOR_SPACES`.
    overwrite : bool
        Replace an existing file.
    warn : callable
        Gets a sentence for each thing that went wrong and did not matter enough to stop.
    confirm : callable
        Is called when all is encoded, before anything is written; what it raises is the end of it.

    Raises
    ------
    OutputExistsError, PhotoWriteError
        If the target is there and `overwrite` is not set, or cannot be written; nothing is left behind.
    PhotoAccessError
        If the photo's source is gone, and its `origin` is not known, so that there would be no metadata.
    SettingsError
        If there is no such format or color space, or the format cannot hold the photo.
    """
    refuse_existing(target, overwrite=overwrite)
    kind = format or ("dng" if isinstance(photo, RawPhoto) else photo.stored.format)
    finished = copy_metadata(
        photo,
        _encode(photo, kind, provenance=provenance, color=color),  # Nobody else holds it: memory is free again in time.
        kind=kind,
        provenance=provenance,
        warn=warn,
    )
    confirm()
    write_atomically(target, finished, overwrite=overwrite)


#: The same, for developed pictures.
write_picture = write_photo


def encode_picture(photo: RgbPhoto, *, format: str | None = None, quality: int | None = None) -> bytes:
    """Return a picture as a file, without the metadata of its source.

    Parameters
    ----------
    photo : RgbPhoto
    format : str, optional
        One of `rwdenoise.io.formats.PICTURE_OUTPUTS`, by default that of the file it was read from; what another one
        can hold of it says `rwdenoise.io.pictures.convert.to_format`.
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
    _refuse_format(target, PICTURE_OUTPUTS)
    if quality is not None and not 1 <= quality <= 100:
        message = f"The quality is {quality}; it must be from 1 to 100."
        raise SettingsError(message, hint="Use 95 unless file size matters.")
    picture = photo if target == photo.stored.format else to_format(photo, target)
    encode = codec("encode", target)
    if not FORMATS[target].lossy:
        return bytes(encode(picture))
    original = _unchanged_file(photo) if picture is photo and quality is None else None
    return original or bytes(encode(picture, quality=quality))


def _encode(photo: Photo, format: str, *, provenance: Provenance | None, color: str) -> bytes:
    if isinstance(photo, RgbPhoto):
        return encode_picture(photo, format=format)
    _refuse_format(format, RAW_OUTPUTS)
    if format == "dng":
        tiles, preview = side_by_side(partial(encode_tiles, photo), partial(render_preview, photo))
        return encode_dng(photo, preview=preview, provenance=provenance, tiles=tiles)
    picture = develop(photo, color=color)
    if format in _WITH_RESOLUTION:
        picture = replace(picture, stored=replace(picture.stored, details=_RESOLUTION))
    return encode_picture(picture, format=format)


def _refuse_format(format: str, possible: tuple[str, ...]) -> None:
    if format not in possible:
        names = ", ".join(possible)
        title = FORMATS[format].title if format in FORMATS else format
        message = f"This photo cannot be written as {title}, only as {names}."
        raise SettingsError(message, hint=f"Use --format with one of {names}.")


def _unchanged_file(photo: RgbPhoto) -> bytes | None:
    """Return the file that the picture was read from, if that still has these very pixels."""
    if photo.source is None or (photo.origin is not None and photo.origin.checksum != checksum(photo)):
        return None
    try:
        data = read_file(photo.source)
        stored = codec("read", photo.stored.format)(data, name=shown(photo.source))
    except PhotoError:  # It is gone; the picture in memory is what counts.
        return None
    same = stored.stored == photo.stored and np.array_equal(joined(stored), joined(photo))
    return data if same else None
