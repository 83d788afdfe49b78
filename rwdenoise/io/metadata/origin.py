"""Read the data that a photo keeps from its file: digest, camera, and the metadata for its copy.

All code that reads metadata opens files here, because exiv2 has its own errors and is not thread-safe.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import exiv2
import numpy as np

from rwdenoise.io.source import printable
from rwdenoise.photo.origin import Entry, Metadata, Origin
from rwdenoise.photo.tag import DTYPES, PAIRS

#: Errors of exiv2 on damaged files; its binding converts C++ exceptions (overflow, ranges) to the standard ones.
EXIV2_ERRORS = (exiv2.Exiv2Error, ArithmeticError, LookupError, ValueError, RuntimeError)
#: exiv2 is not thread-safe.
LOCK = threading.Lock()

T = TypeVar("T")

# Directories of pictures that the output does not have.
_FOREIGN_GROUPS = re.compile(r"SubImage\d|SubThumb\d|Thumbnail|Image2|Image3|PanasonicRaw|MpfInfo")
# Tags of the main directory for the storage or orientation of pixels, or for offsets in the file.
_STRUCTURE = frozenset(
    {254, 255, *range(256, 260), 262, 266, 273, 274, *range(277, 282), 284, 301, 305, 317, 318, 319, 320}
    | {*range(322, 326), 330, *range(338, 342), 347, *range(512, 522), *range(529, 533), 700, 33421, 33422, 33424}
    | {33723, 34377, 34665, 34675, 34853, 37398, 40965}
    | {37724}  # Photoshop layers, which would still be noisy.
)
# Tags from here on belong to DNG, and the DNG encoder writes them itself.
_FIRST_DNG_TAG = 50706
_GEOMETRY = {"Exif.Photo.PixelXDimension", "Exif.Photo.PixelYDimension", "Exif.Photo.InteroperabilityTag"}
_TYPES = frozenset(exiv2.TypeId)
# Types kept as bytes; the others are numbers of TIFF types.
_BYTES = (exiv2.StringValueBase, exiv2.DataValue, exiv2.DateValue, exiv2.TimeValue)


class Identity(NamedTuple):
    """Camera, ISO speed and orientation of a photo."""

    make: str = ""
    model: str = ""
    iso: float | None = None
    orientation: int = 1
    """Exif orientation, 1 to 8: how a viewer must rotate or mirror the picture."""


def open_image(data: Any) -> exiv2.Image:  # noqa: ANN401 -- any buffer
    """Read all metadata of a file; the caller holds `LOCK` and handles `EXIV2_ERRORS`."""
    # Warnings of exiv2 about camera files do not concern the photographer.
    exiv2.LogMsg.setLevel(exiv2.LogMsg.Level.mute)
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    return image


def read_exif(data: bytes, find: Callable[[exiv2.ExifData], T], *, default: T) -> T:
    """Return the result of `find` for the Exif of a file, or `default` if exiv2 cannot read it."""
    with LOCK, suppress(*EXIV2_ERRORS):
        return find(open_image(data).exifData())
    return default


def read_origin(data: bytes, *, rendering: bytes | None = None) -> tuple[Origin, Identity]:
    """Read the data to keep from the file of a photo, and the camera that took it.

    Damaged metadata becomes `Metadata.problem`, without an error.

    Parameters
    ----------
    data : bytes
        The whole file.
    rendering : bytes, optional
        The embedded preview.
    """
    identity = Identity()
    with LOCK:
        try:
            image = open_image(data)
            identity = _identity(image.exifData())
            metadata = _metadata(image)
        except EXIV2_ERRORS as error:
            metadata = Metadata(problem=printable(to_utf8(error)))
    return Origin(hashlib.sha256(data).hexdigest(), metadata, rendering), identity


def to_value(entry: Entry) -> exiv2.Value:
    """Convert an entry to a value of exiv2."""
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
    """Return whether exiv2 keeps bytes unchanged as text, to which it appends a NUL."""
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8").endswith("\0")
    return False


def _numbers(entry: Entry) -> list[Any]:
    numbers = np.frombuffer(entry.data, DTYPES[entry.kind])
    pairs: list[Any] = numbers.reshape(-1, 2).tolist() if entry.kind in PAIRS else numbers.tolist()
    return [tuple(pair) for pair in pairs] if entry.kind in PAIRS else pairs


def to_utf8(said: object) -> str:
    """Convert a text from exiv2 to valid UTF-8."""
    # The binding converts invalid UTF-8 to surrogates, which cannot be written.
    return str(said).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _identity(exif: exiv2.ExifData) -> Identity:
    identity = Identity()
    with suppress(*EXIV2_ERRORS):
        orientation = _value(exif, "Exif.Image.Orientation")
        turned = int(orientation) if re.fullmatch("[1-8]", orientation) else 1
        identity = Identity(_value(exif, "Exif.Image.Make"), _value(exif, "Exif.Image.Model"), None, turned)
        found: Any = exiv2.isoSpeed(exif)
        iso = re.fullmatch(r"\d+", "" if found is None or found == exif.end() else str(found.print(exif)))
        identity = identity._replace(iso=float(iso[0]) if iso and int(iso[0]) > 0 else None)
    return identity


def _value(exif: exiv2.ExifData, key: str) -> str:
    """Return the value of a tag as text; empty if the tag is missing."""
    found = exif.findKey(exiv2.ExifKey(key))
    return "" if found == exif.end() else to_utf8(found.toString()).strip("\0 ")


def _metadata(image: exiv2.Image) -> Metadata:
    exif, xmp = image.exifData(), image.xmpData()
    return Metadata(
        tuple(_entry(datum) for datum in exif if _is_wanted(datum)),
        to_utf8(image.xmpPacket()) if xmp.count() else "",
        tuple(_entry(datum) for datum in image.iptcData()),
        has_thumbnail=any(datum.groupName() == "Thumbnail" for datum in exif),
    )


def _entry(datum: exiv2.Metadatum) -> Entry:
    value = datum.value()
    kind = value.typeId() if value.typeId() in _TYPES else exiv2.TypeId.undefined  # Damaged files have arbitrary types.
    area = bytes(value.dataArea().data()) if value.sizeDataArea() else b""
    if isinstance(value, exiv2.CommentValue) and bytes(value.data()).startswith(b"UNICODE\0"):
        # exiv2 knows the byte order of this text but does not expose it.
        kind, data = exiv2.TypeId.comment, value.comment().encode("utf-8", "surrogateescape")
    elif isinstance(value, exiv2.DateValue | exiv2.TimeValue):
        data = str(value).replace(":", "").encode("ascii")
        data = data.replace(b"-", b"") if isinstance(value, exiv2.DateValue) else data
    elif isinstance(value, _BYTES):
        data = bytes(value.data())
    else:
        data = np.array(list(value)).astype(DTYPES[int(kind)]).tobytes()
    return Entry(datum.key(), int(kind), data, area)


def _is_wanted(datum: exiv2.Exifdatum) -> bool:
    key, group = datum.key(), datum.groupName()
    if _FOREIGN_GROUPS.fullmatch(group) or key in _GEOMETRY:
        return False
    return group != "Image" or not (datum.tag() in _STRUCTURE or datum.tag() >= _FIRST_DNG_TAG)
