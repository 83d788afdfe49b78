"""What is kept of the file that a photo was read from, so that it need not be read again for writing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Entry(NamedTuple):
    """One value of Exif or IPTC."""

    key: str
    """As exiv2 names it, such as ``Exif.Photo.FNumber``."""
    kind: int
    """exiv2's number for the type of the value."""
    data: bytes
    """The value, little-endian."""
    area: bytes = b""
    """What the value points to, such as a preview inside maker notes."""


class Metadata(NamedTuple):
    """The metadata that a photo takes along, without what describes how its file was stored."""

    exif: tuple[Entry, ...] = ()
    """With GPS and maker notes."""
    xmp: str = ""
    """An XMP packet; empty where there is none."""
    iptc: tuple[Entry, ...] = ()
    has_thumbnail: bool = False
    problem: str = ""
    """Why the metadata could not be read, for a warning when the photo is written; empty if all is well."""


@dataclass(frozen=True)
class Origin:
    """What is kept of the file that a photo was read from: small beside its pixels."""

    digest: str
    """The sha256 of the bytes that were decoded, in hexadecimal digits."""
    metadata: Metadata = field(default=Metadata(), repr=False)
    rendering: bytes | None = field(default=None, repr=False)
    """The largest picture that the camera put into a RAW file, as JPEG or PPM."""
    checksum: int | None = None
    """The CRC-32 of the decoded pixels, where the file's encoding was lossy: who has the same need not be encoded."""
