"""Which picture format a file is, by its first bytes, and whether its name says the same."""

from __future__ import annotations

from pathlib import Path

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.formats import PICTURE_SUFFIXES
from rwdenoise.io.source import shown

TITLES = {"tiff": "TIFF", "jpeg": "JPEG", "png": "PNG", "webp": "WebP", "heif": "HEIF", "avif": "AVIF"}

_EXPECTED = "TIFF, JPEG, PNG, WebP, HEIF or AVIF was expected"
# First bytes, and where they are; the last two of TIFF are BigTIFF.
_BEGINNINGS = (
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
)
# Brands of files with AV1 and with HEVC inside (AVIF 1.1, section 6; ISO/IEC 23008-12, annex B).
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
#: Beginnings of files that hold a picture for another program, whatever they are called.
FOREIGN_KINDS = (
    (0, b"GIF8", "GIF picture"),
    (0, b"8BPS", "Photoshop document"),
    (0, b"gimp xcf", "GIMP picture"),
    (0, b"%PDF", "PDF document"),
)
_OTHER_KINDS = (
    *FOREIGN_KINDS,
    (0, b"BM", "BMP picture"),
    (0, b"\xff\x0a", "JPEG XL picture"),
    (4, b"JXL ", "JPEG XL picture"),
    (4, b"jP  ", "JPEG 2000 picture"),
)


def picture_kind(data: bytes, path: Path) -> str:
    """Return the format of a picture: a key of `TITLES`.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Its name, for messages; its suffix may be that of no picture format, but not that of another one.

    Raises
    ------
    UnsupportedPhotoError
        If it is a picture of another kind, or of another than its suffix says.
    CorruptPhotoError
        If it is no picture.
    """
    format = _by_content(data)
    if format is None:
        raise _no_picture(data, shown(path))
    if PICTURE_SUFFIXES.get(path.suffix.lower(), format) != format:
        suffix = next(suffix for suffix, kind in PICTURE_SUFFIXES.items() if kind == format)
        message = f"{shown(path)} is a {TITLES[format]} picture, whatever its suffix says."
        raise UnsupportedPhotoError(message, hint=f"Rename it to {shown(path.with_suffix(suffix))}.")
    return format


def _by_content(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        size = int.from_bytes(data[:4], "big")
        brands = {data[place : place + 4] for place in range(8, min(size, len(data)), 4)}
        return "avif" if brands & _AVIF_BRANDS else "heif" if brands & _HEIF_BRANDS else None
    return next((format for place, magic, format in _BEGINNINGS if data.startswith(magic, place)), None)


def _no_picture(data: bytes, name: str) -> UnsupportedPhotoError | CorruptPhotoError:
    kind = next((kind for place, magic, kind in _OTHER_KINDS if data.startswith(magic, place)), None)
    if kind is not None:
        hint = "Save it as TIFF or PNG in the program that made it."
        return UnsupportedPhotoError(f"{name} is a {kind}; {_EXPECTED}.", hint=hint)
    message = f"{name} is no picture, or its beginning is damaged; {_EXPECTED}."
    return CorruptPhotoError(message, hint="Copy the picture from the camera or the backup again.")
