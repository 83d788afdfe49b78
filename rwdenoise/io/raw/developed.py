"""Encoding RAW photos that were developed here as TIFF, JPEG and PNG, with their ICC profile."""

from __future__ import annotations

from io import BytesIO

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.pictures.png import profile_chunk, with_chunks
from rwdenoise.io.pictures.tiff import rows_per_strip

_DPI = (300, 300)


def encode_tiff(rgb: NDArray[np.uint16], *, icc: bytes) -> bytes:
    """Return a 16-bit TIFF: strips, contiguous, deflated with predictor, the form that every editor reads.

    Parameters
    ----------
    rgb : ndarray of uint16, shape (H, W, 3)
        Encoded in the color space of the profile.
    icc : bytes
        The ICC profile.
    """
    file = BytesIO()
    tifffile.imwrite(
        file,
        rgb,
        byteorder="<",
        photometric="rgb",
        planarconfig="contig",
        compression="zlib",
        predictor=True,
        rowsperstrip=rows_per_strip(rgb),
        iccprofile=icc,
        resolution=_DPI,
        resolutionunit="INCH",
        metadata=None,
        software="",
    )
    return file.getvalue()


def encode_jpeg(rgb: NDArray[np.uint16], *, icc: bytes, quality: int = 95) -> bytes:
    """Return an 8-bit JPEG with full color resolution (4:4:4).

    Parameters
    ----------
    rgb : ndarray of uint16, shape (H, W, 3)
        Encoded in the color space of the profile.
    icc : bytes
        The ICC profile.
    quality : int
        1 to 100, as libjpeg counts.
    """
    file = BytesIO()
    picture = Image.fromarray(to_depth(rgb, np.uint8))
    picture.save(file, "JPEG", quality=quality, subsampling=0, icc_profile=icc, dpi=_DPI)
    return file.getvalue()


def encode_png(rgb: NDArray[np.uint16], *, icc: bytes) -> bytes:
    """Return a 16-bit PNG.

    Parameters
    ----------
    rgb : ndarray of uint16, shape (H, W, 3)
        Encoded in the color space of the profile.
    icc : bytes
        The ICC profile.
    """
    return with_chunks(imagecodecs.png_encode(rgb), [profile_chunk(icc)])
