"""Color filter arrays: the color that each sensor site sees, and the phase of the pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

#: Which weights a photo needs: for mosaics, or for pixels with three colors.
Domain = Literal["cfa", "rgb"]

RED, GREEN, BLUE = 0, 1, 2
#: A site without a filter, as on monochrome sensors: it sees all three colors.
CLEAR = 3


@dataclass(frozen=True)
class Cfa:
    """A repeating pattern of color filters, starting at the top-left site.

    Parameters
    ----------
    name : str
        Its usual name: ``"Bayer"``, ``"X-Trans"``, ``"monochrome"``, ``"linear"``.
    colors : tuple of tuple of int
        One period of the pattern, row by row: `RED`, `GREEN`, `BLUE` or `CLEAR`.
    """

    name: str
    colors: tuple[tuple[int, ...], ...]

    @property
    def period(self) -> tuple[int, int]:
        """Rows and columns after which the pattern repeats, in px."""
        return len(self.colors), len(self.colors[0])

    def shifted(self, top: int, left: int) -> Cfa:
        """Return the same filters with the origin at the site (`top`, `left`), in px; both may be negative.

        >>> RGGB.shifted(0, 1) == GRBG
        True
        """
        if not self.colors:
            return self
        pattern = np.roll(np.array(self.colors), (-top, -left), axis=(0, 1))
        return Cfa(self.name, tuple(tuple(int(c) for c in row) for row in pattern))

    def sites(self, height: int, width: int) -> NDArray[np.uint8]:
        """Return the color of every site of a frame.

        Returns
        -------
        ndarray of uint8, shape (height, width)
            `RED`, `GREEN`, `BLUE` or `CLEAR`.
        """
        return tile_pattern(np.array(self.colors, np.uint8), height, width)

    def planes(self, height: int, width: int) -> NDArray[np.float32]:
        """Return the filters of a frame as one plane per color.

        Returns
        -------
        ndarray of float32, shape (3, height, width)
            1 where the site sees that color, else 0. A clear site sees all three.
        """
        return np.ascontiguousarray(TRANSMISSION[self.sites(height, width)].transpose(2, 0, 1))


#: Transmission of each filter, as rows of (red, green, blue).
TRANSMISSION: NDArray[np.float32] = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.float32)

RGGB = Cfa("Bayer", ((RED, GREEN), (GREEN, BLUE)))
GRBG = Cfa("Bayer", ((GREEN, RED), (BLUE, GREEN)))
GBRG = Cfa("Bayer", ((GREEN, BLUE), (RED, GREEN)))
BGGR = Cfa("Bayer", ((BLUE, GREEN), (GREEN, RED)))
MONOCHROME = Cfa("monochrome", ((CLEAR,),))
#: No filter array: each pixel has all three colors (sRAW, small RAW, linear DNG), without sites or a period.
LINEAR = Cfa("linear", ())
# Fujifilm's 6 x 6 pattern, in the phase that LibRaw 0.22 reports for an X-Pro2.
X_TRANS = Cfa(
    "X-Trans",
    (
        (GREEN, BLUE, GREEN, GREEN, RED, GREEN),
        (RED, GREEN, RED, BLUE, GREEN, BLUE),
        (GREEN, BLUE, GREEN, GREEN, RED, GREEN),
        (GREEN, RED, GREEN, GREEN, BLUE, GREEN),
        (BLUE, GREEN, BLUE, RED, GREEN, RED),
        (GREEN, RED, GREEN, GREEN, BLUE, GREEN),
    ),
)
BAYER_PHASES = (RGGB, GRBG, GBRG, BGGR)


def tile_pattern(pattern: NDArray[Scalar], height: int, width: int) -> NDArray[Scalar]:
    """Repeat a pattern from the top-left corner over a frame of `height` x `width` px."""
    rows = -(-height // pattern.shape[0])
    columns = -(-width // pattern.shape[1])
    return np.tile(pattern, (rows, columns))[:height, :width]
