"""When a photo was taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import exiv2

from rwdenoise.errors import PhotoError
from rwdenoise.io.exiv2_image import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.source import mapped_file


def read_date(path: Path) -> str | None:
    """Return the day on which a photo was taken, such as ``2026-11-25``, by the camera's clock.

    Only what exiv2 looks at is read of the file. None if that is no day, or the file cannot be read.
    """
    try:
        with LOCK, mapped_file(path) as data:
            words = _date_words(data)
    except PhotoError:
        return None
    day = re.match(r"(\d{4}):(\d\d):(\d\d) ", words, re.ASCII)
    return "-".join(day.groups()) if day and day[1] != "0000" else None


def _date_words(data: Any) -> str:  # noqa: ANN401 -- any buffer
    # A function of its own, at whose end nothing holds the buffer any more, so that it can be closed.
    try:
        exif = open_image(data).exifData()
        found: Any = exiv2.dateTimeOriginal(exif)
        return "" if found is None or found == exif.end() else str(found.toString())
    except EXIV2_ERRORS:
        return ""
