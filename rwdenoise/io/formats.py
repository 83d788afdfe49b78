"""The file formats of photos: names, suffixes, first bytes and capabilities.

A format is one row of `FORMATS`. The module imports nothing heavy, which keeps ``--help`` and planning fast; the table
names the modules that decode and encode pictures, which are loaded when needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.source import shown


class Format(NamedTuple):
    """Properties of a file format."""

    title: str
    """Name for display."""
    suffixes: tuple[str, ...]
    """File suffixes, the default first."""
    beginnings: tuple[tuple[int, bytes], ...] = ()
    """Offsets and values of identifying bytes. `brands` identify files made of boxes (ISO/IEC 14496-12)."""
    brands: frozenset[bytes] = frozenset()
    module: str = ""
    """Module in `rwdenoise.io.pictures` with functions such as ``read_tiff`` and ``encode_tiff``; empty for RAW."""
    is_written: bool = True
    """Whether pictures can be written, not only read."""
    bits: int | None = None
    """Maximum bits per sample; None without a limit."""
    lossy: bool = False
    """Whether encoding changes pixels; the format then has a quality, and an unchanged picture keeps its file."""
    gray: bool = True
    """Whether it supports pictures with one channel."""
    alpha: bool = True
    upright: bool = False
    """Whether its decoder already applies the Exif orientation."""


#: All formats except those of camera makers, by the values of ``--format``.
FORMATS: Mapping[str, Format] = {
    "dng": Format("DNG", (".dng",)),
    # The last two are BigTIFF.
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
    # AVIF 1.1, section 6. AVIF files have brands of HEIF too.
    "avif": Format(
        "AVIF", (".avif",), brands=frozenset({b"avif", b"avis"}), module="heif", is_written=False, upright=True
    ),
}

#: Suffixes of camera RAW.
RAW_SUFFIXES = frozenset(
    (
        ".3fr", ".ari", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".cs1", ".dc2", ".dcr", ".dng",
        ".drf", ".eip", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kc2", ".kdc", ".mdc", ".mef", ".mos",
        ".mrw", ".nef", ".nrw", ".orf", ".ori", ".pef", ".ptx", ".pxn", ".qtk", ".raf", ".raw", ".rdc",
        ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw", ".sti", ".x3f",
    )
)  # fmt: skip
#: Suffixes of developed pictures and their formats.
PICTURE_SUFFIXES: Mapping[str, str] = {
    suffix: name for name, row in FORMATS.items() if row.module for suffix in row.suffixes
}
#: Output formats for developed pictures.
PICTURE_OUTPUTS = tuple(name for name, row in FORMATS.items() if row.module and row.is_written)
#: Output formats for RAW photos: undeveloped as DNG, or developed.
RAW_OUTPUTS = ("dng", *PICTURE_OUTPUTS)
#: Suffixes of each output format, the default first.
OUTPUT_SUFFIXES: Mapping[str, tuple[str, ...]] = {name: FORMATS[name].suffixes for name in RAW_OUTPUTS}

# Identifying bytes of unsupported pictures.
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
    """Return the default output format for the suffix of a source.

    >>> natural_format(".NEF"), natural_format(".JPG"), natural_format(".heic")
    ('dng', 'jpeg', 'tiff')
    """
    format = PICTURE_SUFFIXES.get(suffix.lower(), "dng")
    return format if format in OUTPUT_SUFFIXES else "tiff"


def format_of(path: Path) -> str | None:
    """Return the format for the suffix of an output; None if there is none."""
    return next((name for name, suffixes in OUTPUT_SUFFIXES.items() if path.suffix.lower() in suffixes), None)


def codec(task: str, format: str) -> Callable[..., Any]:
    """Return the function for the task ``"read"`` or ``"encode"`` of a format."""
    found: Callable[..., Any] = getattr(
        import_module(f"rwdenoise.io.pictures.{FORMATS[format].module}"), f"{task}_{format}"
    )
    return found


def picture_format(data: bytes, path: Path) -> str:
    """Identify the format of a picture, a key of `FORMATS`, by its first bytes.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        The path, for messages; its suffix must not be that of another picture format.

    Raises
    ------
    UnsupportedPhotoError
        If the picture has an unsupported format, or a format other than that of its suffix.
    CorruptPhotoError
        If it is not a picture.
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
    """Identify a picture with the suffix of RAW by its first bytes, such as ``"JPEG picture"``; None for other files.

    TIFF and signatures of only two bytes do not count, because many RAW files are TIFFs or begin with such bytes.
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
