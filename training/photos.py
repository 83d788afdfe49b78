"""Load the training photos: decode them once, keep them in memory, and cut random patches from them."""

from __future__ import annotations

import hashlib
import logging
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from rwdenoise.errors import PhotoError, SettingsError
from rwdenoise.io.formats import RAW_SUFFIXES
from rwdenoise.io.source import check_file

#: White level of a patch, in quarters of an 8-bit step.
WHITE = 4 * 255
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}) | RAW_SUFFIXES
#: Largest number of pixels of a photo; larger photos are averaged down. No camera delivers 20 or more megapixels of
#: sharp, clean detail.
LARGEST_PIXELS = 6_000_000
#: Memory for all photos together, in bytes. Each photo gets an equal part and is cropped to it.
MEMORY = 4 * 2**30
# Developing a RAW photo of 50 megapixels takes 1 GB.
_AT_ONCE = 4

_log = logging.getLogger(__name__)


def find_photos(folder: Path, *, names: Path | None = None) -> list[Path]:
    """List the photos in a folder, in a fixed order; with `names`, only the photos listed in that text file."""
    wanted = set(names.read_text(encoding="utf-8").split()) if names else None
    photos = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
    return [path for path in photos if wanted is None or path.name in wanted]


def is_held_out(path: Path) -> bool:
    """Return whether a photo belongs to the tenth held out for validation; its name decides, so this never changes."""
    return _lot(path)[0] % 10 == 0


def hold_out(photos: list[Path]) -> tuple[list[Path], list[Path]]:
    """Split the photos into a training set and a validation set of a tenth, but at least one photo.

    Raises
    ------
    SettingsError
        If there are fewer than two photos.
    PhotoError
        If there is only one file and it is not a photo.
    """
    if len(photos) < 2:
        for path in photos:
            check_file(path)
        message = f"Training needs at least two photos, better dozens; photos given: {len(photos)}."
        raise SettingsError(message, hint="Give a folder with more photos.")
    held_out = [path for path in photos if is_held_out(path)] or [min(photos, key=_lot)]
    return [path for path in photos if path not in held_out], held_out


def _lot(path: Path) -> bytes:
    return hashlib.sha256(path.name.encode()).digest()


def decode(paths: list[Path], *, memory: int = MEMORY) -> list[Tensor]:
    """Decode photos into tensors of uint8, shape (3, H, W), sRGB; log and skip those that cannot be read.

    RAW photos are developed with the camera's settings. They, and photos of more than `LARGEST_PIXELS`, are averaged
    down, which makes them sharper and cleaner.

    Parameters
    ----------
    paths : list of Path
    memory : int
        Bytes for all photos together.

    Raises
    ------
    PhotoError
        If no photo can be read.
    """
    most = memory // max(1, len(paths))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        decoded = list(pool.map(lambda path: _decode_or_refuse(path, most), paths))
    photos = [photo for photo in decoded if isinstance(photo, Tensor)]
    refusals = [photo for photo in decoded if isinstance(photo, PhotoError)]
    if refusals and not photos:
        raise refusals[0]
    for error in refusals:
        _log.warning("%s Skipped.", error.message)
    return photos


def _decode_or_refuse(path: Path, most: int) -> Tensor | PhotoError:
    try:
        pixels = _decode_one(path)
    except PhotoError as error:
        return error
    return torch.from_numpy(np.ascontiguousarray(_cut(pixels, most).transpose(2, 0, 1)))


def _decode_one(path: Path) -> NDArray[np.uint8]:
    raw = path.suffix.lower() in RAW_SUFFIXES
    pixels = _through_library(path) if raw else _through_pillow(path)
    factor = max(2 if raw else 1, math.ceil(math.sqrt(pixels.shape[0] * pixels.shape[1] / LARGEST_PIXELS)))
    return pixels if factor == 1 else _average_down(pixels, factor)


