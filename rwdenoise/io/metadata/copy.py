"""Exif, MakerNotes, GPS, XMP and IPTC: read from the source, written into what we encoded, by exiv2."""

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

from rwdenoise.errors import PhotoAccessError, PhotoError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.metadata.provenance import Provenance, sign
from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.source import read_file, shown
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.rgb import RgbPhoto

# Directories that describe pictures which the output does not have.
_FOREIGN_GROUPS = re.compile(r"SubImage\d|SubThumb\d|Thumbnail|Image2|Image3|PanasonicRaw|MpfInfo")
# Tags of the main directory that say how pixels are stored or turned, or where something lies in the file.
_STRUCTURE = frozenset(
    {254, 255, *range(256, 260), 262, 266, 273, 274, *range(277, 282), 284, 301, 305, 317, 318, 319, 320}
    | {*range(322, 326), 330, *range(338, 342), 347, *range(512, 522), *range(529, 533), 700, 33421, 33422, 33424}
    | {33723, 34377, 34665, 34675, 34853, 37398, 40965}
    | {37724}  # Photoshop's layers: they would still be noisy.
)
# From here on the main directory holds the tags of DNG, of which the encoder knows better.
_FIRST_DNG_TAG = 50706
_GEOMETRY = {
    "Exif.Photo.PixelXDimension", "Exif.Photo.PixelYDimension", "Exif.Photo.InteroperabilityTag",
    "Xmp.tiff.ImageWidth", "Xmp.tiff.ImageLength", "Xmp.tiff.BitsPerSample", "Xmp.tiff.Compression",
    "Xmp.tiff.PhotometricInterpretation", "Xmp.tiff.SamplesPerPixel", "Xmp.tiff.PlanarConfiguration",
    "Xmp.tiff.Orientation", "Xmp.tiff.NativeDigest", "Xmp.exif.NativeDigest", "Xmp.exif.PixelXDimension",
    "Xmp.exif.PixelYDimension", "Xmp.dc.format",
}  # fmt: skip
# What the numbers of a developed picture mean; a RAW photo has none to be meant.
_COLORS = {"Exif.Photo.ColorSpace", "Xmp.exif.ColorSpace"}
# How to develop the RAW: wrong for a picture that was made from it, since editors would do it twice.
_DEVELOPMENT = re.compile(r"Xmp\.(crs|crss|darktable|photoshop\.ICCProfile)\b")
_SMALL_PICTURES = re.compile(r"Xmp\.(xmp\.Thumbnails|xmpGImg)\b")
#: In px (DCF 2.0, 3.3.3).
LONGEST_SIDE = 160
_QUALITY = 80
# So many pixels are averaged across and down for each of the thumbnail's; more would not be seen.
_OVERSAMPLING = 4
# The second words of a BigTIFF, which exiv2 does not know.
_BIG_TIFF = (b"II+\0", b"MM\0+")


class _Metadata(NamedTuple):
    exif: exiv2.ExifData
    xmp: exiv2.XmpData
    iptc: exiv2.IptcData


def copy_metadata(
    photo: Photo,
    encoded: bytes,
    *,
    kind: str,
    provenance: Provenance | None,
    warn: Callable[[str], None],
) -> bytes | memoryview:
    """Return the encoded photo with the metadata of its source and a note of what was done to it.

    Damaged metadata is never a reason to lose a photo: it becomes a warning. A source that cannot be read just now is
    another matter: a result without metadata would be taken for done, and the next try may have it all.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        What was encoded. The sidecars of its source (``IMG.xmp``, ``IMG.NEF.xmp``) are read as well. A developed
        picture is turned as before, and how it was developed stays with it; of RAW, what is no DNG was developed, and
        turned.
    encoded : bytes
        A whole DNG, TIFF, JPEG, PNG or WebP. Its pixels stay as they are.
    kind : str
        ``"dng"``, ``"tiff"``, ``"jpeg"``, ``"png"`` or ``"webp"``.
    provenance : Provenance or None
        What was done; None if the photo was not denoised.
    warn : callable
        Gets a sentence for each thing that went wrong.

    Raises
    ------
    PhotoAccessError
        If the source is gone, or cannot be read. A photo whose `source` is None needs none.
    """
    if encoded.startswith(_BIG_TIFF):
        warn("The output is a TIFF of more than 4 GB, into which exiv2 cannot write metadata, so it has none.")
        return encoded
    picture = photo if isinstance(photo, RgbPhoto) else None
    with LOCK:
        carried = _read_source(photo.source, warn, developed=picture is not None)
        try:
            return _write(encoded, carried, kind=kind, provenance=provenance, picture=picture)
        except EXIV2_ERRORS as error:
            warn(
                f"Some metadata does not fit into a {kind} file, so only the description of the work is in it: {error}"
            )
        try:
            return _write(encoded, None, kind=kind, provenance=provenance, picture=picture)
        except EXIV2_ERRORS as error:  # An unchanged JPEG or WebP is as damaged as its source.
            warn(f"The metadata of the output cannot be changed, so it is that of the source: {error}")
            return encoded


