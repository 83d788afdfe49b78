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

#: White in a patch: quarters of 8-bit steps.
WHITE = 4 * 255
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


def draw_patches(
    photos: list[Tensor],
    *,
    count: int,
    size: int,
    rng: np.random.Generator,
    halved_share: float = 0.0,
    candidates: int = 1,
) -> Tensor:
    """Cut patches at random places, turned and mirrored at random.

    Large photos are drawn more often, so that every pixel has the same chance.

    Parameters
    ----------
    photos : list of Tensor of uint8, shape (3, H, W)
    count, size : int
        How many, and their edge in px.
    rng : numpy.random.Generator
    halved_share : float
        Share of them that is cut twice as large and averaged down, where the photo is large enough.
    candidates : int
        How many are looked at for each one: the one with the most detail is taken.

    Returns
    -------
    Tensor of int16, shape (count, 3, size, size)
        Encoded as the photos are, in quarters of their steps: 0 to `WHITE`.

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
    chosen = rng.choice(len(photos), size=(count, candidates), p=areas / areas.sum())
    return torch.stack(
        [max((_draw_patch(photos[index], size, rng, halved_share) for index in row), key=_detail) for row in chosen]
    )


def _detail(patch: Tensor) -> float:
    """Return the mean difference between neighbors, as a share: shadows have as much of it as lights."""
    green = patch[1].float()
    return float(green.diff(dim=1).abs().mean() / (green.mean() + 0.1 * WHITE))


def _draw_patch(photo: Tensor, size: int, rng: np.random.Generator, halved_share: float) -> Tensor:
    halved = rng.random() < halved_share and min(photo.shape[1:]) >= 2 * size
    edge = 2 * size if halved else size
    top, left = (int(rng.integers(0, length - edge + 1)) for length in photo.shape[1:])
    patch = photo[:, top : top + edge, left : left + edge].short()
    # The sum of four pixels, or four times one.
    patch = _sum_of_four(patch) if halved else 4 * patch
    turns: NDArray[np.int64] = rng.integers(0, 4, size=2)
    patch = torch.rot90(patch, int(turns[0]), dims=(1, 2))
    return patch.flip(2) if turns[1] % 2 else patch


def _sum_of_four(patch: Tensor) -> Tensor:
    """Add up squares of 2 x 2 px."""
    rows = patch[:, ::2] + patch[:, 1::2]
    return rows[:, :, ::2] + rows[:, :, 1::2]
