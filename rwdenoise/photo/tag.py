"""A TIFF tag: its code, its type and the bytes of its values (TIFF 6.0, 1992)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, FLOAT, DOUBLE, IFD = 1, 2, 3, 4, 5, 7, 10, 11, 12, 13

#: Numpy type of the values of each TIFF type in a little-endian file; rationals are pairs.
DTYPES = {
    BYTE: "<u1", ASCII: "<u1", SHORT: "<u2", LONG: "<u4", RATIONAL: "<u4", 6: "<i1", UNDEFINED: "<u1", 8: "<i2",
    9: "<i4", SRATIONAL: "<i4", FLOAT: "<f4", DOUBLE: "<f8", IFD: "<u4",
}  # fmt: skip
PAIRS = (RATIONAL, SRATIONAL)
#: Bytes per value of each type.
SIZES = {kind: np.dtype(form).itemsize * (2 if kind in PAIRS else 1) for kind, form in DTYPES.items()}


class Tag(NamedTuple):
    """An entry of an image file directory, as stored in a little-endian file."""

    code: int
    kind: int
    """TIFF type of the values, a key of `DTYPES`."""
    data: bytes

    @property
    def values(self) -> NDArray[np.float64]:
        """The values, float64 of shape (count,); a rational with denominator 0 is NaN or infinite."""
        numbers = np.frombuffer(self.data, DTYPES[self.kind]).astype(np.float64)
        if self.kind not in PAIRS:
            return numbers
        with np.errstate(divide="ignore", invalid="ignore"):
            return numbers[0::2] / numbers[1::2]

    @property
    def length(self) -> int:
        """Number of values."""
        return len(self.data) // SIZES[self.kind]

    @property
    def text(self) -> str:
        """The value as text, up to the first NUL."""
        return self.data.split(b"\0")[0].decode("utf-8", "replace").strip()
