"""Read JPEG pictures, and write them with the compression parameters of their source."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, JpegImagePlugin

from rwdenoise.errors import UnsupportedPhotoError
from rwdenoise.io.pictures.convert import joined, refuse_side, to_photo
from rwdenoise.io.pictures.decoders import cut_off, decoding, refuse_size
from rwdenoise.photo.color import U16_MAX
from rwdenoise.photo.rgb import RgbPhoto, Stored

#: Quality for pictures that were not JPEG.
DEFAULT_QUALITY = 95
#: JPEG_MAX_DIMENSION of libjpeg, in px.
LONGEST_SIDE = 65500

# Markers (ITU-T T.81, table B.1).
_SCAN, _STANDALONE = 0xDA, {0x00, 0x01, *range(0xD0, 0xDA)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_HUFFMAN = {0xC0, 0xC1, 0xC2}
_ODD_FRAMES = {0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical"}
# Exif, XMP and Photoshop blocks: hidden from Pillow, which may fail on them; exiv2 reads them.
_METADATA = {0xE1, 0xED}
# Each block of 8 x 8 px takes at least one bit, for its mean, which run-length coding does not cover (T.81, G.1.2.1).
_MAX_PIXELS_PER_BYTE = 8 * 64
_RGB_NAMES = [ord("R"), ord("G"), ord("B")]
_FULL_COLOR = 0
_JFIF = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
_DENSITY_AT = 13
# None, inch, and centimeter (JFIF 1.02).
_UNITS = {0, 1, 2}


class _Segment(NamedTuple):
    marker: int
    content: bytes
    """Content with the marker; for a scan, all following data."""


def read_jpeg(data: bytes, *, name: str) -> RgbPhoto:
    """Read a gray or color JPEG of 8 bits, baseline or progressive.

    Raises
    ------
    CorruptPhotoError
        If it is cut off or damaged.
    UnsupportedPhotoError
        If it is CMYK, 12-bit, lossless or arithmetically coded.
    """
    segments = [*_segments(data)]
    frame = next((segment for segment in segments if segment.marker in _FRAMES), None)
    if frame is None or len(frame.content) < 10 or segments[-1].marker != _SCAN:
        raise cut_off(name, f"its {len(data)} bytes end before its pixels begin")
    _refuse_kind(frame, name)
    bare = b"\xff\xd8" + b"".join(segment.content for segment in segments if segment.marker not in _METADATA)
    with decoding(name, "JPEG"), JpegImagePlugin.JpegImageFile(BytesIO(bare)) as image:
        refuse_size(image.height, image.width, name=name)
        if image.height * image.width > len(bare) * _MAX_PIXELS_PER_BYTE:
            raise cut_off(name, f"{len(data)} bytes cannot hold {image.width} x {image.height} pixels")
        stored = Stored("jpeg", image.info.get("icc_profile"), _details(image))
        return to_photo(np.asarray(image), stored)


def encode_jpeg(photo: RgbPhoto, *, quality: int | None = None) -> bytes:
    """Encode a JPEG with the tables, the subsampling and the density of its source.

    Parameters
    ----------
    photo : RgbPhoto
        uint8, without alpha.
    quality : int, optional
        Quality of libjpeg, 1 to 100, instead of the tables. By default 95 if the source was not a JPEG.

    Notes
    -----
    Pillow supports 4:4:4, 4:2:2 and 4:2:0; other subsamplings become 4:4:4, without loss of color.
    """
    refuse_side(photo, LONGEST_SIDE, title="JPEG", instead="tiff or png")
    details = photo.stored.details
    settings: dict[str, Any] = {key: details[key] for key in ("keep_rgb", "comment") if key in details}
    settings |= {"subsampling": details.get("subsampling", _FULL_COLOR), "icc_profile": photo.stored.icc}
    if quality is None and details.get("qtables"):
        settings["qtables"] = details["qtables"]
    else:
        settings["quality"] = quality or DEFAULT_QUALITY
    picture = Image.fromarray(joined(photo))
    jpeg = _saved(picture, settings)
    # Pillow allocates one byte per pixel for the progressive coder, and fails if that is not enough.
    if details.get("progressive") and len(jpeg) < picture.width * picture.height:
        jpeg = _saved(picture, settings | {"progressive": True})
    return _with_resolution(jpeg, details)


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments up to the first scan; skip data between them, like all decoders."""
    place = 2
    while place + 4 <= len(data):
        marker = data[place + 1]
        if data[place] != 0xFF or marker == 0xFF:
            place += 1
        elif marker in _STANDALONE:
            place += 2
        elif marker == _SCAN:
            yield _Segment(marker, data[place:])
            return
        else:
            end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
            yield _Segment(marker, data[place:end])
            place = end


def _refuse_kind(frame: _Segment, name: str) -> None:
    bits, components = frame.content[4], frame.content[9]
    if frame.marker not in _HUFFMAN:
        kind = f"with {_ODD_FRAMES.get(frame.marker, 'arithmetic')} coding"
    elif bits != 8:
        kind = f"with {bits} bits"
    elif components not in (1, 3):
        kind = "in CMYK colors" if components == 4 else f"with {components} components"
    else:
        return
    message = f"{name} is a JPEG {kind}; expected 8-bit gray or RGB, baseline or progressive."
    raise UnsupportedPhotoError(message, hint="Convert the picture to RGB, and save it as TIFF or baseline JPEG.")


def _details(image: JpegImagePlugin.JpegImageFile) -> dict[str, Any]:
    """Return the parameters of `save` in Pillow that write a file of the same kind."""
    info = image.info
    tables = [image.quantization[table] for *_, table in image.layer if table in image.quantization]
    while len(tables) > 1 and tables[-1] == tables[-2]:  # Pillow uses the last table for all further colors.
        tables.pop()
    plain = "jfif" not in info and [identifier for identifier, *_ in image.layer] == _RGB_NAMES
    return {
        "qtables": tables,
        "subsampling": max(JpegImagePlugin.get_sampling(image), _FULL_COLOR),
        "progressive": bool(info.get("progressive")),
        "keep_rgb": len(image.layer) == 3 and info.get("adobe_transform", 0 if plain else 1) == 0,
        "comment": info.get("comment", b""),
    } | _resolution(info)


def _resolution(info: Mapping[Any, Any]) -> dict[str, Any]:
    """Return pixels per unit, across and down, as fractions, and the unit as in TIFF, one higher than in JFIF."""
    if info.get("jfif_unit") not in _UNITS:
        return {}
    across, down = info["jfif_density"]
    return {"resolution": ((across, 1), (down, 1)), "unit": info["jfif_unit"] + 1}


def _saved(picture: Image.Image, settings: dict[str, Any]) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", **settings)
    return file.getvalue()


def _with_resolution(jpeg: bytes, details: Mapping[str, Any]) -> bytes:
    """Set unit (0 none, 1 inch, 2 cm) and pixels per unit in the JFIF header of a JPEG, if it has one."""
    if "resolution" not in details or not jpeg.startswith(_JFIF):
        return jpeg
    across, down = (min(round(top / bottom), U16_MAX) for top, bottom in details["resolution"])
    density = struct.pack(">BHH", details["unit"] - 1, across, down)
    return b"".join([jpeg[:_DENSITY_AT], density, memoryview(jpeg)[_DENSITY_AT + len(density) :]])
