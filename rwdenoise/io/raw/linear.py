"""Read samples and levels of RAW files without a mosaic, including floats, which LibRaw would round."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np
import rawpy
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from rwdenoise.errors import CorruptPhotoError
from rwdenoise.io.pictures.decoders import decoding
from rwdenoise.io.pictures.tiff_checks import refuse_lies
from rwdenoise.io.raw import dng_tags
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.tiff_structure import Directory
from rwdenoise.io.source import COPY_AGAIN
from rwdenoise.photo.color import U16_MAX

#: Range of levels kept below black, relative to the range from black to white. Noise has a smaller range.
_BELOW_BLACK = 1 / 16
_FLOAT = 3


class LinearSamples(NamedTuple):
    """Samples with three colors per pixel, and their levels."""

    samples: NDArray[np.uint16]
    """Shape (H, W, 3), in DN."""
    black: NDArray[np.float32]
    """Black level in DN, shape (1, 1, 3)."""
    white: float
    """White level in DN."""


def read_linear(
    raw: rawpy.RawPy, data: bytes, stated: Directory, *, black: NDArray[np.float32], name: str
) -> LinearSamples:
    """Read the samples of a stack of three planes.

    Parameters
    ----------
    raw : rawpy.RawPy
        The unpacked stack.
    data : bytes
        The complete file.
    stated : mapping
        The directory of the picture if the file is a DNG, else empty.
    black : ndarray of float32, shape (1, 1, 3)
        Black level of each color in the units of the file.
    name : str
        Name of the file in messages.

    Notes
    -----
    LibRaw reduces floats to 14 bits. This function reads them itself, scales them to 16 bits and clips them at white,
    as the DNG specification requires (1.7.1, chapter 5, "Clipping"). It treats colors with different white levels the
    same way, because a photo has one white level.
    """
    white = dng_tags.white_levels(stated)
    floating = dng_tags.first(stated, tags.SAMPLE_FORMAT) == _FLOAT
    if not floating and np.ptp(white) == 0:
        return LinearSamples(raw.raw_image[..., :3].copy(), black, float(raw.white_level))
    if white.size != 3 or not (np.isfinite(white).all() and np.isfinite(black).all() and (white > black).all()):
        message = (
            f"{name} has the white levels {white} and the black levels {black.ravel()}; white must be above black."
        )
        raise CorruptPhotoError(message, hint=COPY_AGAIN)
    counted = _floats(data, stated, name) if floating else raw.raw_image[..., :3].astype(np.float32)
    return _in_16_bits((counted - black) / (white.astype(np.float32) - black))


def _floats(data: bytes, stated: Directory, name: str) -> NDArray[np.float32]:
    (place,) = [stated[code].values[0] for code in (tags.STRIP_OFFSETS, tags.TILE_OFFSETS) if code in stated]
    with decoding(name, "linear DNG"), TiffFile(BytesIO(data)) as tif:
        every = [page for main in tif.pages for page in (main, *(main.pages or ())) if isinstance(page, TiffPage)]
        (page,) = [page for page in every if page.dataoffsets[0] == place]
        refuse_lies(page, len(data), name=name)
        return np.nan_to_num(page.asarray().astype(np.float32), nan=0.0, posinf=np.inf, neginf=-np.inf)


def _in_16_bits(light: NDArray[np.float32]) -> LinearSamples:
    """Convert light, 0 black, 1 white, to integers with white at 65535; black is 0 without values below black."""
    black = round(U16_MAX * min(max(-float(light.min()), 0.0), _BELOW_BLACK))
    samples = np.rint(light * (U16_MAX - black) + black).clip(0, U16_MAX).astype(np.uint16)
    return LinearSamples(samples, np.full((1, 1, 3), black, np.float32), float(U16_MAX))
