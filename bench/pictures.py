"""Find and read the test pictures, which are not part of the project: RWDENOISE_DATA names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from training.tones import linearize


def data_folder() -> Path:
    """Return the folder in the environment variable RWDENOISE_DATA, by default ``../shared/data``."""
    return Path(os.environ.get("RWDENOISE_DATA", Path(__file__).parents[2] / "shared" / "data"))


def kodak(count: int | None = None) -> list[Path]:
    """Return the 24 Kodak pictures, or the first `count` of them.

    Raises
    ------
    FileNotFoundError
        If the folder has no pictures.
    """
    return _pictures("kodak24", count)


def mcmaster(count: int | None = None) -> list[Path]:
    """Return the 18 McMaster pictures, or the first `count` of them.

    Raises
    ------
    FileNotFoundError
        If the folder has no pictures.
    """
    return _pictures("mcmaster18", count)


def polyu() -> list[Path]:
    """Return the 100 noisy pictures of PolyU; `polyu_mean` gives the clean picture for each.

    Raises
    ------
    FileNotFoundError
        If the folder has no pictures.
    """
    return _found("polyu", "*_real.JPG")


def polyu_mean(noisy: Path) -> Path:
    """Return the path of the burst mean that belongs to a noisy picture of PolyU."""
    return noisy.with_name(noisy.name.replace("_real", "_mean"))


def _pictures(folder: str, count: int | None) -> list[Path]:
    # Short names first: 2 sorts before 10.
    return sorted(_found(folder, "*.png"), key=lambda path: (len(path.name), path.name))[:count]


def _found(folder: str, pattern: str) -> list[Path]:
    """Return the pictures in a folder, sorted by name."""
    found = sorted((data_folder() / "eval" / folder).glob(pattern))
    if not found:
        message = f"{data_folder() / 'eval' / folder} has no pictures; set RWDENOISE_DATA."
        raise FileNotFoundError(message)
    return found


def read_picture(path: Path) -> NDArray[np.float32]:
    """Read a picture as encoded sRGB, float32, shape (H, W, 3), 0 to 1."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


def read_linear(path: Path) -> NDArray[np.float32]:
    """Read a picture as linear sRGB, float32, shape (3, H, W), 0 to 1."""
    return linearize(torch.from_numpy(np.ascontiguousarray(read_picture(path).transpose(2, 0, 1)))).numpy()
