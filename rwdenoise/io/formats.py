"""What the names of photos end in. It imports nothing, so that a plan can be made at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
    ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpeg", ".jpeg": "jpeg", ".jpe": "jpeg", ".png": "png", ".webp": "webp",
    ".heic": "heif", ".heif": "heif", ".hif": "heif", ".avif": "avif",
}  # fmt: skip

#: What the files of each format that can be written end in; the first is the one that is chosen.
OUTPUT_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "dng": (".dng",),
    "tiff": (".tif", ".tiff"),
    "jpeg": (".jpg", ".jpeg", ".jpe"),
    "png": (".png",),
    "webp": (".webp",),
}


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
