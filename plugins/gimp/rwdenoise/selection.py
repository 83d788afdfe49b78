"""Where a selection is full; it needs nothing of GIMP."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# Bytes of a float32, and some of them one after the other that are 1.
_FLOAT = 4
_FULL = re.compile(b"(?:%b)+" % re.escape(struct.pack("=f", 1.0)))


def full_runs(mask: bytes, pixel: int) -> Iterator[slice]:
    """Yield where the bytes of the pixels lie, `pixel` each, that are fully selected; the mask is float32.

    >>> list(full_runs(struct.pack("=5f", 0.5, 1, 1, 0, 1), 3))
    [slice(3, 9, None), slice(12, 15, None)]
    """
    for run in _FULL.finditer(mask):
        # What begins elsewhere is made of parts of two numbers. It hides no 1, whose bytes never overlap themselves.
        if run.start() % _FLOAT == 0:
            yield slice(run.start() // _FLOAT * pixel, run.end() // _FLOAT * pixel)
