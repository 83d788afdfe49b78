"""The files that belong to a photo: its settings in other programs, and the picture that the camera made with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rwdenoise.io.formats import PICTURE_SUFFIXES, RAW_SUFFIXES

_SIDECARS = frozenset((".xmp",))
# What cameras write beside a RAW photo.
_CAMERA_PICTURES = frozenset(suffix for suffix, format in PICTURE_SUFFIXES.items() if format in {"jpeg", "heif"})

#: What photos and all that belongs to them end in.
KNOWN_SUFFIXES = RAW_SUFFIXES | PICTURE_SUFFIXES.keys() | _SIDECARS


def group_photos(files: Iterable[Path]) -> Mapping[Path, tuple[Path, ...]]:
    """Return each photo with its companions.

    Parameters
    ----------
    files : iterable of Path
        Those that end in one of `KNOWN_SUFFIXES`.

    Returns
    -------
    mapping
        ``IMG_1.xmp``, and for a RAW photo ``IMG_1.JPG`` and ``IMG_1.HIF``, belong to ``IMG_1.NEF``, and so does
        ``IMG_1.NEF.xmp``. What is a companion is no photo of its own.
    """
    files = set(files)
    raws = {path.with_suffix("") for path in files if _is_raw(path)}
    companions: dict[Path, list[Path]] = {}
    for path in sorted(files):
        stem, suffix = path.with_suffix(""), path.suffix.lower()
        if suffix in _SIDECARS or (suffix in _CAMERA_PICTURES and stem in raws):
            companions.setdefault(stem, []).append(path)
    photos = files.difference(*companions.values())
    return {photo: tuple(_belonging(photo, companions)) for photo in photos}


def name_beside(companion: Path, source: Path, target: Path) -> Path:
    """Return how a companion of `source` is called beside `target`, so that it belongs to it in the same way.

    >>> name_beside(Path("in/IMG_1.NEF.xmp"), Path("in/IMG_1.NEF"), Path("out/IMG_1.dng")).as_posix()
    'out/IMG_1.dng.xmp'
    """
    whole_name = companion.stem == source.name
    return target.with_name(f"{target.name if whole_name else target.stem}{companion.suffix}")


def _belonging(photo: Path, companions: Mapping[Path, list[Path]]) -> Iterable[Path]:
    """Give the companions of a photo; a picture has no pictures."""
    for path in (*companions.get(photo.with_suffix(""), ()), *companions.get(photo, ())):
        if _is_raw(photo) or path.suffix.lower() in _SIDECARS:
            yield path


def _is_raw(path: Path) -> bool:
    return path.suffix.lower() in RAW_SUFFIXES
