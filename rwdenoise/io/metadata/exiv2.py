"""exiv2: opening what is in memory, and what everything that uses it must know."""

from __future__ import annotations

import threading
from typing import Any

import exiv2

#: What exiv2 raises on damaged files; the others are what its binding makes of exceptions of C++ (overflow, ranges).
EXIV2_ERRORS = (exiv2.Exiv2Error, ArithmeticError, LookupError, ValueError, RuntimeError)
#: exiv2 is not safe in threads.
LOCK = threading.Lock()


def open_image(data: Any) -> exiv2.Image:  # noqa: ANN401 -- any buffer
    """Read all metadata of a file's bytes; hold `LOCK` meanwhile, and expect `EXIV2_ERRORS`."""
    # What exiv2 finds odd in a camera's file is no concern of the photographer's.
    exiv2.LogMsg.setLevel(exiv2.LogMsg.Level.mute)
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    return image
