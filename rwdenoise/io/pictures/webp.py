"""Read and write WebP pictures, lossy and lossless (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import imagecodecs
import numpy as np
from PIL import Image

from rwdenoise.errors import UnsupportedPhotoError
from rwdenoise.io.pictures.convert import joined, refuse_side, to_photo
from rwdenoise.io.pictures.decoders import cut_off, decoding
from rwdenoise.photo.rgb import RgbPhoto, Stored

#: Quality of lossy pictures; files do not state theirs.
DEFAULT_QUALITY = 95
#: Maximum width and height, stored in 14 bits.
LONGEST_SIDE = 16383
_FIRST_CHUNK = 12


def read_webp(data: bytes, *, name: str) -> RgbPhoto:
    """Read a WebP with a single picture.

    Raises
    ------
    CorruptPhotoError
        If it is cut off or damaged.
    UnsupportedPhotoError
        If it is an animation.
    """
    chunks = dict(_chunks(data, name))
    if b"ANIM" in chunks or b"ANMF" in chunks:
        message = f"{name} is an animation; expected a WebP with one picture."
        raise UnsupportedPhotoError(message, hint="Save each frame as a separate picture.")
    with decoding(name, "WebP"):
        pixels = np.asarray(imagecodecs.webp_decode(data))
    return to_photo(pixels, Stored("webp", chunks.get(b"ICCP"), {"lossless": b"VP8L" in chunks}))


def encode_webp(photo: RgbPhoto, *, quality: int | None = None) -> bytes:
    """Encode a WebP, lossless if the source was lossless.

    Parameters
    ----------
    photo : RgbPhoto
        uint8, with at most one alpha plane. Gray becomes RGB, because WebP does not support gray.
    quality : int, optional
        Quality of lossy pictures, 1 to 100, by default 95.
    """
    refuse_side(photo, LONGEST_SIDE, title="WebP", instead="tiff, png or jpeg")
    lossless = photo.stored.details.get("lossless", False)
    settings = {"lossless": True} if lossless else {"quality": quality or DEFAULT_QUALITY}
    file = BytesIO()
    # `exact` keeps the colors of transparent pixels.
    Image.fromarray(joined(photo)).save(file, "WEBP", exact=True, icc_profile=photo.stored.icc, **settings)
    return file.getvalue()


def _chunks(data: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + int.from_bytes(data[4:8], "little")
    place = _FIRST_CHUNK
    while place < end:
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        content = data[place + 8 : place + 8 + length]
        if place + 8 + length > min(end, len(data)):
            raise cut_off(name, f"it has {len(data)} bytes instead of {place + 8 + length}")
        yield data[place : place + 4], content
        place += 8 + length + length % 2  # Chunks begin at even offsets.
