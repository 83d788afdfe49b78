"""Write a photo in any format with its metadata, atomically."""

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

# Resolution of TIFFs and JPEGs of developed RAW: 300 pixels per inch.
_RESOLUTION = {"resolution": ((300, 1), (300, 1)), "unit": 2}


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
        The photo. A developed picture keeps its orientation.
    target : Path
        The output file; its folder must exist. Its suffix is ignored.
    provenance : Provenance or None
        How the photo was denoised; None if it was not.
    format : str, optional
        ``"dng"`` (only for RAW, undeveloped), ``"tiff"``, ``"jpeg"``, ``"png"`` or ``"webp"``. By default DNG for RAW,
        and the format of its source for a picture. Developed RAW has 16 bits if the format supports them.
    color : str
        Color space of developed RAW, a key of `rwdenoise.io.pictures.icc.COLOR_SPACES`.
    overwrite : bool
        Whether to replace an existing file.
    warn : callable
        Called with a sentence for each minor problem.
    confirm : callable
        Called after encoding and before writing; an exception from it prevents writing.

    Raises
    ------
    OutputExistsError, PhotoWriteError
        If the target exists and `overwrite` is not set, or cannot be written; no partial file remains.
    PhotoAccessError
        If the source of the metadata is gone: the photo has no `origin`, and its source cannot be read.
    SettingsError
        If there is no such format or color space, or the format cannot hold the photo.
    """
    refuse_existing(target, overwrite=overwrite)
    kind = format or ("dng" if isinstance(photo, RawPhoto) else photo.stored.format)
    finished = copy_metadata(
        photo,
        _encode(photo, kind, provenance=provenance, color=color),  # No variable holds this: its memory is freed early.
        kind=kind,
        provenance=provenance,
        warn=warn,
    )
    confirm()
    write_atomically(target, finished, overwrite=overwrite)


#: An alias for developed pictures.
write_picture = write_photo


def encode_picture(photo: RgbPhoto, *, format: str | None = None, quality: int | None = None) -> bytes:
    """Encode a picture as a file, without the metadata of its source.

    Parameters
    ----------
    photo : RgbPhoto
    format : str, optional
        One of `rwdenoise.io.formats.PICTURE_OUTPUTS`; by default that of its source. See
        `rwdenoise.io.pictures.convert.to_format` for the limits of other formats.
    quality : int, optional
        1 to 100, for JPEG and lossy WebP. By default a JPEG keeps its quality, and other pictures get 95.

    Raises
    ------
    SettingsError
        If the format is unknown or cannot store the picture, or the quality is out of range.

    Notes
    -----
    A JPEG or WebP without any changed pixel keeps its original file, without loss.
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
    if format in ("tiff", "jpeg"):
        picture = replace(picture, stored=replace(picture.stored, details=_RESOLUTION))
    return encode_picture(picture, format=format)


def _refuse_format(format: str, possible: tuple[str, ...]) -> None:
    if format not in possible:
        names = ", ".join(possible)
        title = FORMATS[format].title if format in FORMATS else format
        message = f"This photo cannot be written as {title}, only as {names}."
        raise SettingsError(message, hint=f"Use --format with one of {names}.")


def _unchanged_file(photo: RgbPhoto) -> bytes | None:
    """Return the source file of a picture if it still has exactly these pixels, else None."""
    if photo.source is None or (photo.origin is not None and photo.origin.checksum != checksum(photo)):
        return None
    try:
        data = read_file(photo.source)
        stored = codec("read", photo.stored.format)(data, name=shown(photo.source))
    except PhotoError:  # The source is gone; encode the picture in memory.
        return None
    same = stored.stored == photo.stored and np.array_equal(joined(stored), joined(photo))
    return data if same else None
