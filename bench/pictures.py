"""Where the pictures to measure on lie: never part of the project, found by RWDENOISE_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.simulate import linearize


def data_folder() -> Path:
    """Return the folder that the variable RWDENOISE_DATA names, by default ``../shared/data``."""
    return Path(os.environ.get("RWDENOISE_DATA", Path(__file__).parents[2] / "shared" / "data"))


def kodak(count: int | None = None) -> list[Path]:
    """Return the Kodak pictures, or the first `count` of them.

    Raises
    ------
    FileNotFoundError
        If they are not there.
    """
    found = sorted((data_folder() / "eval" / "kodak24").glob("*.png"))
    if not found:
        message = f"There are no Kodak pictures under {data_folder()}; set RWDENOISE_DATA."
        raise FileNotFoundError(message)
    return found[:count]


def read_linear(path: Path) -> NDArray[np.float32]:
    """Read a picture as linear sRGB, shape (3, H, W), 0 to 1."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), np.float32) / 255
    return linearize(torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))).numpy()
