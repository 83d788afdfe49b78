"""TIFF tags as small values, and the numbers of those that matter here.

Numbers and meanings: TIFF 6.0 (1992), TIFF/EP (ISO 12234-2:2001) and the DNG specification 1.7.1 (2023).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, FLOAT, DOUBLE, IFD = 1, 2, 3, 4, 5, 7, 10, 11, 12, 13

#: How the values of each TIFF type lie in a little-endian file; rationals are pairs.
DTYPES = {
    BYTE: "<u1", ASCII: "<u1", SHORT: "<u2", LONG: "<u4", RATIONAL: "<u4", 6: "<i1", UNDEFINED: "<u1", 8: "<i2",
    9: "<i4", SRATIONAL: "<i4", FLOAT: "<f4", DOUBLE: "<f8", IFD: "<u4",
}  # fmt: skip
PAIRS = (RATIONAL, SRATIONAL)
#: Bytes of one value of each type.
SIZES = {kind: np.dtype(form).itemsize * (2 if kind in PAIRS else 1) for kind, form in DTYPES.items()}

NEW_SUBFILE_TYPE, IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
MAKE, MODEL, STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL = 271, 272, 273, 274, 277
ROWS_PER_STRIP, STRIP_BYTE_COUNTS, PLANAR_CONFIGURATION, TILE_WIDTH, TILE_LENGTH = 278, 279, 284, 322, 323
TILE_OFFSETS, TILE_BYTE_COUNTS, SUB_IFDS, SAMPLE_FORMAT, ISO_SPEED = 324, 325, 330, 339, 34855
YCBCR_SUBSAMPLING, YCBCR_POSITIONING, REFERENCE_BLACK_WHITE = 530, 531, 532
CFA_REPEAT_PATTERN_DIM, CFA_PATTERN = 33421, 33422
DNG_VERSION, DNG_BACKWARD_VERSION, UNIQUE_CAMERA_MODEL, CFA_PLANE_COLOR, CFA_LAYOUT = 50706, 50707, 50708, 50710, 50711
BLACK_LEVEL_REPEAT_DIM, BLACK_LEVEL, BLACK_LEVEL_DELTA_H, BLACK_LEVEL_DELTA_V = 50713, 50714, 50715, 50716
WHITE_LEVEL, DEFAULT_SCALE, DEFAULT_CROP_ORIGIN, DEFAULT_CROP_SIZE = 50717, 50718, 50719, 50720
COLOR_MATRIX_1, COLOR_MATRIX_2, AS_SHOT_NEUTRAL, AS_SHOT_WHITE_XY, BASELINE_EXPOSURE = 50721, 50722, 50728, 50729, 50730
CALIBRATION_ILLUMINANT_1, CALIBRATION_ILLUMINANT_2, ACTIVE_AREA = 50778, 50779, 50829
DNG_PRIVATE_DATA, KODAK_IFD = 50740, 33424
NOISE_REDUCTION_APPLIED, OPCODE_LIST_1, OPCODE_LIST_2, OPCODE_LIST_3, NOISE_PROFILE = 50935, 51008, 51009, 51022, 51041

CFA_PHOTOMETRIC, LINEAR_RAW_PHOTOMETRIC = 32803, 34892
#: Rationals are written with denominators up to this.
FINEST_DENOMINATOR = 1_000_000


class Tag(NamedTuple):
    """One entry of an image file directory, as it is written in a little-endian file."""

    code: int
    kind: int
    """The TIFF type of its values, a key of `DTYPES`."""
    data: bytes

    @property
    def values(self) -> NDArray[np.float64]:
        """The values as numbers, shape (count,); a rational with denominator 0 is NaN or infinite."""
        numbers = np.frombuffer(self.data, DTYPES[self.kind]).astype(np.float64)
        if self.kind not in PAIRS:
            return numbers
        with np.errstate(divide="ignore", invalid="ignore"):
            return numbers[0::2] / numbers[1::2]

    @property
    def length(self) -> int:
        """How many values there are."""
        return len(self.data) // SIZES[self.kind]

    @property
    def text(self) -> str:
        """The value as text, up to the first NUL."""
        return self.data.split(b"\0")[0].decode("utf-8", "replace").strip()


def numbers(code: int, kind: int, values: Iterable[float]) -> Tag:
    """Return a tag with whole or floating-point values of the TIFF type `kind`."""
    return Tag(code, kind, np.array(list(values)).astype(DTYPES[kind]).tobytes())


def rationals(code: int, values: Iterable[float], *, signed: bool = False) -> Tag:
    """Return a tag with the values as fractions that are right to six digits."""
    fractions = [Fraction(float(value)).limit_denominator(FINEST_DENOMINATOR) for value in values]
    parts = [part for fraction in fractions for part in (fraction.numerator, fraction.denominator)]
    return numbers(code, SRATIONAL if signed else RATIONAL, parts)


def ascii_text(code: int, text: str) -> Tag:
    """Return a tag with NUL-terminated text."""
    return Tag(code, ASCII, text.encode("utf-8") + b"\0")
