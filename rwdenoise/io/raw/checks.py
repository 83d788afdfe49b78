"""Detect unreadable files by their first bytes and directories, before LibRaw allocates memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.formats import kind_of_picture
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng_tags import is_dng, mosaic_directory
from rwdenoise.io.raw.libraw import CUT_OFF, UNKNOWN, Meaning, refuse_absurd
from rwdenoise.io.raw.tiff_structure import Directory, read_directories
from rwdenoise.io.source import COPY_AGAIN, FilePart, opened

#: Number of first bytes that identify the kind of a file.
HEAD = 4096
#: Share of the pixel data that may lie beyond the end of the file.
_TOLERATED = 0.01

# First bytes of videos.
_FILMS = ((4, b"ftypisom"), (4, b"ftypqt"))
#: First bytes of RAW files other than TIFF: Canon CRW and CR3, Fujifilm, Minolta.
_RAW_KINDS = ((6, b"HEAPCCDR"), (4, b"ftypcrx"), (0, b"FUJIFILM"), (0, b"\0MRM"))
_FOVEON = b"FOVb"

#: Compressions of DNG that LibRaw does not support, and workarounds (DNG 1.7.1, tag Compression).
_COMPRESSIONS = {
    9: ("GoPro GPR (VC-5 compression)", "Convert it to DNG with GoPro's GPR tools or Adobe DNG Converter."),
    52546: ("a DNG compressed as JPEG XL", "Convert it with Adobe DNG Converter, without JPEG XL."),
    34892: ("a DNG with lossy compression", "Export it again as a DNG without lossy compression."),
}

_NO_PHOTO = Meaning(CorruptPhotoError, "is not a camera RAW photo", "Give a RAW file from a camera.")
_NIKON = Meaning(
    UnsupportedPhotoError,
    "comes from a Nikon camera or has a compression that LibRaw does not know, perhaps High Efficiency (HE, HE*)",
    "Set the camera to lossless compression, or convert the photo with Adobe DNG Converter.",
)


def refuse_unreadable(head: bytes, size: int, directories: Sequence[Directory], *, name: str) -> None:
    """Raise if the file is not readable as RAW: another kind, unknown compression, impossible sizes, truncated.

    Parameters
    ----------
    head : bytes
        The first `HEAD` bytes of the file.
    size : int
        Size of the file in bytes.
    directories : sequence of mapping
        Its directories; empty if it is not a TIFF.
    name : str
        Name of the file in messages.

    Raises
    ------
    UnsupportedPhotoError, CorruptPhotoError
    """
    film = any(head.startswith(magic, place) for place, magic in _FILMS)
    kind = "video" if film else kind_of_picture(head)
    if kind is not None:
        message = f"{name} is a {kind}, although its suffix says otherwise; expected camera RAW."
        raise UnsupportedPhotoError(message, hint="Give the RAW file of the photo.")
    _refuse_foveon(head, name)
    _refuse_dangling(size, directories, name)
    mosaic = mosaic_directory(directories)
    if mosaic is not None:
        _refuse_other_colors(mosaic, name)
        refuse_absurd(_number(mosaic, tags.IMAGE_LENGTH), _number(mosaic, tags.IMAGE_WIDTH), size, name=name)
        _refuse_cut_off(mosaic, size, name)
        if is_dng(directories):
            _refuse_compression(mosaic, name)


def holds_raw(path: Path) -> bool:
    """Return whether a file with a TIFF suffix is camera RAW: a DNG, or from an EOS-1D, whose RAW is ``.TIF``."""
    with opened(path) as file:
        data = FilePart(file)
        directories = read_directories(data)
    return is_dng(directories) or mosaic_directory(directories) is not None


def unknown_kind(head: bytes, directories: Sequence[Directory]) -> Meaning:
    """Return the meaning of LibRaw's error for unknown files, for this file."""
    if head.startswith(b"HEAPCCDR", 6):  # The directory of a CRW is at the end of the file.
        return CUT_OFF
    make = directories[0].get(tags.MAKE) if directories else None
    if make is not None and make.text.upper().startswith("NIKON"):
        return _NIKON
    known = bool(directories) or any(head.startswith(magic, place) for place, magic in _RAW_KINDS)
    return UNKNOWN if known else _NO_PHOTO


def _refuse_dangling(size: int, directories: Sequence[Directory], name: str) -> None:
    pointers = [offset for d in directories if tags.SUB_IFDS in d for offset in d[tags.SUB_IFDS].values]
    if any(offset >= size for offset in pointers):
        message = f"{name} is cut off: it has {size} bytes but refers to byte {int(max(pointers))}."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)


def _refuse_foveon(head: bytes, name: str) -> None:
    if head.startswith(_FOVEON):
        message = f"{name} comes from a Foveon sensor (X3F), whose three layers are not red, green and blue."
        raise UnsupportedPhotoError(message, hint="Develop it with Sigma Photo Pro, and denoise the TIFF.")


def _refuse_other_colors(mosaic: Directory, name: str) -> None:
    samples = _number(mosaic, tags.SAMPLES_PER_PIXEL, 1)
    if samples not in (1, 3):
        message = f"{name} is a linear picture with {samples} samples per pixel; expected red, green and blue."
        raise UnsupportedPhotoError(message, hint="Denoise the developed picture.")


def _refuse_compression(mosaic: Directory, name: str) -> None:
    kind, way_out = _COMPRESSIONS.get(_number(mosaic, tags.COMPRESSION, 1), (None, ""))
    if kind is not None:
        message = f"{name} is {kind}, which LibRaw cannot decode."
        raise UnsupportedPhotoError(message, hint=way_out)


def _refuse_cut_off(mosaic: Directory, size: int, name: str) -> None:
    places = ((tags.STRIP_OFFSETS, tags.STRIP_BYTE_COUNTS), (tags.TILE_OFFSETS, tags.TILE_BYTE_COUNTS))
    for offsets, counts in places:
        if offsets in mosaic and counts in mosaic and mosaic[offsets].values.size == mosaic[counts].values.size:
            starts, lengths = mosaic[offsets].values, mosaic[counts].values
            missing = np.clip(starts + lengths - size, 0, lengths).sum()
            # Some cameras count a few bytes too many; LibRaw then decides.
            if missing > _TOLERATED * lengths.sum():
                message = (
                    f"{name} is cut off: {missing:.0f} of {lengths.sum():.0f} bytes of its pixel data are missing."
                )
                raise CorruptPhotoError(message, hint=COPY_AGAIN)


def _number(directory: Directory, code: int, default: int = 0) -> int:
    tag = directory.get(code)
    return default if tag is None else int(np.nan_to_num(tag.values[0]))
