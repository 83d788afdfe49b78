"""Fake denoiser and small photos for fast tests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rwdenoise.choices import Settings
from rwdenoise.noise.hot_pixels import BrokenPixels
from rwdenoise.noise.spectrum import Grain
from rwdenoise.photo.cfa import LINEAR, RGGB, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import Encoding, RgbPhoto, Stored
from rwdenoise.photo.tiling import Area


@dataclass
class FakeDenoiser:
    """Denoiser that halves every value, in two tiles per step, and records its calls."""

    name: str = "fake 1.0"
    device: str = "nowhere"
    digest: str = "d" * 64
    pixels_run: int = 0
    asked: list[tuple[Cfa, NoiseProfile, Settings]] = field(default_factory=list)
    white_balance: tuple[float, float, float] | None = None

    def prepare(self, height: int, width: int) -> None:
        pass

    def denoise(
        self,
        planes: NDArray[np.float32],
        *,
        cfa: Cfa,
        noise: NoiseProfile,
        settings: Settings,
        white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
        broken: BrokenPixels | None = None,
        on_progress: Callable[[int, int], None] = lambda *_: None,
    ) -> NDArray[np.float32]:
        self.asked.append((cfa, noise, settings))
        self.white_balance = white_balance
        for tile in range(2 * settings.steps):
            on_progress(tile + 1, 2 * settings.steps)
        return planes / 2

    def denoise_picture(
        self,
        planes: NDArray[np.float32],
        *,
        settings: Settings,
        grain: Grain | None = None,
        noise: float | None = None,
        on_progress: Callable[[int, int], None] = lambda *_: None,
    ) -> NDArray[np.float32]:
        on_progress(1, 1)
        return planes / 2


def fake_picture() -> RgbPhoto:
    """Return a small developed picture."""
    samples = np.arange(60, 60 + 4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    return RgbPhoto(samples, None, Encoding(lambda colors: colors, lambda colors: colors), Stored("jpeg"))


def fake_linear_photo() -> RawPhoto:
    """Return a small linear RAW photo: three colors per pixel, not a mosaic."""
    photo = fake_photo()
    mosaic = np.repeat(photo.mosaic[..., np.newaxis], 3, axis=2)
    return replace(photo, mosaic=mosaic, cfa=LINEAR, black=np.full((1, 1, 3), 64, np.float32))


def fake_photo(*, noise: NoiseProfile | None = None, height: int = 4, width: int = 6) -> RawPhoto:
    """Return a small Bayer photo without masked borders."""
    return RawPhoto(
        mosaic=np.arange(100, 100 + height * width, dtype=np.uint16).reshape(height, width),
        cfa=RGGB,
        black=np.full((2, 2), 64, np.float32),
        white=1023,
        active=Area(0, 0, height, width),
        crop=Area(0, 0, height, width),
        white_balance=(2.0, 1.0, 1.5),
        color_matrix=np.eye(3),
        noise=noise,
    )
