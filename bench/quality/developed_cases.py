"""Developed pictures with noise and without: real noise, that of a simulated camera, and Gaussian noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch

from bench.methods import Picture
from bench.pictures import kodak, mcmaster, polyu, polyu_mean, read_linear, read_picture
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation import camera
from rwdenoise.simulation.raw_photo import WHITE_BALANCE
from training import in_camera
from training.validate import SHOT, usual_profile

# As cameras are set when they leave the factory: a little smoothing, sharpening, and 4:2:0 at a high quality.
DEVELOPING = in_camera.Developing(
    color_blur=torch.tensor(1.0), coring=torch.tensor(0.01), sharpening=torch.tensor(0.5), radius=torch.tensor(0.8)
)
DEMOSAICER, QUALITY, SUBSAMPLING = "directed", 92, 2


class Pair(NamedTuple):
    """A picture with noise and without, float32 of shape (H, W, 3), encoded sRGB."""

    noisy: Picture
    clean: Picture

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise."""
        return float(np.std(self.noisy - self.clean))


@dataclass(frozen=True)
class Case:
    """One picture, read or made when it is first looked at."""

    name: str
    take: Callable[[], Pair]

    @cached_property
    def pair(self) -> Pair:
        """The picture with noise and without, the same every time."""
        return self.take()


@dataclass(frozen=True)
class Series:
    """Pictures with the same kind of noise."""

    noise: str
    """As it stands in the tables."""
    paths: Callable[[], list[Path]]
    take: Callable[[Path], Pair]
    sigmas: tuple[int, ...] = ()
    """Sigmas, in 255ths of white, to try with peers that must know it, where nobody does; none where it is told."""

    def cases(self, *, every: int = 1) -> Iterator[Case]:
        """Yield all pictures, or every n-th."""
        for path in self.paths()[::every]:
            yield Case(path.stem, partial(self.take, path))


def take_polyu(path: Path) -> Pair:
    """Return a real photo, and the mean of the burst that it is from."""
    return Pair(read_picture(path), read_picture(polyu_mean(path)))


def add_gaussian(path: Path, *, sigma: int) -> Pair:
    """Return a picture with additive Gaussian noise, neither cut off nor rounded, as the literature has it."""
    clean = read_picture(path)
    rng = np.random.default_rng(_seed(path, f"Gaussian {sigma}"))
    return Pair(clean + rng.normal(0, sigma / 255, clean.shape).astype(np.float32), clean)


def photograph(path: Path, *, shot: float) -> Pair:
    """Return what a camera makes of a scene: developed, smoothed, sharpened, as JPEG; and the same without noise."""
    light = torch.from_numpy(read_linear(path))[None]
    colors = torch.from_numpy(RGGB.planes(*light.shape[2:]))[None]
    matrix = camera.camera_matrix(camera.CAMERA_MATRICES[:1])
    gains = torch.tensor(WHITE_BALANCE)[None, :, None, None]
    clean = camera.filter_colors(camera.see(light, matrix, gains, torch.tensor(1.0)), colors)
    noise = camera.SensorNoise(torch.tensor(shot), torch.tensor(usual_profile(shot).read))
    noisy = camera.record(clean, noise, torch.Generator().manual_seed(_seed(path, f"camera {shot}")))

    def develop(mosaic: torch.Tensor) -> Picture:
        picture = in_camera.develop(mosaic, colors, kind=DEMOSAICER, matrix=matrix, gains=gains, how=DEVELOPING)[0]
        stored = in_camera.through_jpeg(picture, quality=QUALITY, subsampling=SUBSAMPLING)
        return np.ascontiguousarray(stored.permute(1, 2, 0).numpy())

    return Pair(develop(noisy), develop(clean))


def _seed(path: Path, noise: str) -> int:
    return crc32(f"{path.stem} {noise}".encode())


def clean_pictures() -> list[Path]:
    """Return Kodak24 and McMaster18."""
    return kodak() + mcmaster()


REAL = Series("real, PolyU", polyu, take_polyu, sigmas=tuple(range(5, 16)))
CAMERA = tuple(
    Series(f"camera, shot {shot:g}", clean_pictures, partial(photograph, shot=shot), (5, 10, 15, 20, 25, 30, 40, 50))
    for shot in SHOT
)
GAUSSIAN = tuple(
    Series(f"Gaussian, sigma {sigma}", clean_pictures, partial(add_gaussian, sigma=sigma)) for sigma in (15, 25, 50)
)
