"""Writing a photo in any format, whole or not at all, with its metadata."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rwdenoise.errors import SettingsError
from rwdenoise.io.atomic import refuse_existing, write_atomically
from rwdenoise.io.metadata.copy import copy_metadata
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.raster import encode_picture
from rwdenoise.io.raw.develop import develop
from rwdenoise.io.raw.developed import encode_jpeg, encode_png, encode_tiff
from rwdenoise.io.raw.dng import encode_dng, encode_tiles
from rwdenoise.io.raw.preview import render_preview
from rwdenoise.parallel import side_by_side
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto

_ENCODERS = {"tiff": encode_tiff, "jpeg": encode_jpeg, "png": encode_png}
#: What photos can be written as: the mosaic (DNG), or the developed picture.
FORMATS = ("dng", *_ENCODERS)


def write_photo(  # noqa: PLR0913 -- the one call that a program makes; all but two are named and have defaults
    photo: RawPhoto,
    target: Path,
    *,
    provenance: Provenance | None,
    format: str = "dng",
    color: str = "srgb",
    overwrite: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    confirm: Callable[[], None] = lambda: None,
) -> None:
    """Write a photo with the metadata of its source.

    Parameters
    ----------
    photo : RawPhoto
        What to write.
    target : Path
        Where to; the folder must exist. The suffix is not looked at.
    provenance : Provenance or None
        What was done to it; None if it was not denoised.
    format : str
        ``"dng"`` for the mosaic; ``"tiff"`` (16 bit), ``"jpeg"`` or ``"png"`` (16 bit) for the developed picture.
    color : str
        The color space of a developed picture, a key of `rwdenoise.io.pictures.icc.COLOR_SPACES`.
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
        If the photo's source, whose metadata are wanted, is gone.
    SettingsError
        If there is no such format or color space.
    """
    refuse_existing(target, overwrite=overwrite)
    encoded = _encode(photo, provenance, format, color)
    finished = copy_metadata(photo.source, encoded, kind=format, provenance=provenance, warn=warn)
    confirm()
    write_atomically(target, finished, overwrite=overwrite)


def write_picture(  # noqa: PLR0913 -- as write_photo
    photo: RgbPhoto,
    target: Path,
    *,
    provenance: Provenance | None,
    format: str | None = None,
    overwrite: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    confirm: Callable[[], None] = lambda: None,
) -> None:
    """Write a developed picture with the metadata of its source, turned as it was.

    Parameters
    ----------
    photo : RgbPhoto
        What to write.
    target : Path
        Where to; the folder must exist. The suffix is not looked at.
    provenance : Provenance or None
        What was done to it; None if it was not denoised.
    format : str, optional
        A key of `rwdenoise.io.raster.PICTURE_FORMATS`, by default that of its source.
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
        If the photo's source, whose metadata are wanted, is gone.
    SettingsError
        If there is no such format, or it cannot hold the picture.
    """
    refuse_existing(target, overwrite=overwrite)
    finished = copy_metadata(
        photo.source,
        encode_picture(photo, format=format),  # Nobody else holds it, so that memory is free again in time.
        kind=format or photo.stored.format,
        provenance=provenance,
        warn=warn,
        picture=photo,
    )
    confirm()
    write_atomically(target, finished, overwrite=overwrite)


def _encode(photo: RawPhoto, provenance: Provenance | None, kind: str, color: str) -> bytes:
    if kind not in FORMATS:
        names = ", ".join(FORMATS)
        message = f"There is no format {kind!r}; the names are {names}."
        raise SettingsError(message, hint=f"Use one of {names}.")
    if kind == "dng":
        tiles, preview = side_by_side(partial(encode_tiles, photo), partial(render_preview, photo))
        return encode_dng(photo, preview=preview, provenance=provenance, tiles=tiles)
    icc = profile(color)
    return _ENCODERS[kind](develop(photo, color=color), icc=icc)
