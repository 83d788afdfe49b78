"""A developed picture: it shows itself as planes of the display domain and can be rebuilt from planes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import Domain
from rwdenoise.photo.origin import Origin
from rwdenoise.photo.tiling import Area, in_bands

Samples = NDArray[Any]
Colors = NDArray[np.float32]

# Rows that are converted at once.
_STRIP = 32


@dataclass(frozen=True)
class Encoding:
    """What the numbers of a picture mean: the way to the display domain and back, each exact to float32.

    The display domain is sRGB with its tone curve (IEC 61966-2-1), continued beyond 0 and 1 so that nothing is cut
    off. Both ways take and give float32 of shape (H, W, C), C being 1 (gray) or 3.
    """

    to_display: Callable[[Colors], Colors]
    from_display: Callable[[Colors], Colors]


@dataclass(frozen=True)
class Stored:
    """How a picture lay in its file, as far as a file of the same kind must be made from it."""

    format: str
    """``"tiff"``, ``"jpeg"``, ``"png"``, ``"webp"``, ``"heif"`` or ``"avif"``."""
    icc: bytes | None = None
    """Its ICC profile, byte for byte."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What only the format's own reader and writer know: compression, quality tables, resolution."""


@dataclass(frozen=True, eq=False)
class RgbPhoto:
    """A developed picture, gray or RGB, with the very numbers of its file."""

    samples: Samples
    """Shape (H, W, C), C being 1 or 3; uint8, uint16, uint32, float16, float32 or float64, unrotated."""
    extra: Samples | None
    """Alpha and other planes, shape (H, W, n), as stored; they pass through untouched."""
    encoding: Encoding
    stored: Stored
    orientation: int = 1
    """Exif orientation, 1 to 8: how a viewer must turn the picture."""
    make: str = ""
    model: str = ""
    iso: float | None = None
    source: Path | None = None
    """The file that it was read from."""
    origin: Origin | None = field(default=None, repr=False)
    """What is kept of that file; None if the photo was made in memory."""

    domain: ClassVar[Domain] = "rgb"
    is_mosaic: ClassVar[Literal[False]] = False
    period: ClassVar[tuple[int, int]] = (1, 1)
    pixel_aspect: ClassVar[float] = 1.0
    noise: ClassVar[None] = None
    """No file of a developed picture states its noise."""

    @property
    def frame(self) -> Area:
        """The whole picture."""
        height, width = self.samples.shape[:2]
        return Area(0, 0, height, width)

    @property
    def shown(self) -> Area:
        """The whole picture."""
        return self.frame

    def planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return a part of the picture, by default all of it, in the display domain.

        Returns
        -------
        ndarray of float32, shape (3, height, width)
            Red, green and blue, encoded as sRGB: 0 black, 1 white, not clipped. Of a gray picture all three are equal.
        """
        display = self.encoding.to_display(_as_float(self.samples[(area or self.frame).slices]))
        return np.ascontiguousarray(np.broadcast_to(display, (*display.shape[:2], 3)).transpose(2, 0, 1))

    def linear_planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return the planes themselves: the light that gave them is not known."""
        return self.planes(area)

    def samples_of(self, planes: NDArray[np.float32], area: Area | None = None) -> Samples:
        """Return what is to be stored for a part of the picture whose planes have changed.

        Parameters
        ----------
        planes : ndarray of float32, shape (3, height, width)
            In the display domain.

        Notes
        -----
        Only the change goes back through the encoding and is added to what was stored, so that a pixel whose planes
        are the same keeps its very numbers.
        """
        stored = self.samples[(area or self.frame).slices]
        changed = np.empty_like(stored)

        def convert(top: int) -> None:
            rows = slice(top, top + _STRIP)
            changed[rows] = self._changed(stored[rows], planes[:, rows])

        # Strips stay in the cache.
        on_every_core(convert, range(0, len(stored), _STRIP))
        return changed

    def _changed(self, stored: Samples, planes: NDArray[np.float32]) -> Samples:
        before = self.encoding.to_display(_as_float(stored))
        after: Colors = planes.transpose(1, 2, 0)
        if before.shape[2] == 1:
            # In double, so that the mean of three equal numbers is that number.
            after = after.mean(axis=2, keepdims=True, dtype=np.float64).astype(np.float32)
        change = self.encoding.from_display(after) - self.encoding.from_display(before)
        change[before == after] = 0
        return _add(stored, change)

    def with_samples(self, samples: Samples) -> RgbPhoto:
        """Return this picture with other numbers, of the same shape and type."""
        return replace(self, samples=samples)

    def cut_out(self, area: Area) -> RgbPhoto:
        """Return a part of the picture as a picture of its own."""
        extra = None if self.extra is None else self.extra[area.slices]
        return replace(self, samples=self.samples[area.slices], extra=extra)

    def with_planes(self, planes: NDArray[np.float32]) -> RgbPhoto:
        """Return this picture with other planes; unchanged ones give this very picture back."""
        bands = in_bands(self.frame.height, self.frame.width)
        if all(np.array_equal(planes[:, rows], self.planes(self.frame.band(rows))) for rows in bands):
            return self
        return self.with_samples(self.samples_of(planes))


def _as_float(samples: Samples) -> Colors:
    """Return the samples with white at 1; what is no number becomes black."""
    if samples.dtype.kind == "u":
        return (samples / np.float32(np.iinfo(samples.dtype).max)).astype(np.float32, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _add(stored: Samples, change: Colors) -> Samples:
    if stored.dtype.kind == "u":
        most = np.iinfo(stored.dtype).max
        changed = np.rint(stored + change.astype(np.float64) * most)
        return changed.clip(0, most).astype(stored.dtype)
    limit = np.finfo(stored.dtype).max
    return np.where(np.isfinite(stored), (stored + change).clip(-limit, limit), stored).astype(stored.dtype)
