"""Encoding developed pictures as TIFF, JPEG and PNG, with their ICC profile."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

#: 16-bit values of one 8-bit step.
_U16_PER_U8 = 257
_DPI = (300, 300)
_STRIP = 2**18
# The signature (8 bytes) and the chunk IHDR (25 bytes) of a PNG.
_AFTER_HEADER = 33


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
        rowsperstrip=_rows_per_strip(rgb),
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
    picture = Image.fromarray(to_8_bit(rgb))
    picture.save(file, "JPEG", quality=quality, subsampling=0, icc_profile=icc, dpi=_DPI, optimize=True)
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
    return _with_chunk(bytes(imagecodecs.png_encode(rgb)), b"iCCP", b"ICC profile\0\0" + zlib.compress(icc))


def to_8_bit(rgb: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return the nearest 8-bit values: 65535 becomes 255."""
    return ((rgb.astype(np.uint32) + _U16_PER_U8 // 2) // _U16_PER_U8).astype(np.uint8)


def _rows_per_strip(rgb: NDArray[np.uint16]) -> int:
    """Return how many rows make strips of about `_STRIP` bytes."""
    return max(1, _STRIP // int(rgb[0].nbytes))


def _with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """Return the PNG with one more chunk right behind its header, where those on color must be."""
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return png[:_AFTER_HEADER] + chunk + png[_AFTER_HEADER:]
