"""Who took a photo, how and when: make, model, ISO speed, lens, exposure and date, as Exif says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import exiv2

from rwdenoise.errors import PhotoError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.source import opened, read_file

# Of the Exif standard; DNG keeps some of its tags in the main directory.
_GROUPS = {"Photo", "Image"}
# Bytes that are looked at first for the date.
_BEGINNING = 2**18


class Identity(NamedTuple):
    """Which camera took the photo, and at what ISO speed."""

    make: str = ""
    model: str = ""
    iso: float | None = None


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


def read_identity(data: bytes) -> Identity:
    """Return make, model and ISO speed; empty where exiv2 cannot read them.

    Parameters
    ----------
    data : bytes
        The whole file.
    """
    with LOCK:
        try:
            exif = open_image(data).exifData()
            return Identity(_value(exif, "Exif.Image.Make"), _value(exif, "Exif.Image.Model"), _iso(exif))
        except EXIV2_ERRORS:
            return Identity()


def read_orientation(data: bytes) -> int:
    """Return how a viewer must turn the picture, as Exif counts, 1 to 8; 1 where nothing is said of it.

    Parameters
    ----------
    data : bytes
        The whole file.
    """
    with LOCK:
        try:
            text = _value(open_image(data).exifData(), "Exif.Image.Orientation")
        except EXIV2_ERRORS:
            return 1
    return int(text) if re.fullmatch("[1-8]", text) else 1


def read_shooting(path: Path) -> Shooting:
    """Return lens, exposure and time of a photo, as far as it says so; nothing of a photo that cannot be read."""
    try:
        data = read_file(path)
    except PhotoError:
        return Shooting()
    with LOCK:
        try:
            exif = open_image(data).exifData()
            return Shooting(
                lens=_printed(exif, exiv2.lensName),
                focal_length=_number(exif, exiv2.focalLength),
                aperture=_number(exif, exiv2.fNumber),
                exposure=_number(exif, exiv2.exposureTime),
                taken=_date_and_time(exif),
            )
        except EXIV2_ERRORS:
            return Shooting()


def read_date(path: Path) -> str | None:
    """Return the day on which a photo was taken, such as ``2026-11-25``, by the camera's clock.

    None if the photo does not say, or cannot be read.
    """
    try:
        with opened(path) as file:
            # Nearly all cameras write it at the beginning.
            return _date_in(file.read(_BEGINNING)) or _date_in(read_file(path))
    except PhotoError:
        return None


def _value(exif: exiv2.ExifData, key: str) -> str:
    """Return the value of a tag as text, empty where it is not there."""
    found = exif.findKey(exiv2.ExifKey(key))
    return "" if found == exif.end() else _utf8(found.toString())


def _printed(exif: exiv2.ExifData, find: Callable[..., Any]) -> str | None:
    """Return what a person would read, None where the camera did not say it in words."""
    found = find(exif)
    if found is None or found == exif.end():
        return None
    words = _utf8(found.print(exif))
    # What exiv2's tables of lenses do not tell: a number in brackets, or words of its own.
    unknown = words in {"", "n/a"} or (words.startswith("(") and words.endswith(")"))
    return None if unknown else words.replace(" *OR* ", " or ")


def _utf8(text: Any) -> str:  # noqa: ANN401 -- what exiv2 gives
    # Of bytes that are no UTF-8 the binding makes surrogates, which nobody can write.
    return str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip("\0 ")


def _number(exif: exiv2.ExifData, find: Callable[..., Any]) -> float | None:
    found = find(exif)
    # The cameras' own tags have other units.
    if found is None or found == exif.end() or found.groupName() not in _GROUPS or found.count() == 0:
        return None
    number = float(found.toFloat())
    return round(number, 6) if 0 < number < float("inf") else None


def _iso(exif: exiv2.ExifData) -> float | None:
    found: Any = exiv2.isoSpeed(exif)
    number = re.fullmatch(r"\d+", "" if found is None or found == exif.end() else str(found.print(exif)))
    return float(number[0]) if number and int(number[0]) > 0 else None


def _date_and_time(exif: exiv2.ExifData) -> str | None:
    words = _printed(exif, exiv2.dateTimeOriginal)
    # Exif writes days with colons, and a clock that was never set as zeros.
    day, _, time = (words or "").partition(" ")
    return f"{day.replace(':', '-')} {time}".strip() if day[:1].isdigit() and not day.startswith("0000") else None


def _date_in(data: bytes) -> str | None:
    with LOCK:
        try:
            exif = open_image(data).exifData()
            found: Any = exiv2.dateTimeOriginal(exif)
            words = "" if found is None or found == exif.end() else str(found.toString())
        except EXIV2_ERRORS:
            return None
    day = re.match(r"(\d{4}):(\d\d):(\d\d) ", words, re.ASCII)
    return "-".join(day.groups()) if day and day[1] != "0000" else None