def _read_source(source: Path | None, warn: Callable[[str], None], *, developed: bool) -> _Metadata | None:
    if source is None:
        return None
    # A copy: what belongs to the source's own image holds the whole file in memory.
    copy = exiv2.ImageFactory.create(exiv2.ImageType.exv)
    try:
        copy.setMetadata(open_image(read_file(source)))
    except PhotoAccessError:
        # It was there a moment ago: another time the result will have its metadata.
        raise
    except (*EXIV2_ERRORS, PhotoError) as error:
        warn(f"The metadata of {shown(source)} cannot be read, so the output has none of it: {error}")
    carried = _Metadata(copy.exifData(), copy.xmpData(), copy.iptcData())
    for sidecar in sidecars(source):
        # Beside a RAW photo and its JPEG, IMG.xmp says how to develop the RAW; IMG.jpg.xmp is of the JPEG.
        shared = developed and sidecar.stem == source.stem
        try:
            _merge_sidecar(sidecar, carried.xmp, without=_DEVELOPMENT if shared else None)
        except (*EXIV2_ERRORS, PhotoError, UnicodeError) as error:
            warn(f"The sidecar {shown(sidecar)} cannot be read, so the output has none of it: {error}")
    return carried


def sidecars(source: Path) -> list[Path]:
    """Return the XMP sidecars of a photo that are there, the most specific last: it wins."""
    names = [source.with_suffix(".xmp"), source.with_suffix(".XMP"), source.with_name(f"{source.name}.xmp")]
    # Unlike Path.is_file, this is False for names that are too long: a photo's may have all that the system allows.
    return [name for name in names if os.path.isfile(name) and name != source]  # noqa: PTH113


def _merge_sidecar(sidecar: Path, xmp: exiv2.XmpData, *, without: re.Pattern[str] | None) -> None:
    parsed = exiv2.ImageFactory.create(exiv2.ImageType.xmp)
    parsed.setXmpPacket(read_file(sidecar).decode("utf-8-sig"))
    for datum in parsed.xmpData():
        if without is None or not without.match(datum.key()):
            xmp[datum.key()] = datum.value()


def _write(
    encoded: bytes,
    carried: _Metadata | None,
    *,
    kind: str,
    provenance: Provenance | None,
    picture: RgbPhoto | None,
) -> memoryview:
    image = open_image(encoded)
    exif, xmp, iptc = image.exifData(), image.xmpData(), image.iptcData()
    if carried is not None:
        _carry(carried, _Metadata(exif, xmp, iptc), kind=kind, developed=picture is not None)
    if picture is not None:
        _describe(picture, exif, thumbnail=kind != "tiff" and carried is not None and _has_thumbnail(carried.exif))
    elif kind != "dng":
        exif["Exif.Image.Orientation"] = exiv2.UShortValue(1)
    sign(exif, xmp, provenance)
    image.setExifData(exif)
    image.setXmpData(xmp)
    if iptc.count() > 0:  # A WebP has no place for it.
        image.setIptcData(iptc)
    image.writeMetadata()
    written: memoryview = image.data()
    return written


def _carry(carried: _Metadata, target: _Metadata, *, kind: str, developed: bool) -> None:
    for datum in carried.exif:
        if _is_wanted(datum) and (developed or datum.key() not in _COLORS):
            target.exif[datum.key()] = datum.value()
    # An unchanged JPEG has all of it already.
    target.xmp.clear()
    target.iptc.clear()
    for datum in carried.xmp:
        if _is_wanted_xmp(datum.key(), kind=kind, developed=developed):
            target.xmp[datum.key()] = datum.value()
    for datum in carried.iptc if kind != "webp" else ():
        target.iptc.add(exiv2.IptcKey(datum.key()), datum.value())


def _describe(picture: RgbPhoto, exif: exiv2.ExifData, *, thumbnail: bool) -> None:
    """Say of the picture how it is turned and how large it is, and show it in small where `thumbnail` is set."""
    height, width = picture.samples.shape[:2]
    exif["Exif.Image.Orientation"] = exiv2.UShortValue(picture.orientation)
    exif["Exif.Photo.PixelXDimension"] = exiv2.ULongValue(width)
    exif["Exif.Photo.PixelYDimension"] = exiv2.ULongValue(height)
    small = exiv2.ExifThumb(exif)
    small.erase()
    if thumbnail:
        small.setJpegThumbnail(render_thumbnail(picture))


def render_thumbnail(photo: RgbPhoto) -> bytes:
    """Return the picture as an sRGB JPEG of at most 160 px a side, not turned."""
    step = max(1, max(photo.samples.shape[:2]) // (LONGEST_SIDE * _OVERSAMPLING))
    sparse = replace(photo, samples=photo.samples[::step, ::step])
    thumbnail = Image.fromarray(to_depth(sparse.planes().transpose(1, 2, 0), np.uint8))
    thumbnail.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = BytesIO()
    thumbnail.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _has_thumbnail(exif: exiv2.ExifData) -> bool:
    return any(datum.groupName() == "Thumbnail" for datum in exif)


def _is_wanted(datum: exiv2.Exifdatum) -> bool:
    key, group = datum.key(), datum.groupName()
    if _FOREIGN_GROUPS.fullmatch(group) or key in _GEOMETRY:
        return False
    return group != "Image" or not (datum.tag() in _STRUCTURE or datum.tag() >= _FIRST_DNG_TAG)


def _is_wanted_xmp(key: str, *, kind: str, developed: bool) -> bool:
    if key in _GEOMETRY or (key in _COLORS and not developed):
        return False
    if kind == "dng":
        return True
    return not _SMALL_PICTURES.match(key) and (developed or not _DEVELOPMENT.match(key))
