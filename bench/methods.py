"""What a bench runs: denoisers of mosaics, denoisers of developed pictures, and the absent ones with the reason."""

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
    """Denoises before demosaicing; it is told the true noise profile."""

    name: str
    """With version and settings, as it stands in the tables."""
    run: Callable[[Mosaic, Cfa, NoiseProfile], Mosaic]
    """Takes and returns float32 of shape (H, W), 0 black, 1 white, signed below black."""
    sensors: tuple[str, ...] = ("Bayer", "X-Trans", "monochrome")
    """Names of the filter layouts that it can denoise."""


@dataclass(frozen=True)
class PictureMethod:
    """Denoises after demosaicing; it is told the true standard deviation of the noise in the picture."""

    name: str
    run: Callable[[Picture, float], Picture]
    """Takes and returns float32 of shape (H, W, 3), encoded sRGB, 0 to 1; sigma in the same units."""


@dataclass(frozen=True)
class Absent:
    """A peer that cannot run here; it stands in the tables with its reason."""

    name: str
    reason: str


Method: TypeAlias = MosaicMethod | PictureMethod | Absent
