"""What is kept of a photo's file when it is read: its digest, and the metadata that its copy shall have."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import Any

import exiv2
import numpy as np

from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.source import printable
from rwdenoise.photo.origin import Entry, Metadata, Origin
from rwdenoise.photo.tag import DTYPES, PAIRS

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
_GEOMETRY = {"Exif.Photo.PixelXDimension", "Exif.Photo.PixelYDimension", "Exif.Photo.InteroperabilityTag"}
_TYPES = frozenset(exiv2.TypeId)
# Kept as the bytes that they are; the others are numbers, of TIFF's types.
_BYTES = (exiv2.StringValueBase, exiv2.DataValue, exiv2.DateValue, exiv2.TimeValue)


def read_origin(data: bytes, *, rendering: bytes | None = None) -> Origin:
    """Return what is to be kept of a photo's file.

    Parameters
    ----------
    data : bytes
        The whole file.
    rendering : bytes, optional
        The picture that the camera put into it.
    """
    return Origin(hashlib.sha256(data).hexdigest(), read_metadata(data), rendering)


def read_metadata(data: bytes) -> Metadata:
    """Return the metadata of a file that its copy shall have; what is damaged is left out, and the reason told.

    Parameters
    ----------
    data : bytes
        The whole file.
    """
    with LOCK:
        try:
            image = open_image(data)
            exif, xmp = image.exifData(), image.xmpData()
            return Metadata(
                tuple(_entry(datum) for datum in exif if _is_wanted(datum)),
                _text(image.xmpPacket()) if xmp.count() else "",
                tuple(_entry(datum) for datum in image.iptcData()),
                has_thumbnail=any(datum.groupName() == "Thumbnail" for datum in exif),
            )
        except EXIV2_ERRORS as error:
            return Metadata(problem=printable(_text(error)))


def to_value(entry: Entry) -> exiv2.Value:
    """Return a value as exiv2 has them."""
    kind = exiv2.TypeId(entry.kind)
    if kind == exiv2.TypeId.comment:
        return exiv2.CommentValue(f"charset=Unicode {entry.data.decode('utf-8', 'replace')}")
    value = exiv2.Value.create(kind)
    if isinstance(value, exiv2.StringValueBase) and _is_text(entry.data):
        value.read(entry.data.decode("utf-8"))
        return value
    if isinstance(value, _BYTES):
        return exiv2.DataValue(entry.data, exiv2.ByteOrder.littleEndian, kind)
    for number in _numbers(entry):
        value.append(number)
    if entry.area:
        value.setDataArea(entry.area)
    return value


def _is_text(data: bytes) -> bool:
    """Whether exiv2 keeps bytes as they are when it takes them as text, to whose end it adds a NUL."""
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8").endswith("\0")
    return False


def _numbers(entry: Entry) -> list[Any]:
    numbers = np.frombuffer(entry.data, DTYPES[entry.kind])
    pairs: list[Any] = numbers.reshape(-1, 2).tolist() if entry.kind in PAIRS else numbers.tolist()
    return [tuple(pair) for pair in pairs] if entry.kind in PAIRS else pairs


def _entry(datum: exiv2.Metadatum) -> Entry:
    value = datum.value()
    kind = value.typeId() if value.typeId() in _TYPES else exiv2.TypeId.undefined  # Damaged files have any number.
    area = bytes(value.dataArea().data()) if value.sizeDataArea() else b""
    if isinstance(value, exiv2.CommentValue) and bytes(value.data()).startswith(b"UNICODE\0"):
        # exiv2 knows in which order the bytes of its text are, but does not say so.
        kind, data = exiv2.TypeId.comment, value.comment().encode("utf-8", "surrogateescape")
    elif isinstance(value, exiv2.DateValue | exiv2.TimeValue):
        data = str(value).replace(":", "").encode("ascii")
        data = data.replace(b"-", b"") if isinstance(value, exiv2.DateValue) else data
    elif isinstance(value, _BYTES):
        data = bytes(value.data())
    else:
        data = np.array(list(value)).astype(DTYPES[int(kind)]).tobytes()
    return Entry(datum.key(), int(kind), data, area)


def _text(said: object) -> str:
    # Of bytes that are no UTF-8 the binding makes surrogates, which nobody can write.
    return str(said).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_wanted(datum: exiv2.Exifdatum) -> bool:
    key, group = datum.key(), datum.groupName()
    if _FOREIGN_GROUPS.fullmatch(group) or key in _GEOMETRY:
        return False
    return group != "Image" or not (datum.tag() in _STRUCTURE or datum.tag() >= _FIRST_DNG_TAG)
