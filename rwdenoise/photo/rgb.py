"""A developed picture: convert its samples to planes in the display domain for denoising, and back."""

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
    """The conversion of a picture's samples to the display domain and back, each exact to float32.

    The display domain is sRGB with its tone curve (IEC 61966-2-1), continued beyond 0 and 1 to avoid clipping. Both
    functions convert float32 of shape (H, W, C), where C is 1 (gray) or 3.
    """

    to_display: Callable[[Colors], Colors]
    from_display: Callable[[Colors], Colors]


@dataclass(frozen=True)
class Stored:
    """How a file stored a picture, as needed to write another file of the same kind."""

    format: str
    """``"tiff"``, ``"jpeg"``, ``"png"``, ``"webp"``, ``"heif"`` or ``"avif"``."""
    icc: bytes | None = None
    """ICC profile, byte for byte."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Details for the format's own writer: compression, quality tables, resolution."""


@dataclass(frozen=True, eq=False)
class RgbPhoto:
    """A developed picture, gray or RGB, with the samples exactly as in its file."""

    samples: Samples
    """Shape (H, W, C), C is 1 or 3; uint8, uint16, uint32, float16, float32 or float64, unrotated."""
    extra: Samples | None
    """Alpha and other planes as stored, shape (H, W, n); they are passed on unchanged."""
    encoding: Encoding
    stored: Stored
    orientation: int = 1
    """Exif orientation, 1 to 8: how a viewer must rotate or mirror the picture."""
    make: str = ""
    model: str = ""
    iso: float | None = None
    source: Path | None = None
    """The file that the picture was read from."""
    origin: Origin | None = field(default=None, repr=False)
    """Data kept from that file; None for a picture made in memory."""

    domain: ClassVar[Domain] = "rgb"
    is_mosaic: ClassVar[Literal[False]] = False
    period: ClassVar[tuple[int, int]] = (1, 1)
    pixel_aspect: ClassVar[float] = 1.0
    noise: ClassVar[None] = None
    """Files of developed pictures do not state a noise profile."""

    @property
    def frame(self) -> Area:
        """The whole picture."""
        height, width = self.samples.shape[:2]
        return Area(0, 0, height, width)

    #: The camera shows all of it.
    shown = frame

    def planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return a part of the picture, by default all of it, in the display domain.

        Returns
        -------
        ndarray of float32, shape (3, height, width)
            Red, green and blue in sRGB: 0 black, 1 white, not clipped. All three are equal for a gray picture.
        """
        display = self.encoding.to_display(_as_float(self.samples[(area or self.frame).slices]))
        return np.ascontiguousarray(np.broadcast_to(display, (*display.shape[:2], 3)).transpose(2, 0, 1))

    def linear_planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return `planes`: the linear light of a developed picture is unknown."""
        return self.planes(area)

    def samples_of(self, planes: NDArray[np.float32], area: Area | None = None) -> Samples:
        """Convert changed planes of a part of the picture to samples.

        Parameters
        ----------
        planes : ndarray of float32, shape (3, height, width)
            In the display domain.

        Notes
        -----
        Only the change is encoded and added to the stored samples: a pixel with unchanged planes keeps its exact
        values.
        """
        stored = self.samples[(area or self.frame).slices]
        changed = np.empty_like(stored)

        def convert(top: int) -> None:
            rows = slice(top, top + _STRIP)
            changed[rows] = self._changed(stored[rows], planes[:, rows])

        # Strips fit into the cache.
        on_every_core(convert, range(0, len(stored), _STRIP))
        return changed

    def _changed(self, stored: Samples, planes: NDArray[np.float32]) -> Samples:
        before = self.encoding.to_display(_as_float(stored))
        after: Colors = planes.transpose(1, 2, 0)
        if before.shape[2] == 1:
            # In double precision, the mean of three equal numbers is that number.
            after = after.mean(axis=2, keepdims=True, dtype=np.float64).astype(np.float32)
        change = self.encoding.from_display(after) - self.encoding.from_display(before)
        change[before == after] = 0
        return _add(stored, change)

    def with_samples(self, samples: Samples) -> RgbPhoto:
        """Return this picture with other samples of the same shape and type."""
        return replace(self, samples=samples)

    def cut_out(self, area: Area) -> RgbPhoto:
        """Crop a part of the picture to a separate picture."""
        extra = None if self.extra is None else self.extra[area.slices]
        return replace(self, samples=self.samples[area.slices], extra=extra)

    def with_planes(self, planes: NDArray[np.float32]) -> RgbPhoto:
        """Return this picture with other planes; unchanged planes return this picture itself."""
        bands = in_bands(self.frame.height, self.frame.width)
        if all(np.array_equal(planes[:, rows], self.planes(self.frame.band(rows))) for rows in bands):
            return self
        return self.with_samples(self.samples_of(planes))


def _as_float(samples: Samples) -> Colors:
    """Return the samples as float32 with white at 1; NaN and infinity become black."""
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
