"""Developed pictures for tests, with soft colors that JPEG changes only a little."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from rwdenoise.io.pictures.encodings import DISPLAY
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.write import encode_picture
from rwdenoise.photo.rgb import RgbPhoto, Stored


def pixels(*, channels: int = 3, depth: type = np.uint8, size: tuple[int, int] = (75, 101)) -> np.ndarray:
    """Return a picture of shape (H, W, channels); the last of an even number of channels is an alpha ramp."""
    height, width = size
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    planes = [(y + x) / 2, (1 - y + x) / 2, (y + 1 - x) / 2, x]
    chosen = {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    return np.rint(np.stack([planes[n] for n in chosen], axis=2) * np.iinfo(depth).max).astype(depth)


def saved(array: np.ndarray, format: str, **settings) -> bytes:
    """Return the picture as a file written by Pillow."""
    file = BytesIO()
    Image.fromarray(array[..., 0] if array.shape[2] == 1 else array).save(file, format, **settings)
    return file.getvalue()


def developed(samples: np.ndarray, format: str, *, quality: int | None = None) -> bytes:
    """Return a file of 16-bit sRGB samples, as those that LibRaw develops."""
    photo = RgbPhoto(samples, None, DISPLAY, Stored("tiff", profile("srgb")))
    return encode_picture(photo, format=format, quality=quality)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def changed(photo: RgbPhoto) -> RgbPhoto:
    """Return a slightly darker copy of the picture."""
    return photo.with_samples((photo.samples * 0.9).astype(photo.samples.dtype))
