"""Data kept from the source file of a photo, which then need not be read again for writing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Entry(NamedTuple):
    """One value of Exif or IPTC."""

    key: str
    """Its name in exiv2, such as ``Exif.Photo.FNumber``."""
    kind: int
    """Type of the value, as numbered by exiv2."""
    data: bytes
    """The value, little-endian."""
    area: bytes = b""
    """Data that the value points to, such as a preview inside maker notes."""


class Metadata(NamedTuple):
    """The metadata that a photo keeps, except the description of its file's storage."""

    exif: tuple[Entry, ...] = ()
    """Including GPS and maker notes."""
    xmp: str = ""
    """XMP packet; empty if the file has none."""
    iptc: tuple[Entry, ...] = ()
    has_thumbnail: bool = False
    problem: str = ""
    """Why the metadata could not be read, for a warning on writing; empty if they were read."""


@dataclass(frozen=True)
class Origin:
    """Data kept from the source file of a photo: small compared to its pixels."""

    digest: str
    """SHA-256 of the decoded bytes, in hexadecimal."""
    metadata: Metadata = field(default=Metadata(), repr=False)
    rendering: bytes | None = field(default=None, repr=False)
    """The largest embedded preview of a RAW file, as JPEG or PPM."""
    checksum: int | None = None
    """CRC-32 of the decoded pixels of a lossy file; pixels with the same one need not be encoded again."""