def _through_pillow(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError):
        # The library reads 16-bit pictures, HEIF, and RAW files named .tif; otherwise it gives a better message.
        return _through_library(path)


def _through_library(path: Path) -> NDArray[np.uint8]:
    # Imported here because machines with fast GPUs often lack the libraries that read camera files; most photos do not
    # need them.
    from rwdenoise.io.raw.develop import develop
    from rwdenoise.io.read import read_photo
    from rwdenoise.photo.raw import RawPhoto

    photo = read_photo(path)
    bytewide: NDArray[np.uint8]
    if isinstance(photo, RawPhoto):
        bytewide = (develop(photo).samples >> 8).astype(np.uint8)
    else:
        bytewide = np.rint(photo.planes().clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    return bytewide


def _average_down(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    height, width = (edge // factor for edge in pixels.shape[:2])
    squares = pixels[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    means: NDArray[np.uint8] = squares.mean(axis=(1, 3), dtype=np.float32).round().astype(np.uint8)
    return means


def _cut(pixels: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Return the central part of a photo that takes at most `most` bytes."""
    share = min(1.0, math.sqrt(most / pixels.nbytes))
    height, width = (int(edge * share) for edge in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def draw_patches(
    photos: list[Tensor],
    *,
    count: int,
    size: int,
    rng: np.random.Generator,
    halved_share: float = 0.0,
    candidates: int = 1,
) -> Tensor:
    """Cut patches at random positions, randomly rotated and mirrored.

    The chance of a photo grows with its area: every pixel has the same chance.

    Parameters
    ----------
    photos : list of Tensor of uint8, shape (3, H, W)
    count, size : int
        Number of patches, and their edge length in px.
    rng : numpy.random.Generator
    halved_share : float
        Share of the patches that are cut twice as large and averaged down, if the photo is large enough.
    candidates : int
        Number of random patches for each patch returned: the one with the most detail is used.

    Returns
    -------
    Tensor of int16, shape (count, 3, size, size)
        Encoded like the photos, in quarters of an 8-bit step: 0 to `WHITE`.

    Raises
    ------
    SettingsError
        If no photo is large enough.
    """
    photos = [photo for photo in photos if min(photo.shape[1:]) >= size]
    if not photos:
        message = f"No photo is at least {size} px wide and high."
        raise SettingsError(message, hint="Give larger photos, or make the recipe's patches smaller.")
    areas = np.array([photo.shape[1] * photo.shape[2] for photo in photos], float)
    chosen = rng.choice(len(photos), size=(count, candidates), p=areas / areas.sum())
    return torch.stack(
        [max((_draw_patch(photos[index], size, rng, halved_share) for index in row), key=_detail) for row in chosen]
    )


def _detail(patch: Tensor) -> float:
    """Return the mean difference between neighboring pixels relative to brightness: shadows count like highlights."""
    green = patch[1].float()
    return float(green.diff(dim=1).abs().mean() / (green.mean() + 0.1 * WHITE))


def _draw_patch(photo: Tensor, size: int, rng: np.random.Generator, halved_share: float) -> Tensor:
    halved = rng.random() < halved_share and min(photo.shape[1:]) >= 2 * size
    edge = 2 * size if halved else size
    top, left = (int(rng.integers(0, length - edge + 1)) for length in photo.shape[1:])
    patch = photo[:, top : top + edge, left : left + edge].short()
    # The sum of four pixels, or four times one pixel: the same scale.
    patch = _sum_of_four(patch) if halved else 4 * patch
    turns: NDArray[np.int64] = rng.integers(0, 4, size=2)
    patch = torch.rot90(patch, int(turns[0]), dims=(1, 2))
    return patch.flip(2) if turns[1] % 2 else patch


def _sum_of_four(patch: Tensor) -> Tensor:
    """Sum squares of 2 x 2 px."""
    rows = patch[:, ::2] + patch[:, 1::2]
    return rows[:, :, ::2] + rows[:, :, 1::2]
