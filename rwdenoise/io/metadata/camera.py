"""How and when a photo was taken: lens, exposure and date, as Exif says."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import exiv2

from rwdenoise.errors import PhotoError
from rwdenoise.io.metadata.origin import read_exif, to_utf8
from rwdenoise.io.source import opened, read_file

# Of the Exif standard; DNG keeps some of its tags in the main directory.
_GROUPS = {"Photo", "Image"}
# Bytes that are looked at first for the date.
_BEGINNING = 2**18


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
    """Return lens, exposure and time of a photo, as far as it says so; nothing of a photo that cannot be read."""
    with suppress(PhotoError):
        return read_exif(read_file(path), _shooting, default=Shooting())
    return Shooting()


def read_date(path: Path) -> str | None:
    """Return the day on which a photo was taken, such as ``2026-11-25``, by the camera's clock.

    None if the photo does not say, or cannot be read.
    """
    with suppress(PhotoError), opened(path) as file:
        # Nearly all cameras write it at the beginning.
        begun = read_exif(file.read(_BEGINNING), _date, default=None)
        return begun or read_exif(read_file(path), _date, default=None)
    return None


def _shooting(exif: exiv2.ExifData) -> Shooting:
    return Shooting(
        lens=_printed(exif, exiv2.lensName),
        focal_length=_number(exif, exiv2.focalLength),
        aperture=_number(exif, exiv2.fNumber),
        exposure=_number(exif, exiv2.exposureTime),
        taken=_date_and_time(exif),
    )


def _found(exif: exiv2.ExifData, find: Callable[..., Any]) -> Any:  # noqa: ANN401 -- an entry as exiv2 has them
    """Return what one of exiv2's search functions finds, None where there is nothing."""
    found = find(exif)
    return None if found == exif.end() else found


def _printed(exif: exiv2.ExifData, find: Callable[..., Any]) -> str | None:
    """Return what a person would read, None where the camera did not say it in words."""
    found = _found(exif, find)
    if found is None:
        return None
    words = to_utf8(found.print(exif)).strip("\0 ")
    # What exiv2's tables of lenses do not tell: a number in brackets, or words of its own.
    unknown = words in {"", "n/a"} or (words.startswith("(") and words.endswith(")"))
    return None if unknown else words.replace(" *OR* ", " or ")


def _number(exif: exiv2.ExifData, find: Callable[..., Any]) -> float | None:
    found = _found(exif, find)
    # The cameras' own tags have other units.
    if found is None or found.groupName() not in _GROUPS or found.count() == 0:
        return None
    number = float(found.toFloat())
    return round(number, 6) if 0 < number < float("inf") else None


def _date_and_time(exif: exiv2.ExifData) -> str | None:
    words = _printed(exif, exiv2.dateTimeOriginal)
    # Exif writes days with colons, and a clock that was never set as zeros.
    day, _, time = (words or "").partition(" ")
    return f"{day.replace(':', '-')} {time}".strip() if day[:1].isdigit() and not day.startswith("0000") else None


def _date(exif: exiv2.ExifData) -> str | None:
    found = _found(exif, exiv2.dateTimeOriginal)
    day = re.match(r"(\d{4}):(\d\d):(\d\d) ", "" if found is None else str(found.toString()), re.ASCII)
    return "-".join(day.groups()) if day and day[1] != "0000" else None
