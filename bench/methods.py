"""Describe the methods in a bench: denoisers of mosaics or developed pictures, and missing peers with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import NoiseProfile

Mosaic: TypeAlias = NDArray[np.float32]
Picture: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class MosaicMethod:
    """Denoiser that works before demosaicing and gets the true noise profile."""

    name: str
    """Name in the tables, with version and settings."""
    run: Callable[[Mosaic, Cfa, NoiseProfile], Mosaic]
    """Takes and returns float32 of shape (H, W), 0 black, 1 white, negative below black."""
    sensors: tuple[str, ...] = ("Bayer", "X-Trans", "monochrome")
    """Names of the CFA layouts that it can denoise."""


@dataclass(frozen=True)
class PictureMethod:
    """Denoiser that works after demosaicing and gets the true standard deviation of the noise in the picture."""

    name: str
    run: Callable[[Picture, float], Picture]
    """Takes and returns float32 of shape (H, W, 3), encoded sRGB, 0 to 1; sigma in the same units."""


@dataclass(frozen=True)
class Absent:
    """Peer that cannot run on this machine; the tables list it with the reason."""

    name: str
    reason: str


Method: TypeAlias = MosaicMethod | PictureMethod | Absent
