"""A RAW photo: convert its raw mosaic to normalized planes for denoising, and back to samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rwdenoise.errors import SettingsError
from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import LINEAR, Cfa, Domain, tile_pattern
from rwdenoise.photo.color import U16_MAX, display_matrix, from_display, to_display
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.origin import Origin
from rwdenoise.photo.tag import Tag
from rwdenoise.photo.tiling import Area, in_bands

#: A denoised mosaic has quantization steps up to this many times finer than the camera's.
FINEST_SCALE = 16

# Optically black columns next to the picture receive some of its light, and the outermost ones are often not connected
# (observed on a PowerShot S40).
MASKED_GLOW = 20
MASKED_EDGE = 2
MASKED_FEWEST = 1000


@dataclass(frozen=True, eq=False)
class RawPhoto:
    """The samples of a sensor at native size, including its borders, with their levels and colors.

    The positions of `cfa`, `black` and `crop` are relative to the top-left corner of `active`.
    """

    mosaic: NDArray[np.uint16]
    """Shape (H, W), in DN, borders included, unrotated. Shape (H, W, 3) where `cfa` is `LINEAR`."""
    cfa: Cfa
    black: NDArray[np.float32]
    """Black level in DN of each site of one CFA period; for linear photos of each color, shape (1, 1, 3)."""
    white: float
    """White level in DN: the saturation of the sensor."""
    active: Area
    """The part of `mosaic` exposed to light."""
    crop: Area
    """The part of `active` that the camera shows."""
    white_balance: tuple[float, float, float]
    """The camera's gains for red, green and blue; green is 1."""
    color_matrix: NDArray[np.float64] | None
    """XYZ (D65) -> camera, shape (3, 3), the DNG tag ColorMatrix; None only for monochrome sensors."""
    orientation: int = 1
    """Exif orientation, 1 to 8: how a viewer must rotate or mirror the picture."""
    make: str = ""
    model: str = ""
    iso: float | None = None
    noise: NoiseProfile | None = None
    """The noise profile that the file states, if any."""
    source: Path | None = None
    """The file that the photo was read from."""
    pixel_aspect: float = 1.0
    """Height of a pixel divided by its width; 1 except for a few old cameras."""
    dng_tags: tuple[Tag, ...] = ()
    """Tags of a DNG source for colors and corrections, copied to the output."""
    origin: Origin | None = field(default=None, repr=False)
    """Data kept from the source file; None for a photo made in memory."""

    @property
    def is_mosaic(self) -> bool:
        """Whether each pixel has one sample (Bayer, X-Trans, monochrome); linear RAW has three."""
        return self.cfa != LINEAR

    @property
    def domain(self) -> Domain:
        """The kind of weights that the photo needs."""
        return "cfa" if self.is_mosaic else "rgb"

    @property
    def frame(self) -> Area:
        """The whole active area, with its corner as the origin."""
        return Area(0, 0, self.active.height, self.active.width)

    @property
    def shown(self) -> Area:
        """The part of the active area that the camera shows."""
        return self.crop

    @property
    def period(self) -> tuple[int, int]:
        """Rows and columns after which the color filters repeat; (1, 1) without filters."""
        return self.cfa.period if self.is_mosaic else (1, 1)

    def planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return a part of the active area, by default all of it.

        Returns
        -------
        ndarray of float32, shape (1, height, width)
            The mosaic: 0 black, 1 white; not clipped, so negative below black.
            For a linear photo red, green and blue in the display domain (see `rwdenoise.photo.rgb.Encoding`), shape
            (3, height, width), not clipped either.
        """
        light = self.linear_planes(area)
        return to_display(light, self.display_matrix) if not self.is_mosaic else light

    def linear_planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return a part of the active area in linear light, by default all of it.

        Returns
        -------
        ndarray of float32, shape (1, height, width), or (3, height, width) for a linear photo
            Proportional to the light in camera colors: 0 black, 1 white; not clipped.
        """
        whole = area or self.frame
        light = np.empty((3 if not self.is_mosaic else 1, whole.height, whole.width), np.float32)

        def normalize(rows: slice) -> None:
            part = whole.band(rows)
            black = self._black_map(part)
            band = (self._stored(part).astype(np.float32) - black) / (self.white - black)
            light[:, rows] = band.reshape(part.height, part.width, -1).transpose(2, 0, 1)

        on_every_core(normalize, in_bands(whole.height, whole.width))
        return light

    def masked(self) -> NDArray[np.float32] | None:
        """Return the optically black pixels, for measuring the read noise.

        Returns
        -------
        ndarray of float32, shape (n,), or None
            0 black, 1 white. None for linear photos, and if the file keeps too few such pixels or its borders hold
            other data.
        """
        if not self.is_mosaic:
            return None
        values = np.concatenate([self._above_black(*border).ravel() for border in self._borders()])
        holds_black = values.size >= MASKED_FEWEST and values.std() > 0 and abs(np.median(values)) < 0.01
        return values if holds_black else None

    def _borders(self) -> Iterator[tuple[slice, slice]]:
        """Yield the rows and columns of each part of the mosaic that should be optically black."""
        (top, bottom, last_row), (left, right, last_column) = (
            (max(span.start - MASKED_GLOW, MASKED_EDGE), min(span.stop + MASKED_GLOW, length - MASKED_EDGE),
             length - MASKED_EDGE)
            for span, length in zip(self.active.slices, self.mosaic.shape, strict=True)
        )  # fmt: skip
        yield slice(MASKED_EDGE, top), slice(MASKED_EDGE, last_column)
        yield slice(bottom, last_row), slice(MASKED_EDGE, last_column)
        yield slice(top, bottom), slice(MASKED_EDGE, left)
        yield slice(top, bottom), slice(right, last_column)

    def _above_black(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return a part of the mosaic, normalized: 0 black, 1 white."""
        part = self.mosaic[rows, columns].astype(np.float32)
        black = np.roll(self.black, (self.active.top - rows.start, self.active.left - columns.start), axis=(0, 1))
        light: NDArray[np.float32] = (part - tile_pattern(black, *part.shape)) / (self.white - self.black.mean())
        return light

    def with_planes(self, planes: NDArray[np.float32]) -> RawPhoto:
        """Return this photo with other planes; unchanged planes return this photo itself, bit for bit.

        Parameters
        ----------
        planes : ndarray of float32
            Like the result of `planes`, for the whole active area.
        """
        size = self.frame.height, self.frame.width
        if all(np.array_equal(planes[:, rows], self.planes(self.frame.band(rows))) for rows in in_bands(*size)):
            return self
        samples = np.empty_like(self._stored(None))

        def store(rows: slice) -> None:
            samples[rows] = self.samples_of(planes[:, rows], self.frame.band(rows))

        on_every_core(store, in_bands(*size))
        return self.with_samples(samples)

    def samples_of(self, planes: NDArray[np.float32], area: Area | None = None) -> NDArray[np.uint16]:
        """Convert changed planes of a part of the active area to samples for `with_samples`.

        Parameters
        ----------
        planes : ndarray of float32, shape (1, height, width) or (3, height, width)
            Like the result of `planes` for that part.

        Notes
        -----
        For linear photos only the change is converted back and added to the stored samples: a pixel with unchanged
        planes keeps its value.
        """
        black = self._black_map(area)
        if not self.is_mosaic:
            matrix = self.display_matrix
            change = from_display(planes, matrix) - from_display(self.planes(area), matrix)
            changed = self._stored(area) + change.transpose(1, 2, 0) * (self.white - black)
        else:
            changed = planes[0] * (self.white - black) + black
        return np.clip(np.rint(changed * self._finer), 0, U16_MAX).astype(np.uint16)

    def with_samples(self, samples: NDArray[np.uint16]) -> RawPhoto:
        """Return this photo with other samples in its active area.

        Levels and borders are multiplied by up to 16, as far as 16 bits allow, to avoid rounding a denoised photo to
        the camera's quantization steps.

        Parameters
        ----------
        samples : ndarray of uint16, shape (height, width) or (height, width, 3)
            In those finer steps, as returned by `samples_of`.
        """
        finer = self._finer
        mosaic = samples
        if samples.shape != self.mosaic.shape:
            mosaic = np.empty_like(self.mosaic)
            for rows in in_bands(*mosaic.shape[:2]):
                mosaic[rows] = np.minimum(self.mosaic[rows].astype(np.uint32) * finer, U16_MAX)
            mosaic[self.active.slices] = samples
        return replace(self, mosaic=mosaic, black=self.black * np.float32(finer), white=self.white * finer)

    def cut_out(self, area: Area) -> RawPhoto:
        """Crop a part of the active area to a separate photo without borders."""
        whole = Area(0, 0, area.height, area.width)
        return replace(
            self,
            mosaic=self.mosaic[self.active.slices][area.slices],
            cfa=self.cfa.shifted(area.top, area.left),
            black=np.roll(self.black, (-area.top, -area.left), axis=(0, 1)),
            active=whole,
            crop=whole,
        )

    @property
    def _finer(self) -> int:
        return max(1, min(FINEST_SCALE, int(U16_MAX // self.white)))

    @property
    def display_matrix(self) -> NDArray[np.float32]:
        """Matrix from camera color to linear sRGB with white at 1, shape (3, 3); only linear photos need it.

        Raises
        ------
        SettingsError
            If the photo has no color matrix.
        """
        if self.color_matrix is None:
            message = "A linear photo without a color matrix cannot be displayed."
            raise SettingsError(message, hint="Give the photo a color_matrix.")
        return display_matrix(self.white_balance, self.color_matrix)

    def _stored(self, area: Area | None) -> NDArray[np.uint16]:
        return self.mosaic[self.active.slices][(area or self.frame).slices]

    def _black_map(self, area: Area | None) -> NDArray[np.float32]:
        if not self.is_mosaic:
            return self.black
        part = area or self.frame
        return tile_pattern(np.roll(self.black, (-part.top, -part.left), axis=(0, 1)), part.height, part.width)
