"""When a photo was taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import exiv2

from rwdenoise.errors import RwDenoiseError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.source import opened, read_file

# Bytes that are looked at first.
_BEGINNING = 2**18


def read_date(path: Path) -> str | None:
    """Return the day on which a photo was taken, such as ``2026-11-25``, by the camera's clock.

    None if the photo does not say, or cannot be read.
    """
    try:
        with opened(path) as file:
            # Nearly all cameras write it at the beginning.
            return _date_in(file.read(_BEGINNING)) or _date_in(read_file(path))
    except RwDenoiseError:
        return None


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
