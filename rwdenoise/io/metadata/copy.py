"""Write Exif, maker notes, GPS, XMP and IPTC of the source into the encoded result with exiv2."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import exiv2
import numpy as np
from PIL import Image

from rwdenoise.errors import PhotoError
from rwdenoise.io.metadata.origin import EXIV2_ERRORS, LOCK, open_image, read_origin, to_value
from rwdenoise.io.metadata.provenance import Provenance, sign
from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.source import read_file, shown
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.origin import Metadata
from rwdenoise.photo.rgb import RgbPhoto

_GEOMETRY = {
    "Xmp.tiff.ImageWidth", "Xmp.tiff.ImageLength", "Xmp.tiff.BitsPerSample", "Xmp.tiff.Compression",
    "Xmp.tiff.PhotometricInterpretation", "Xmp.tiff.SamplesPerPixel", "Xmp.tiff.PlanarConfiguration",
    "Xmp.tiff.Orientation", "Xmp.tiff.NativeDigest", "Xmp.exif.NativeDigest", "Xmp.exif.PixelXDimension",
    "Xmp.exif.PixelYDimension", "Xmp.dc.format",
}  # fmt: skip
# The color space of a developed picture, which does not apply to RAW.
_COLORS = {"Exif.Photo.ColorSpace", "Xmp.exif.ColorSpace"}
# Settings for developing RAW: wrong for a developed picture, because editors would apply them twice.
_DEVELOPMENT = re.compile(r"Xmp\.(crs|crss|darktable|photoshop\.ICCProfile)\b")
_SMALL_PICTURES = re.compile(r"Xmp\.(xmp\.Thumbnails|xmpGImg)\b")
#: Maximum side of the thumbnail in px (DCF 2.0, 3.3.3).
LONGEST_SIDE = 160
_QUALITY = 80
# Pixels averaged in each direction per thumbnail pixel; more make no visible difference.
_OVERSAMPLING = 4
# First bytes of BigTIFF, which exiv2 does not support.
_BIG_TIFF = (b"II+\0", b"MM\0+")


class _Carried(NamedTuple):
    kept: Metadata
    xmp: exiv2.XmpData
    """XMP of the source and its sidecars."""


def copy_metadata(
    photo: Photo,
    encoded: bytes,
    *,
    kind: str,
    provenance: Provenance | None,
    warn: Callable[[str], None],
) -> bytes | memoryview:
    """Add the metadata of the source, and the record of the denoising, to an encoded photo.

    Damaged or unreadable metadata causes a warning, never the loss of a photo.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        The encoded photo. The sidecars of its source (``IMG.xmp``, ``IMG.NEF.xmp``) are read too. A developed picture
        keeps its orientation and development settings. RAW in formats other than DNG is developed and upright, without
        these settings.
    encoded : bytes
        A complete DNG, TIFF, JPEG, PNG or WebP. Its pixels remain unchanged.
    kind : str
        ``"dng"``, ``"tiff"``, ``"jpeg"``, ``"png"`` or ``"webp"``.
    provenance : Provenance or None
        How the photo was denoised; None if it was not.
    warn : callable
        Called with a sentence for each problem.

    Raises
    ------
    PhotoAccessError
        If the photo keeps no data of its source, and the source cannot be read now: a result without metadata would
        count as finished, while a later attempt may succeed completely.
    """
    if encoded.startswith(_BIG_TIFF):
        warn("The output has no metadata: exiv2 cannot write into a TIFF of more than 4 GB.")
        return encoded
    picture = photo if isinstance(photo, RgbPhoto) else None
    kept = _kept(photo)
    with LOCK:
        carried = None if kept is None else _carried(kept, photo.source, warn, developed=picture is not None)
        try:
            return _write(encoded, carried, kind=kind, provenance=provenance, picture=picture)
        except EXIV2_ERRORS as error:
            warn(f"Some metadata does not fit into a {kind} file; the output only records how it was denoised: {error}")
        try:
            return _write(encoded, None, kind=kind, provenance=provenance, picture=picture)
        except EXIV2_ERRORS as error:  # An unchanged JPEG or WebP has the damage of its source.
            warn(f"The metadata of the output cannot be changed and stays that of the source: {error}")
            return encoded


def _kept(photo: Photo) -> Metadata | None:
    """Return the metadata of the source of a photo; None without a source."""
    origin = photo.origin
    if origin is None and photo.source is not None:
        origin, _ = read_origin(read_file(photo.source))
    return None if origin is None else origin.metadata


def _carried(kept: Metadata, source: Path | None, warn: Callable[[str], None], *, developed: bool) -> _Carried:
    """Merge the metadata with those of the sidecars of the source."""
    problem, parsed = kept.problem, exiv2.ImageFactory.create(exiv2.ImageType.xmp)
    try:
        if kept.xmp:
            parsed.setXmpPacket(kept.xmp)
    except EXIV2_ERRORS as error:
        problem = problem or str(error)
    if problem:
        name = "the photo" if source is None else shown(source)
        warn(f"The metadata of {name} cannot be read, so the output has none of it: {problem}")
    carried = _Carried(kept, parsed.xmpData())
    for sidecar in sidecars(source) if source else ():
        # If a RAW photo has a JPEG beside it, IMG.xmp has settings for developing the RAW; IMG.jpg.xmp is for the JPEG.
        shared = developed and source is not None and sidecar.stem == source.stem
        try:
            _merge_sidecar(sidecar, carried.xmp, without=_DEVELOPMENT if shared else None)
        except (*EXIV2_ERRORS, PhotoError, UnicodeError) as error:
            warn(f"The sidecar {shown(sidecar)} cannot be read, so the output has none of its metadata: {error}")
    return carried


def sidecars(source: Path) -> list[Path]:
    """Return the existing XMP sidecars of a photo; the last one is the most specific and has priority."""
    names = [source.with_suffix(".xmp"), source.with_suffix(".XMP"), source.with_name(f"{source.name}.xmp")]
    # Unlike Path.is_file, this is False for names that are too long; the name of a photo may have the maximum length.
    return [name for name in names if os.path.isfile(name) and name != source]  # noqa: PTH113


def _merge_sidecar(sidecar: Path, xmp: exiv2.XmpData, *, without: re.Pattern[str] | None) -> None:
    parsed = exiv2.ImageFactory.create(exiv2.ImageType.xmp)
    parsed.setXmpPacket(read_file(sidecar).decode("utf-8-sig"))
    for datum in parsed.xmpData():
        if without is None or not without.match(datum.key()):
            xmp[datum.key()] = datum.value()


def _write(
    encoded: bytes,
    carried: _Carried | None,
    *,
    kind: str,
    provenance: Provenance | None,
    picture: RgbPhoto | None,
) -> memoryview:
    image = open_image(encoded)
    exif, xmp, iptc = image.exifData(), image.xmpData(), image.iptcData()
    if carried is not None:
        _carry(carried, image, kind=kind, developed=picture is not None)
    if picture is not None:
        _describe(picture, exif, thumbnail=kind != "tiff" and carried is not None and carried.kept.has_thumbnail)
    elif kind != "dng":
        exif["Exif.Image.Orientation"] = exiv2.UShortValue(1)
    sign(exif, xmp, provenance)
    image.setExifData(exif)
    image.setXmpData(xmp)
    if iptc.count() > 0:  # WebP does not support IPTC.
        image.setIptcData(iptc)
    image.writeMetadata()
    written: memoryview = image.data()
    return written


def _carry(carried: _Carried, image: exiv2.Image, *, kind: str, developed: bool) -> None:
    exif, xmp, iptc = image.exifData(), image.xmpData(), image.iptcData()
    for entry in carried.kept.exif:
        if developed or entry.key not in _COLORS:
            exif[entry.key] = to_value(entry)
    # An unchanged JPEG already contains metadata.
    xmp.clear()
    iptc.clear()
    for datum in carried.xmp:
        if _is_wanted_xmp(datum.key(), kind=kind, developed=developed):
            xmp[datum.key()] = datum.value()
    for entry in carried.kept.iptc if kind != "webp" else ():
        iptc.add(exiv2.IptcKey(entry.key), to_value(entry))


def _describe(picture: RgbPhoto, exif: exiv2.ExifData, *, thumbnail: bool) -> None:
    """Set orientation and size of a picture in Exif, with a new thumbnail if `thumbnail` is set."""
    height, width = picture.samples.shape[:2]
    exif["Exif.Image.Orientation"] = exiv2.UShortValue(picture.orientation)
    exif["Exif.Photo.PixelXDimension"] = exiv2.ULongValue(width)
    exif["Exif.Photo.PixelYDimension"] = exiv2.ULongValue(height)
    small = exiv2.ExifThumb(exif)
    small.erase()
    if thumbnail:
        small.setJpegThumbnail(render_thumbnail(picture))


def render_thumbnail(photo: RgbPhoto) -> bytes:
    """Render the picture as an sRGB JPEG of at most 160 px per side, without applying the orientation."""
    step = max(1, max(photo.samples.shape[:2]) // (LONGEST_SIDE * _OVERSAMPLING))
    sparse = replace(photo, samples=photo.samples[::step, ::step])
    thumbnail = Image.fromarray(to_depth(sparse.planes().transpose(1, 2, 0), np.uint8))
    thumbnail.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = BytesIO()
    thumbnail.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _is_wanted_xmp(key: str, *, kind: str, developed: bool) -> bool:
    if key in _GEOMETRY or (key in _COLORS and not developed):
        return False
    if kind == "dng":
        return True
    return not _SMALL_PICTURES.match(key) and (developed or not _DEVELOPMENT.match(key))
