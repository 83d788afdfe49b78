"""Read and write PNG of 8 and 16 bits, with their color and density chunks (PNG, third edition, W3C 2025)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import imagecodecs

from rwdenoise.errors import UnsupportedPhotoError
from rwdenoise.io.pictures.convert import joined, to_photo
from rwdenoise.io.pictures.decoders import cut_off, decoding, refuse_size
from rwdenoise.photo.rgb import RgbPhoto, Stored

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# The signature (8 bytes) and the chunk IHDR (25 bytes).
_AFTER_HEADER = 33
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
_PALETTE = 3
# Chunks copied unchanged: color, physical size, and texts.
_KEPT = {b"iCCP", b"cHRM", b"gAMA", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"sCAL", b"bKGD"}
_PIXELS = {b"IDAT", b"IEND"}
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
# Texts with Exif, XMP or IPTC, which exiv2 reads and writes.
_METADATA = (b"Raw profile type ", b"XML:com.adobe.xmp")
# Deflate encodes at most 258 bytes in 2 bits.
_MAX_INFLATION = 1032
_LARGEST_ICC = 2**24
_U32_MAX = 2**32 - 1
# Resolution units of TIFF, and their number per meter.
_NO_UNIT, _INCH, _CENTIMETER = 1, 2, 3
_PER_METER = {_NO_UNIT: 1.0, _INCH: 1 / 0.0254, _CENTIMETER: 100.0}


class Chunk(NamedTuple):
    """A chunk of a PNG."""

    kind: bytes
    content: bytes | memoryview


def read_png(data: bytes, *, name: str) -> RgbPhoto:
    """Read a PNG of 8 or 16 bits: gray or RGB, with or without alpha, interlaced or not.

    Raises
    ------
    CorruptPhotoError
        If it is cut off or damaged; all checksums are verified.
    UnsupportedPhotoError
        If it has indexed colors, fewer than 8 bits or a transparent color, or is an animation.
    """
    chunks = [*_chunks(data, name)]
    _refuse_header(chunks, name)
    with decoding(name, "PNG"):
        # Pillow would silently reduce 16-bit RGB to 8 bits; libpng prints warnings about profiles.
        pixels = imagecodecs.png_decode(with_chunks(data[:_AFTER_HEADER], [c for c in chunks if c.kind in _PIXELS]))
        known = (Chunk(kind, bytes(content)) for kind, content in chunks if kind in _KEPT | _TEXTS)
        kept = tuple(chunk for chunk in known if chunk.kind in _KEPT or not bytes(chunk.content).startswith(_METADATA))
        return to_photo(pixels, Stored("png", _profile(kept), {"chunks": kept} | _resolution(kept)))


def encode_png(photo: RgbPhoto) -> bytes:
    """Encode a PNG with the bit depth of the picture and the color and density chunks of its source.

    Parameters
    ----------
    photo : RgbPhoto
        uint8 or uint16, with at most one alpha plane.
    """
    chunks = photo.stored.details.get("chunks", (*_new_chunks(photo.stored),))
    return with_chunks(imagecodecs.png_encode(joined(photo)), chunks)


def profile_chunk(icc: bytes) -> Chunk:
    """Create the chunk of an ICC profile."""
    return Chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc))


def with_chunks(png: bytes | bytearray, chunks: Iterable[Chunk]) -> bytes:
    """Insert chunks directly after the header, where color chunks must be."""
    whole = memoryview(png)
    more = [
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
        for kind, content in chunks
    ]
    return b"".join([whole[:_AFTER_HEADER], *more, whole[_AFTER_HEADER:]])


def _chunks(data: bytes, name: str) -> Iterator[Chunk]:
    """Yield all chunks, and verify their checksums."""
    whole = memoryview(data)
    place, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(data[place : place + 4], "big")
        kind, content = data[place + 4 : place + 8], whole[place + 8 : place + 8 + length]
        place += 12 + length
        if place > len(data):
            raise cut_off(name, f"it ends at byte {len(data)}, inside a chunk that should end at byte {place}")
        if zlib.crc32(content, zlib.crc32(kind)) != int.from_bytes(data[place - 4 : place], "big"):
            raise cut_off(name, f"the checksum of its chunk {kind!r} before byte {place} is wrong")
        yield Chunk(kind, content)


def _refuse_header(chunks: list[Chunk], name: str) -> None:
    """Raise if the kind of PNG is not supported, or the header states more pixels than the data can hold."""
    first, kinds = chunks[0], {chunk.kind for chunk in chunks}
    if first.kind != b"IHDR" or len(first.content) != 13:
        raise cut_off(name, f"its first chunk is {first.kind!r} instead of a header of 13 bytes")
    width, height, bits, color = struct.unpack(">IIBB", first.content[:10])
    if color == _PALETTE:
        palette = next((chunk.content for chunk in chunks if chunk.kind == b"PLTE"), b"")
        kind = f"a picture with {len(palette) // 3} indexed colors"
    elif bits < 8:
        kind = f"a {bits}-bit scan"
    elif b"acTL" in kinds:
        kind = "an animation"
    elif b"tRNS" in kinds:
        kind = "a picture with one transparent color"
    else:
        kind = ""
    if kind:
        message = f"{name} is {kind}; expected a gray or RGB PNG of 8 or 16 bits."
        raise UnsupportedPhotoError(message, hint="Convert the picture to 8 or 16 bits per channel, and save it again.")
    refuse_size(height, width, name=name)
    expected = height * width * _CHANNELS.get(color, 1) * bits // 8
    packed = sum(len(chunk.content) for chunk in chunks if chunk.kind == b"IDAT")
    if expected > packed * _MAX_INFLATION:
        raise cut_off(name, f"{packed} bytes of data cannot hold {width} x {height} pixels")


def _profile(chunks: Iterable[Chunk]) -> bytes | None:
    packed = next((bytes(chunk.content) for chunk in chunks if chunk.kind == b"iCCP"), None)
    # The profile follows a name, a zero, and the compression method, of which only one exists.
    return None if packed is None else zlib.decompressobj().decompress(packed[packed.index(0) + 2 :], _LARGEST_ICC)


def _resolution(chunks: Iterable[Chunk]) -> dict[str, Any]:
    """Return pixels per unit, across and down, as fractions, and the unit as in TIFF: cm instead of meters."""
    stated = next((chunk.content for chunk in chunks if chunk.kind == b"pHYs"), None)
    if stated is None:
        return {}
    across, down, metric = struct.unpack(">IIB", stated)
    per = 100 if metric else 1
    return {"resolution": ((across, per), (down, per)), "unit": _CENTIMETER if metric else _NO_UNIT}


def _new_chunks(stored: Stored) -> Iterator[Chunk]:
    """Yield the color and density chunks for a picture of another format."""
    if stored.icc is not None:
        yield profile_chunk(stored.icc)
    if "resolution" in stored.details:
        per_meter = _PER_METER[stored.details["unit"]]
        sides = (min(round(top / bottom * per_meter), _U32_MAX) for top, bottom in stored.details["resolution"])
        yield Chunk(b"pHYs", struct.pack(">IIB", *sides, stored.details["unit"] != _NO_UNIT))
