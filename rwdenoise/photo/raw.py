"""A photo shows itself as planes and can be rebuilt from planes; between the two, somebody denoises."""

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

#: A denoised mosaic is written in steps up to this many times finer than the camera's.
FINEST_SCALE = 16

# Optically black columns next to the picture catch some of its light, the outermost ones are often not connected
# (seen on a PowerShot S40).
MASKED_GLOW = 20
MASKED_EDGE = 2
MASKED_FEWEST = 1000


@dataclass(frozen=True, eq=False)
class RawPhoto:
    """What a sensor recorded, at its native size and with its borders.

    Everything that depends on a position (`cfa`, `black`, `crop`) is counted from the top-left corner of `active`.
    """

    mosaic: NDArray[np.uint16]
    """Shape (H, W), in DN, borders included, unrotated. Shape (H, W, 3) where `cfa` is `LINEAR`."""
    cfa: Cfa
    black: NDArray[np.float32]
    """Black level in DN for each site of one period of the CFA. Of a linear photo for each color, shape (1, 1, 3)."""
    white: float
    """Level in DN at which the sensor saturates."""
    active: Area
    """The part of `mosaic` that saw light."""
    crop: Area
    """The part of `active` that the camera shows."""
    white_balance: tuple[float, float, float]
    """Gains that the camera set for red, green and blue; green is 1."""
    color_matrix: NDArray[np.float64] | None
    """XYZ (D65) -> camera, shape (3, 3), the DNG tag ColorMatrix; None for monochrome sensors, and only for these."""
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
    origin: Origin | None = field(default=None, repr=False)
    """What is kept of the source; None if the photo was made in memory."""

    @property
    def is_mosaic(self) -> bool:
        """Whether each pixel holds one color only, or the sensor sees none; linear RAW has three."""
        return self.cfa != LINEAR

    @property
    def domain(self) -> Domain:
        """Which weights it needs."""
        return "cfa" if self.is_mosaic else "rgb"

    @property
    def frame(self) -> Area:
        """The whole active area, counted from its own corner."""
        return Area(0, 0, self.active.height, self.active.width)

    @property
    def shown(self) -> Area:
        """The part of the active area that the camera shows."""
        return self.crop

    @property
    def period(self) -> tuple[int, int]:
        """After how many rows and columns the color filters repeat; (1, 1) without filters."""
        return self.cfa.period if self.is_mosaic else (1, 1)

    def planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return a part of the active area, by default all of it.

        Returns
        -------
        ndarray of float32, shape (1, height, width)
            The mosaic: 0 black, 1 white; not clipped: negative below black.
            Of a linear photo red, green and blue in the display domain (see `rwdenoise.photo.rgb.Encoding`), shape
            (3, height, width), likewise not clipped.
        """
        light = self.linear_planes(area)
        return to_display(light, self.display_matrix) if not self.is_mosaic else light

    def linear_planes(self, area: Area | None = None) -> NDArray[np.float32]:
        """Return a part of the active area as the sensor saw it, by default all of it.

        Returns
        -------
        ndarray of float32, shape (1, height, width), or (3, height, width) of a linear photo
            Proportional to the light in the camera's own colors: 0 black, 1 white; not clipped.
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
        """Return the pixels that saw no light, for measuring the read noise.

        Returns
        -------
        ndarray of float32, shape (n,), or None
            0 black, 1 white. None where the file keeps too few such pixels, or where its borders hold something else,
            and for linear photos.
        """
        if not self.is_mosaic:
            return None
        values = np.concatenate([self._above_black(*border).ravel() for border in self._borders()])
        holds_black = values.size >= MASKED_FEWEST and values.std() > 0 and abs(np.median(values)) < 0.01
        return values if holds_black else None

    def _borders(self) -> Iterator[tuple[slice, slice]]:
        """Yield the parts of the mosaic, its rows and columns, where no light is to be expected."""
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
        """Return a part of the mosaic of a color filter array: 0 black, 1 white."""
        part = self.mosaic[rows, columns].astype(np.float32)
        black = np.roll(self.black, (self.active.top - rows.start, self.active.left - columns.start), axis=(0, 1))
        light: NDArray[np.float32] = (part - tile_pattern(black, *part.shape)) / (self.white - self.black.mean())
        return light

    def with_planes(self, planes: NDArray[np.float32]) -> RawPhoto:
        """Return this photo with other planes; unchanged ones give this very photo back, bit for bit.

        Parameters
        ----------
        planes : ndarray of float32
            As `planes` returns them, of the whole active area.
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
        """Return what `with_samples` takes for a part of the active area whose planes have changed.

        Parameters
        ----------
        planes : ndarray of float32, shape (1, height, width) or (3, height, width)
            As `planes` returns them for that part.

        Notes
        -----
        Of linear photos only the change goes back through the conversion and is added to what was stored, so that a
        pixel whose planes are the same keeps its value.
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
        """Return this photo with other numbers in its active area.

        Levels and borders are multiplied by up to 16, as far as 16 bits allow, so that a denoised photo is not
        rounded to the camera's steps.

        Parameters
        ----------
        samples : ndarray of uint16, shape (height, width) or (height, width, 3)
            In those finer steps, from `samples_of`.
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
        """Return a part of the active area as a photo of its own, without borders."""
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
        """Camera color -> linear sRGB with white at 1, shape (3, 3); only linear photos need one.

        Raises
        ------
        SettingsError
            If the photo has no color matrix.
        """
        if self.color_matrix is None:
            message = "A linear photo without color matrix cannot be shown; every linear photo needs one."
            raise SettingsError(message, hint="Give the photo a color_matrix.")
        return display_matrix(self.white_balance, self.color_matrix)

    def _stored(self, area: Area | None) -> NDArray[np.uint16]:
        return self.mosaic[self.active.slices][(area or self.frame).slices]

    def _black_map(self, area: Area | None) -> NDArray[np.float32]:
        if not self.is_mosaic:
            return self.black
        part = area or self.frame
        return tile_pattern(np.roll(self.black, (-part.top, -part.left), axis=(0, 1)), part.height, part.width)
