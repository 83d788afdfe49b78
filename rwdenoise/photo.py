"""A photo shows itself as planes and can be rebuilt from planes; between the two, somebody denoises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rwdenoise.cfa import Cfa, tile_pattern
from rwdenoise.io.tags import Tag
from rwdenoise.noise import NoiseProfile

#: A denoised mosaic is written in steps up to this many times finer than the camera's.
FINEST_SCALE = 16
U16_MAX = 65535

# Optically black columns next to the picture catch some of its light, the outermost ones are often not connected
# (seen on a PowerShot S40).
MASKED_GLOW = 20
MASKED_EDGE = 2
MASKED_FEWEST = 1000


@dataclass(frozen=True)
class Area:
    """A rectangle, in px."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns, to index an array with."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True, eq=False)
class RawPhoto:
    """What a sensor recorded, at its native size and with its borders.

    Everything that depends on a position (`cfa`, `black`, `crop`) is counted from the top-left corner of `active`.
    """

    mosaic: NDArray[np.uint16]
    """Shape (H, W), in DN, borders included, unrotated."""
    cfa: Cfa
    black: NDArray[np.float32]
    """Black level in DN for each site of one period of the CFA."""
    white: float
    """Level in DN at which the sensor saturates."""
    active: Area
    """The part of `mosaic` that saw light."""
    crop: Area
    """The part of `active` that the camera shows."""
    white_balance: tuple[float, float, float]
    """Gains that the camera set for red, green and blue; green is 1."""
    color_matrix: NDArray[np.float64] | None
    """XYZ (D65) -> camera, shape (3, 3), the DNG tag ColorMatrix; None for monochrome sensors."""
    orientation: int = 1
    """Exif orientation, 1 to 8: how a viewer must turn the picture."""
    make: str = ""
    model: str = ""
    iso: float | None = None
    noise: NoiseProfile | None = None
    """The profile that the file states, if any."""
    source: Path | None = None
    """The file that it was read from."""
    pixel_aspect: float = 1.0
    """Height of a pixel divided by its width; only a few old cameras have others than squares."""
    dng_tags: tuple[Tag, ...] = ()
    """What a DNG source says about colors and corrections; its copy says the same."""

    def planes(self) -> NDArray[np.float32]:
        """Return the active area as one plane.

        Returns
        -------
        ndarray of float32, shape (1, height, width)
            0 black, 1 white; not clipped: negative below black.
        """
        mosaic = self.mosaic[self.active.slices].astype(np.float32)
        black = self._black_map()
        return ((mosaic - black) / (self.white - black))[np.newaxis]

    def masked(self) -> NDArray[np.float32] | None:
        """Return the pixels that saw no light, for measuring the read noise.

        Returns
        -------
        ndarray of float32, shape (n,), or None
            0 black, 1 white. None where the file keeps too few such pixels, or where its borders hold something else.
        """
        seen = np.ones(self.mosaic.shape, bool)
        seen[MASKED_EDGE:-MASKED_EDGE, MASKED_EDGE:-MASKED_EDGE] = False
        rows, columns = self.active.slices
        seen[
            max(0, rows.start - MASKED_GLOW) : rows.stop + MASKED_GLOW,
            max(0, columns.start - MASKED_GLOW) : columns.stop + MASKED_GLOW,
        ] = True
        black = np.roll(self.black, (self.active.top, self.active.left), axis=(0, 1))
        offset = tile_pattern(black, *self.mosaic.shape)[~seen]
        values = ((self.mosaic[~seen] - offset) / (self.white - self.black.mean())).astype(np.float32)
        holds_black = values.size >= MASKED_FEWEST and values.std() > 0 and abs(np.median(values)) < 0.01
        return values if holds_black else None

    def with_planes(self, planes: NDArray[np.float32]) -> RawPhoto:
        """Return this photo with other pixels in its active area.

        Levels and borders are multiplied by up to 16, as far as 16 bits allow, so that a denoised mosaic is not
        rounded to the camera's steps. Planes that are unchanged give this very photo back, bit for bit.

        Parameters
        ----------
        planes : ndarray of float32, shape (1, height, width)
            0 black, 1 white.
        """
        if np.array_equal(planes, self.planes()):
            return self
        scale = max(1, min(FINEST_SCALE, int(U16_MAX // self.white)))
        black = self._black_map()
        active = (planes[0] * (self.white - black) + black) * scale
        mosaic = np.minimum(self.mosaic.astype(np.uint32) * scale, U16_MAX).astype(np.uint16)
        mosaic[self.active.slices] = np.clip(np.rint(active), 0, U16_MAX).astype(np.uint16)
        return replace(self, mosaic=mosaic, black=self.black * np.float32(scale), white=self.white * scale)

    def _black_map(self) -> NDArray[np.float32]:
        return tile_pattern(self.black, self.active.height, self.active.width)


@dataclass(frozen=True)
class Provenance:
    """What was done to a photo; it is written into the output's XMP."""

    weights: str
    """Name and version of the weights."""
    sampler: str
    steps: int
    strength: float
    noise: NoiseProfile
    """The profile that was assumed."""
    chroma: float | None = None
    """Strength against color noise; None for the same as `strength`."""
    detail: float = 0.0

    @property
    def chroma_strength(self) -> float:
        """Strength against color noise."""
        return self.strength if self.chroma is None else self.chroma
