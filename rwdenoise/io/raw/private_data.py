"""Keep maker notes outside Exif in the DNG tag DNGPrivateData, in the form that Adobe's converter uses.

Canon's CRW is a heap of records, and Kodak's KDC has a separate directory; exiv2 cannot copy them to other files.
exiftool reads them from DNGPrivateData (layouts: exiftool 12.57, ``DNG.pm``, ``CanonRaw.pm``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress

from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.tiff_structure import Directory, read_directory
from rwdenoise.photo.tag import BYTE, Tag

_ADOBE = b"Adobe\0"
_CRW_MAGIC = b"HEAPCCDR"
# Bits in the number of a CRW record: its value is in the directory; it is a heap itself (two kinds).
_WHERE, _INSIDE, _KIND, _HEAPS = 0xC000, 0x4000, 0x3800, (0x2800, 0x3000)
# The mosaic and two pictures, which the DNG replaces.
_PICTURES = (0x2005, 0x2007, 0x2008)
_DEEPEST = 8


def private_tags(data: bytes, directories: Sequence[Directory]) -> tuple[Tag, ...]:
    """Return the tag with the maker notes of a CRW or KDC; empty for other files.

    Parameters
    ----------
    data : bytes
        The complete file.
    directories : sequence of mapping
        Its directories; empty if it is not a TIFF.
    """
    block = b""
    if data[6:].startswith(_CRW_MAGIC):
        block = _block(b"CRW ", _crw(data))
    elif directories and tags.KODAK_IFD in directories[0]:
        block = _block(b"Koda", _kodak(data, int(directories[0][tags.KODAK_IFD].values[0])))
    return (Tag(tags.DNG_PRIVATE_DATA, BYTE, _ADOBE + block),) if block else ()


def _block(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)


def _crw(data: bytes) -> bytes:
    """Encode all records in sequence: numbers and sizes big-endian, values unchanged."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "<")
    records: list[tuple[int, bytes]] = []
    # A damaged heap ends at the damage; records before it are kept.
    with suppress(struct.error):
        (start,) = struct.unpack_from(f"{order}I", data, 2)
        records.extend(_records(data[start:], order, _DEEPEST))
    packed = b"".join(struct.pack(">HI", number, len(value)) + value for number, value in records)
    return data[:2] + struct.pack(">H", len(records)) + packed


def _records(heap: bytes, order: str, deepest: int) -> Iterator[tuple[int, bytes]]:
    (place,) = struct.unpack_from(f"{order}I", heap, len(heap) - 4)
    (count,) = struct.unpack_from(f"{order}H", heap, place)
    for index in range(count):
        entry = place + 2 + 10 * index
        number, size, offset = struct.unpack_from(f"{order}HII", heap, entry)
        if number & _WHERE == _INSIDE:
            yield number, heap[entry + 2 : entry + 10]
        elif number & _KIND in _HEAPS and deepest > 0:
            yield from _records(heap[offset : offset + size], order, deepest - 1)
        elif number not in _PICTURES:
            yield number, heap[offset : offset + size]


def _kodak(data: bytes, offset: int) -> bytes:
    """Encode a directory whose values follow their entries: numbers big-endian, values little-endian."""
    found = read_directory(data, offset).values()
    packed = b"".join(struct.pack(">HHI", tag.code, tag.kind, tag.length) + tag.data for tag in found)
    return b"II" + struct.pack(">H", len(found)) + packed
