"""How a photo was taken: the lens and what the camera was set to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import exiv2

from rwdenoise.errors import PhotoError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.source import read_file

# Of the Exif standard; DNG keeps some of its tags in the main directory.
_GROUPS = {"Photo", "Image"}


class Shooting(NamedTuple):
    """What the camera wrote down about a photo; None where it did not."""

    lens: str | None = None
    focal_length: float | None = None
    """In mm, of the lens itself."""
    aperture: float | None = None
    """The f-number."""
    exposure: float | None = None
    """In seconds."""
    taken: str | None = None
    """By the camera's clock, such as ``2026-11-25 18:30:00``."""


def read_shooting(path: Path) -> Shooting:
    """Return how a photo was taken, as far as it says so; nothing of a photo that cannot be read."""
    try:
        data = read_file(path)
    except PhotoError:
        return Shooting()
    with LOCK:
        try:
            exif = open_image(data).exifData()
            return Shooting(
                lens=_text(exif, exiv2.lensName),
                focal_length=_number(exif, exiv2.focalLength),
                aperture=_number(exif, exiv2.fNumber),
                exposure=_number(exif, exiv2.exposureTime),
                taken=_date(exif),
            )
        except EXIV2_ERRORS:
            return Shooting()


def _text(exif: exiv2.ExifData, find: Callable[..., Any]) -> str | None:
    found = find(exif)
    if found is None or found == exif.end():
        return None
    words = str(found.print(exif)).encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip("\0 ")
    # What exiv2's tables of lenses do not tell: a number in brackets, or words of its own.
    unknown = words in {"", "n/a"} or (words.startswith("(") and words.endswith(")"))
    return None if unknown else words.replace(" *OR* ", " or ")


def _number(exif: exiv2.ExifData, find: Callable[..., Any]) -> float | None:
    found = find(exif)
    # The cameras' own tags have other units.
    if found is None or found == exif.end() or found.groupName() not in _GROUPS or found.count() == 0:
        return None
    number = float(found.toFloat())
    return round(number, 6) if 0 < number < float("inf") else None


def _date(exif: exiv2.ExifData) -> str | None:
    words = _text(exif, exiv2.dateTimeOriginal)
    # Exif writes days with colons, and a clock that was never set as zeros.
    day, _, time = (words or "").partition(" ")
    return f"{day.replace(':', '-')} {time}".strip() if day[:1].isdigit() and not day.startswith("0000") else None
