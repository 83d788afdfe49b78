"""Read and write the structure of TIFF and DNG files: tag numbers, directories, assembly of a file.

Reading does not load pixels and does not trust the file. tifffile is not suitable for writing DNG: it refuses LinearRaw
with one sample (monochrome sensors), writes 12 as BitsPerSample for JPEG, miscounts given rationals, and chains SubIFDs
in a way that makes exiftool refuse to write.

Numbers and meanings of tags: TIFF 6.0 (1992), TIFF/EP (ISO 12234-2:2001) and the DNG specification 1.7.1 (2023).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from rwdenoise.errors import PhotoWriteError
from rwdenoise.io.source import FilePart
from rwdenoise.photo.tag import ASCII, DTYPES, LONG, RATIONAL, SIZES, SRATIONAL, Tag

NEW_SUBFILE_TYPE, IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
MAKE, MODEL, STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL = 271, 272, 273, 274, 277
ROWS_PER_STRIP, STRIP_BYTE_COUNTS, PLANAR_CONFIGURATION, TILE_WIDTH, TILE_LENGTH = 278, 279, 284, 322, 323
TILE_OFFSETS, TILE_BYTE_COUNTS, SUB_IFDS, SAMPLE_FORMAT, ISO_SPEED = 324, 325, 330, 339, 34855
YCBCR_SUBSAMPLING, YCBCR_POSITIONING, REFERENCE_BLACK_WHITE = 530, 531, 532
CFA_REPEAT_PATTERN_DIM, CFA_PATTERN = 33421, 33422
DNG_VERSION, DNG_BACKWARD_VERSION, UNIQUE_CAMERA_MODEL, CFA_PLANE_COLOR, CFA_LAYOUT = 50706, 50707, 50708, 50710, 50711
BLACK_LEVEL_REPEAT_DIM, BLACK_LEVEL, BLACK_LEVEL_DELTA_H, BLACK_LEVEL_DELTA_V = 50713, 50714, 50715, 50716
WHITE_LEVEL, DEFAULT_SCALE, DEFAULT_CROP_ORIGIN, DEFAULT_CROP_SIZE = 50717, 50718, 50719, 50720
COLOR_MATRIX_1, COLOR_MATRIX_2, AS_SHOT_NEUTRAL, AS_SHOT_WHITE_XY, BASELINE_EXPOSURE = 50721, 50722, 50728, 50729, 50730
CALIBRATION_ILLUMINANT_1, CALIBRATION_ILLUMINANT_2, ACTIVE_AREA = 50778, 50779, 50829
DNG_PRIVATE_DATA, KODAK_IFD = 50740, 33424
NOISE_REDUCTION_APPLIED, OPCODE_LIST_1, OPCODE_LIST_2, OPCODE_LIST_3, NOISE_PROFILE = 50935, 51008, 51009, 51022, 51041

CFA_PHOTOMETRIC, LINEAR_RAW_PHOTOMETRIC = 32803, 34892
#: Maximum denominator of written rationals.
FINEST_DENOMINATOR = 1_000_000

Directory = Mapping[int, Tag]
Bytes = bytes | FilePart

#: Magic numbers of TIFF, Panasonic RW2 and Olympus ORF (two kinds), which otherwise have the same structure.
_MAGIC = (42, 0x55, 0x4F52, 0x5352)
#: Maximum number of directories, more than any camera writes.
_MAX_DIRECTORIES = 64
_ENTRY = 12
_ORDERS = {b"II": "<", b"MM": ">"}
_HEADER = struct.pack("<2sHI", b"II", 42, 8)
_INLINE = 4
_MAX_BYTES = 2**32 - 1


def numbers(code: int, kind: int, values: Iterable[float]) -> Tag:
    """Create a tag with integer or float values of the TIFF type `kind`."""
    return Tag(code, kind, np.array(list(values)).astype(DTYPES[kind]).tobytes())


def rationals(code: int, values: Iterable[float], *, signed: bool = False) -> Tag:
    """Create a tag with values as fractions, accurate to six digits."""
    fractions = [Fraction(float(value)).limit_denominator(FINEST_DENOMINATOR) for value in values]
    parts = [part for fraction in fractions for part in (fraction.numerator, fraction.denominator)]
    return numbers(code, SRATIONAL if signed else RATIONAL, parts)


def ascii_text(code: int, text: str) -> Tag:
    """Create a tag with NUL-terminated text."""
    return Tag(code, ASCII, text.encode("utf-8") + b"\0")


def read_directories(data: Bytes) -> tuple[Directory, ...]:
    """Read all directories of a TIFF-like file: the main chain first, then the SubIFDs.

    Entries that point outside the file are skipped. No content raises an error.

    Parameters
    ----------
    data : bytes
        The complete file.

    Returns
    -------
    tuple of mappings from tag number to tag
        Empty if the file is not a TIFF.
    """
    order = _ORDERS.get(data[:2])
    if order is None or len(data) < 8 or _whole(data, 2, f"{order}u2") not in _MAGIC:
        return ()
    found: dict[int, Directory] = {}
    waiting = [_whole(data, 4, f"{order}u4")]
    while waiting and len(found) < _MAX_DIRECTORIES:
        offset = waiting.pop(0)
        if offset in found or not 8 <= offset <= len(data) - 2:
            continue
        found[offset] = {tag.code: tag for tag in _entries(data, offset, order)}
        end = offset + 2 + _whole(data, offset, f"{order}u2") * _ENTRY
        waiting += [_whole(data, end, f"{order}u4")] if end + 4 <= len(data) else []
        children = found[offset].get(SUB_IFDS)
        waiting += [] if children is None else [int(value) for value in children.values[:_MAX_DIRECTORIES]]
    return tuple(found.values())


def read_directory(data: bytes, offset: int) -> Directory:
    """Read the directory at byte `offset` of a TIFF-like file; empty without one."""
    if data[:2] not in _ORDERS or not 8 <= offset <= len(data) - 2:
        return {}
    return {tag.code: tag for tag in _entries(data, offset, _ORDERS[data[:2]])}


def _entries(data: Bytes, offset: int, order: str) -> Iterator[Tag]:
    for index in range(_whole(data, offset, f"{order}u2")):
        start = offset + 2 + index * _ENTRY
        if start + _ENTRY > len(data):
            return
        code, kind = (_whole(data, start + shift, f"{order}u2") for shift in (0, 2))
        size = SIZES.get(kind, 0) * _whole(data, start + 4, f"{order}u4")
        place = start + 8 if size <= 4 else _whole(data, start + 8, f"{order}u4")
        if size > 0 and place + size <= len(data):
            stored = np.frombuffer(data[place : place + size], DTYPES[kind].replace("<", order))
            yield Tag(code, kind, stored.astype(DTYPES[kind]).tobytes())


def _whole(data: Bytes, offset: int, form: str) -> int:
    kind = np.dtype(form)
    # If the file is truncated at this moment, this raises ValueError.
    return int(np.frombuffer(data[offset : offset + kind.itemsize], kind).item())


class Picture(NamedTuple):
    """A directory with its encoded pixels."""

    tags: Sequence[Tag]
    """All tags except those that locate the pixels."""
    pieces: Sequence[bytes]
    """Strips, or tiles if the tags say so."""


def assemble(main: Picture, child: Picture | None = None) -> bytes:
    """Assemble a little-endian TIFF file of one picture and, optionally, another in a SubIFD.

    Raises
    ------
    PhotoWriteError
        If it would exceed 4 GiB, the limit of the format.
    """
    pictures = [main] if child is None else [main, child]
    # All offsets take four bytes: a first pass with zeros gives the sizes of the directories.
    sizes = [
        len(_directory(_located(picture, 0, child=0 if index < len(pictures) - 1 else None), 0))
        for index, picture in enumerate(pictures)
    ]
    *places, pixels = accumulate(sizes, initial=len(_HEADER))
    *starts, end = accumulate((sum(map(len, picture.pieces)) for picture in pictures), initial=pixels)
    if end > _MAX_BYTES:
        message = f"The photo needs {end} bytes; a TIFF or DNG file holds at most {_MAX_BYTES}."
        raise PhotoWriteError(message, hint="Choose another --format.")
    children = [*places[1:], None]
    directories = [
        _directory(_located(picture, start, child=below), place)
        for picture, start, place, below in zip(pictures, starts, places, children, strict=True)
    ]
    return b"".join([_HEADER, *directories, *(piece for picture in pictures for piece in picture.pieces)])


def _located(picture: Picture, start: int, *, child: int | None) -> list[Tag]:
    """Return the tags of a picture with those that locate its pixels and its SubIFD."""
    tiled = any(tag.code == TILE_WIDTH for tag in picture.tags)
    offsets, counts = (TILE_OFFSETS, TILE_BYTE_COUNTS) if tiled else (STRIP_OFFSETS, STRIP_BYTE_COUNTS)
    lengths = [len(piece) for piece in picture.pieces]
    *places, _ = accumulate(lengths, initial=start)
    found = [*picture.tags, numbers(offsets, LONG, places), numbers(counts, LONG, lengths)]
    return found if child is None else [*found, numbers(SUB_IFDS, LONG, (child,))]


def _directory(found: Sequence[Tag], place: int) -> bytes:
    """Encode a directory at byte `place`, followed by the values that are too long for an entry."""
    entries, values = b"", b""
    after = place + 2 + 12 * len(found) + 4
    for tag in sorted(found):
        stored = tag.data.ljust(_INLINE, b"\0")
        if len(tag.data) > _INLINE:
            stored = struct.pack("<I", after + len(values))
            values += tag.data + b"\0" * (len(tag.data) % 2)
        entries += struct.pack("<HHI", tag.code, tag.kind, tag.length) + stored
    # The final four bytes end the chain of directories; values begin at even offsets.
    return struct.pack("<H", len(found)) + entries + struct.pack("<I", 0) + values
