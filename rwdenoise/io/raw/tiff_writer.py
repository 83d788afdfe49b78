"""Putting a TIFF file together from tags and encoded pixels: the mirror of `rwdenoise.io.raw.tiff_structure`.

tifffile would do, but for DNG it stands in the way: it refuses LinearRaw with one sample (monochrome sensors), writes
12 as BitsPerSample for JPEG, miscounts given rationals, and chains SubIFDs so that exiftool refuses to write.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from rwdenoise.errors import PhotoWriteError
from rwdenoise.photo import tag as tags
from rwdenoise.photo.tag import Tag

_HEADER = struct.pack("<2sHI", b"II", 42, 8)
_INLINE = 4
_MAX_BYTES = 2**32 - 1


class Picture(NamedTuple):
    """A directory with its encoded pixels."""

    tags: Sequence[Tag]
    """All but those that say where the pixels are."""
    pieces: Sequence[bytes]
    """Strips, or tiles where the tags say so."""


def assemble(main: Picture, child: Picture | None = None) -> bytes:
    """Return a little-endian TIFF file with one picture and perhaps another in a SubIFD.

    Raises
    ------
    PhotoWriteError
        If it would be larger than the 4 GiB that the format can address.
    """
    pictures = [main] if child is None else [main, child]
    # An offset takes four bytes whatever it is, so a first pass with zeros says how large the directories are.
    sizes = [
        len(_directory(_located(picture, 0, child=0 if index < len(pictures) - 1 else None), 0))
        for index, picture in enumerate(pictures)
    ]
    *places, pixels = accumulate(sizes, initial=len(_HEADER))
    *starts, end = accumulate((sum(map(len, picture.pieces)) for picture in pictures), initial=pixels)
    if end > _MAX_BYTES:
        message = f"The photo would take {end} bytes; a TIFF or DNG file holds at most {_MAX_BYTES}."
        raise PhotoWriteError(message, hint="Write it in another format.")
    children = [*places[1:], None]
    directories = [
        _directory(_located(picture, start, child=below), place)
        for picture, start, place, below in zip(pictures, starts, places, children, strict=True)
    ]
    return b"".join([_HEADER, *directories, *(piece for picture in pictures for piece in picture.pieces)])


def _located(picture: Picture, start: int, *, child: int | None) -> list[Tag]:
    """Return the picture's tags with those that say where its pixels and its SubIFD are."""
    tiled = any(tag.code == tags.TILE_WIDTH for tag in picture.tags)
    offsets, counts = (
        (tags.TILE_OFFSETS, tags.TILE_BYTE_COUNTS) if tiled else (tags.STRIP_OFFSETS, tags.STRIP_BYTE_COUNTS)
    )
    lengths = [len(piece) for piece in picture.pieces]
    *places, _ = accumulate(lengths, initial=start)
    found = [*picture.tags, tags.numbers(offsets, tags.LONG, places), tags.numbers(counts, tags.LONG, lengths)]
    return found if child is None else [*found, tags.numbers(tags.SUB_IFDS, tags.LONG, (child,))]


def _directory(found: Sequence[Tag], place: int) -> bytes:
    """Return a directory that lies at byte `place`, followed by the values that are too long for an entry."""
    entries, values = b"", b""
    after = place + 2 + 12 * len(found) + 4
    for tag in sorted(found):
        stored = tag.data.ljust(_INLINE, b"\0")
        if len(tag.data) > _INLINE:
            stored = struct.pack("<I", after + len(values))
            values += tag.data + b"\0" * (len(tag.data) % 2)
        entries += struct.pack("<HHI", tag.code, tag.kind, tag.length) + stored
    # The last four bytes say that no other directory follows; values begin at even offsets.
    return struct.pack("<H", len(found)) + entries + struct.pack("<I", 0) + values
