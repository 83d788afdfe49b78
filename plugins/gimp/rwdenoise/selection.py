"""Find fully selected pixels in a selection mask, without GIMP."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# Size of a float32 in bytes, and a pattern for one or more float32 values of 1.
_FLOAT = 4
_FULL = re.compile(b"(?:%b)+" % re.escape(struct.pack("=f", 1.0)))


def full_runs(mask: bytes, pixel: int) -> Iterator[slice]:
    """Yield the byte ranges of fully selected pixels, of `pixel` bytes each; the mask has one float32 per pixel.

    >>> list(full_runs(struct.pack("=5f", 0.5, 1, 1, 0, 1), 3))
    [slice(3, 9, None), slice(12, 15, None)]
    """
    for run in _FULL.finditer(mask):
        # A match at another offset consists of parts of two numbers. It hides no 1: the bytes of 1 cannot overlap.
        if run.start() % _FLOAT == 0:
            yield slice(run.start() // _FLOAT * pixel, run.end() // _FLOAT * pixel)
