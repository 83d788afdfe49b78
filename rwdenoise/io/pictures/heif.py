"""Read HEIF and AVIF pictures, with more than 8 bits where available."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags

from rwdenoise.errors import UnsupportedPhotoError
from rwdenoise.io.pictures.convert import to_photo
from rwdenoise.io.pictures.decoders import cut_off, decoding, refuse_size
from rwdenoise.photo.color import U16_MAX
from rwdenoise.photo.rgb import RgbPhoto, Samples, Stored

# Offset of the flags in the box av1C, after name, version and profile (AV1 in ISO base media, 2.3.3).
_FLAGS_AT = 6
_HIGH_BIT_DEPTH, _TWELVE_BITS = 0x40, 0x20


def read_heif(data: bytes, *, name: str) -> RgbPhoto:
    """Read the main picture of a HEIF file: upright, and with 16 bits if it has more than 8.

    Raises
    ------
    UnsupportedPhotoError
        If pillow-heif is not installed.
    CorruptPhotoError
        If the file is cut off or damaged.
    """
    try:
        import pillow_heif
    except ImportError as error:
        message = f"{name} is a HEIF picture, but pillow-heif is not installed."
        raise UnsupportedPhotoError(message, hint="Install it: pip install pillow-heif") from error
    with decoding(name, "HEIF"):
        image = pillow_heif.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=False)
        refuse_size(image.size[1], image.size[0], name=name)
        pixels = _to_full_range(np.asarray(image), image.info["bit_depth"])
        return to_photo(pixels, Stored("heif", image.info.get("icc_profile")))


def read_avif(data: bytes, *, name: str) -> RgbPhoto:
    """Read an AVIF with a single picture, with 16 bits if it has more than 8.

    Raises
    ------
    UnsupportedPhotoError
        If it is an animation, or Pillow is too old or built without AVIF.
    CorruptPhotoError
        If it is cut off or damaged.
    """
    try:
        from PIL import AvifImagePlugin
    except ImportError as error:
        message = f"{name} is an AVIF picture, which only Pillow 11.3 or newer reads."
        raise UnsupportedPhotoError(message, hint="Install a newer Pillow: pip install --upgrade pillow") from error
    with decoding(name, "AVIF"), AvifImagePlugin.AvifImageFile(BytesIO(data)) as image:
        refuse_size(image.height, image.width, name=name)
        if image.n_frames > 1:
            message = f"{name} is an animation; expected an AVIF with one picture."
            raise UnsupportedPhotoError(message, hint="Save each frame as a separate picture.")
        # Pillow would reduce 10 bits to 8.
        pixels = imagecodecs.avif_decode(data)
        if pixels.shape[:2] != (image.height, image.width):
            raise cut_off(name, f"its header states {image.width} x {image.height} pixels, but its data differ")
        pixels = _to_full_range(pixels, _av1_bits(data))
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        return to_photo(pixels, Stored("avif", image.info.get("icc_profile")), orientation=orientation)


def _av1_bits(data: bytes) -> int:
    flags = data[data.index(b"av1C") + _FLAGS_AT]
    if not flags & _HIGH_BIT_DEPTH:
        return 8
    return 12 if flags & _TWELVE_BITS else 10


def _to_full_range(pixels: NDArray[Any], bits: int) -> Samples:
    """Return 8-bit pixels unchanged, others scaled to white at 65535."""
    if pixels.dtype == np.uint8:
        return pixels
    most = 2**bits - 1
    table = np.rint(np.linspace(0, U16_MAX, most + 1)).astype(np.uint16)
    full: Samples = table[np.minimum(pixels, most)]
    return full
