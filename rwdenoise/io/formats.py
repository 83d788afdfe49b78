"""The formats of photos: their names, suffixes and first bytes, and what each can hold.

A format is one row of `FORMATS`. The module imports nothing heavy, so that ``--help`` and a plan come at once; the code
that decodes and encodes pictures is named in the table and loaded when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.source import shown


class Format(NamedTuple):
    """What is to be known of a file format."""

    title: str
    """What people call it."""
    suffixes: tuple[str, ...]
    """What its files end in; the first is the one that is chosen."""
    beginnings: tuple[tuple[int, bytes], ...] = ()
    """First bytes, and where they are. Files in boxes (ISO/IEC 14496-12) are told by their `brands` instead."""
    brands: frozenset[bytes] = frozenset()
    module: str = ""
    """The module of `rwdenoise.io.pictures` with its functions, such as ``read_tiff`` and ``encode_tiff``; empty for
    RAW."""
    is_written: bool = True
    """Whether pictures can be written in it, and not only read."""
    bits: int | None = None
    """The most bits of a sample that it can hold; None for whatever a picture has."""
    lossy: bool = False
    """Whether encoding changes pixels: then there is a quality, and an unchanged picture stays the file it was."""
    gray: bool = True
    """Whether it can hold a picture of one channel."""
    alpha: bool = True
    upright: bool = False
    """Whether its decoder turns the picture, so that the orientation in its Exif does not count."""


#: All formats but the camera makers' own, by the values of ``--format``.
FORMATS: Mapping[str, Format] = {
    "dng": Format("DNG", (".dng",)),
    # The last two beginnings are BigTIFF.
    "tiff": Format(
        "TIFF", (".tif", ".tiff"), ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")), module="tiff"
    ),
    "jpeg": Format(
        "JPEG", (".jpg", ".jpeg", ".jpe"), ((0, b"\xff\xd8\xff"),), module="jpeg", bits=8, lossy=True, alpha=False
    ),
    "png": Format("PNG", (".png",), ((0, b"\x89PNG\r\n\x1a\n"),), module="png", bits=16),
    "webp": Format("WebP", (".webp",), ((8, b"WEBP"),), module="webp", bits=8, lossy=True, gray=False),
    # ISO/IEC 23008-12, annex B.
    "heif": Format(
        "HEIF",
        (".heic", ".heif", ".hif"),
        brands=frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}),
        module="heif",
        is_written=False,
        upright=True,
    ),
    # AVIF 1.1, section 6. Its files have brands of HEIF as well.
    "avif": Format(
        "AVIF", (".avif",), brands=frozenset({b"avif", b"avis"}), module="heif", is_written=False, upright=True
    ),
}

#: Camera RAW.
RAW_SUFFIXES = frozenset(
    (
        ".3fr", ".ari", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".cs1", ".dc2", ".dcr", ".dng",
        ".drf", ".eip", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kc2", ".kdc", ".mdc", ".mef", ".mos",
        ".mrw", ".nef", ".nrw", ".orf", ".ori", ".pef", ".ptx", ".pxn", ".qtk", ".raf", ".raw", ".rdc",
        ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw", ".sti", ".x3f",
    )
)  # fmt: skip
#: Developed pictures, and the format that each suffix promises.
PICTURE_SUFFIXES: Mapping[str, str] = {
    suffix: name for name, row in FORMATS.items() if row.module for suffix in row.suffixes
}
#: What developed pictures can be written as.
PICTURE_OUTPUTS = tuple(name for name, row in FORMATS.items() if row.module and row.is_written)
#: What RAW photos can be written as: what the sensor recorded (DNG), or the developed picture.
RAW_OUTPUTS = ("dng", *PICTURE_OUTPUTS)
#: What the files of each format that can be written end in; the first is the one that is chosen.
OUTPUT_SUFFIXES: Mapping[str, tuple[str, ...]] = {name: FORMATS[name].suffixes for name in RAW_OUTPUTS}

# Beginnings of pictures that this program does not read.
_OTHERS = (
    (0, b"GIF8", "GIF picture"),
    (0, b"8BPS", "Photoshop document"),
    (0, b"gimp xcf", "GIMP picture"),
    (0, b"%PDF", "PDF document"),
    (0, b"BM", "BMP picture"),
    (0, b"\xff\x0a", "JPEG XL picture"),
    (4, b"JXL ", "JPEG XL picture"),
    (4, b"jP  ", "JPEG 2000 picture"),
)


def natural_format(suffix: str) -> str:
    """Return the format in which a photo is written unless another is asked for, by its source's suffix.

    >>> natural_format(".NEF"), natural_format(".JPG"), natural_format(".heic")
    ('dng', 'jpeg', 'tiff')
    """
    format = PICTURE_SUFFIXES.get(suffix.lower(), "dng")
    return format if format in OUTPUT_SUFFIXES else "tiff"


def format_of(path: Path) -> str | None:
    """Return the format that the name of an output promises, None if it is none of ours."""
    return next((name for name, suffixes in OUTPUT_SUFFIXES.items() if path.suffix.lower() in suffixes), None)


def codec(task: str, format: str) -> Callable[..., Any]:
    """Return the function that does ``"read"`` or ``"encode"`` with pictures of a format."""
    found: Callable[..., Any] = getattr(
        import_module(f"rwdenoise.io.pictures.{FORMATS[format].module}"), f"{task}_{format}"
    )
    return found


def picture_format(data: bytes, path: Path) -> str:
    """Return the format of a picture, a key of `FORMATS`, by its first bytes.

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
        message = f"{shown(path)} is a {FORMATS[format].title} picture, although its suffix says otherwise."
        hint = f"Rename it to {shown(path.with_suffix(FORMATS[format].suffixes[0]))}."
        raise UnsupportedPhotoError(message, hint=hint)
    return format


def kind_of_picture(data: bytes) -> str | None:
    """Return what a file is that is called RAW but is a picture, such as ``"JPEG picture"``, by its first bytes.

    None for anything else.

    Many RAW files are a kind of TIFF, and some begin with the two bytes of other formats: neither counts here.
    """
    format = _by_content(data)
    if format is not None and format != "tiff":
        return f"{FORMATS[format].title} picture"
    return next((kind for place, magic, kind in _OTHERS if len(magic) > 2 and data.startswith(magic, place)), None)


def _by_content(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        size = int.from_bytes(data[:4], "big")
        brands = {data[place : place + 4] for place in range(8, min(size, len(data)), 4)}
        return next((name for name in ("avif", "heif") if brands & FORMATS[name].brands), None)
    rows = ((name, *beginning) for name, row in FORMATS.items() for beginning in row.beginnings)
    return next((name for name, place, magic in rows if data.startswith(magic, place)), None)


def _no_picture(data: bytes, name: str) -> UnsupportedPhotoError | CorruptPhotoError:
    *titles, last = (row.title for row in FORMATS.values() if row.module)
    wanted = f"expected {', '.join(titles)} or {last}"
    kind = next((kind for place, magic, kind in _OTHERS if data.startswith(magic, place)), None)
    if kind is not None:
        hint = "Save it as TIFF or PNG in the program that made it."
        return UnsupportedPhotoError(f"{name} is a {kind}; {wanted}.", hint=hint)
    message = f"{name} is not a picture, or its header is damaged; {wanted}."
    return CorruptPhotoError(message, hint="Copy the picture from the camera or the backup again.")
