"""The photos to learn from, decoded once and kept in memory; patches are cut from them at random."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from rwdenoise.errors import SettingsError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"})


def find_photos(folder: Path, *, names: Path | None = None) -> list[Path]:
    """List the photos of a folder, in a fixed order; with `names`, only those that this text file lists."""
    wanted = set(names.read_text(encoding="utf-8").split()) if names else None
    photos = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
    return [path for path in photos if wanted is None or path.name in wanted]


def is_held_out(path: Path) -> bool:
    """Tell whether a photo belongs to the tenth that only validates; decided by its name, so for ever."""
    return hashlib.sha256(path.name.encode()).digest()[0] % 10 == 0


def decode(paths: list[Path]) -> list[Tensor]:
    """Decode photos into tensors of uint8, shape (3, H, W)."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_decode_one, paths))


def _decode_one(path: Path) -> Tensor:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


def draw_patches(photos: list[Tensor], *, count: int, size: int, rng: np.random.Generator) -> Tensor:
    """Cut patches at random places, turned and mirrored at random.

    Large photos are drawn more often, so that every pixel has the same chance.

    Returns
    -------
    Tensor of uint8, shape (count, 3, size, size)

    Raises
    ------
    SettingsError
        If no photo is large enough.
    """
    photos = [photo for photo in photos if min(photo.shape[1:]) >= size]
    if not photos:
        message = f"No photo has {size} px on both sides."
        raise SettingsError(message, hint="Give larger photos, or make the recipe's patches smaller.")
    areas = np.array([photo.shape[1] * photo.shape[2] for photo in photos], float)
    chosen = rng.choice(len(photos), size=count, p=areas / areas.sum())
    return torch.stack([_draw_patch(photos[index], size, rng) for index in chosen])


def _draw_patch(photo: Tensor, size: int, rng: np.random.Generator) -> Tensor:
    top, left = (int(rng.integers(0, edge - size + 1)) for edge in photo.shape[1:])
    patch = photo[:, top : top + size, left : left + size]
    turns: NDArray[np.int64] = rng.integers(0, 4, size=2)
    patch = torch.rot90(patch, int(turns[0]), dims=(1, 2))
    return patch.flip(2) if turns[1] % 2 else patch
