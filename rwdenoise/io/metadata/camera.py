"""Read lens, exposure and date of a photo from Exif."""

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

# Groups of the Exif standard; DNG has some of its tags in the main directory.
_GROUPS = {"Photo", "Image"}
# Number of bytes searched first for the date.
_BEGINNING = 2**18


class Shooting(NamedTuple):
    """Shooting data from the camera; None where missing."""

    lens: str | None = None
    focal_length: float | None = None
    """Actual focal length in mm."""
    aperture: float | None = None
    """f-number."""
    exposure: float | None = None
    """Exposure time in seconds."""
    taken: str | None = None
    """Time by the camera clock, such as ``2026-11-25 18:30:00``."""


def read_shooting(path: Path) -> Shooting:
    """Read lens, exposure and time of a photo; all are None if it cannot be read."""
    with suppress(PhotoError):
        return read_exif(read_file(path), _shooting, default=Shooting())
    return Shooting()


def read_date(path: Path) -> str | None:
    """Read the date of a photo by the camera clock, such as ``2026-11-25``.

    None if the photo does not state it, or cannot be read.
    """
    with suppress(PhotoError), opened(path) as file:
        # Nearly all cameras write the date near the beginning.
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
    """Return the result of a search function of exiv2; None without a result."""
    found = find(exif)
    return None if found is None or found == exif.end() else found  # Comparing None would crash exiv2.


def _printed(exif: exiv2.ExifData, find: Callable[..., Any]) -> str | None:
    """Return the text that exiv2 displays; None if it has none."""
    found = _found(exif, find)
    if found is None:
        return None
    words = to_utf8(found.print(exif)).strip("\0 ")
    # exiv2 displays unknown lenses as a number in brackets or as its own words.
    unknown = words in {"", "n/a"} or (words.startswith("(") and words.endswith(")"))
    return None if unknown else words.replace(" *OR* ", " or ")


def _number(exif: exiv2.ExifData, find: Callable[..., Any]) -> float | None:
    found = _found(exif, find)
    # Maker notes have other units.
    if found is None or found.groupName() not in _GROUPS or found.count() == 0:
        return None
    number = float(found.toFloat())
    return round(number, 6) if 0 < number < float("inf") else None


def _date_and_time(exif: exiv2.ExifData) -> str | None:
    words = _printed(exif, exiv2.dateTimeOriginal)
    # Exif has dates with colons, and zeros for a clock that was never set.
    day, _, time = (words or "").partition(" ")
    return f"{day.replace(':', '-')} {time}".strip() if day[:1].isdigit() and not day.startswith("0000") else None


def _date(exif: exiv2.ExifData) -> str | None:
    found = _found(exif, exiv2.dateTimeOriginal)
    day = re.match(r"(\d{4}):(\d\d):(\d\d) ", "" if found is None else str(found.toString()), re.ASCII)
    return "-".join(day.groups()) if day and day[1] != "0000" else None
