"""Provide developed pictures with and without noise: real noise, simulated camera noise, and Gaussian noise."""

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

# Typical default settings of a camera: a little smoothing, sharpening, and JPEG 4:2:0 at high quality.
DEVELOPING = in_camera.Developing(
    color_blur=torch.tensor(1.0), coring=torch.tensor(0.01), sharpening=torch.tensor(0.5), radius=torch.tensor(0.8)
)
DEMOSAICER, QUALITY, SUBSAMPLING = "directed", 92, 2


class Pair(NamedTuple):
    """A picture with and without noise, float32, shape (H, W, 3), encoded sRGB, 0 to 1."""

    noisy: Picture
    clean: Picture

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise."""
        return float(np.std(self.noisy - self.clean))


@dataclass(frozen=True)
class Case:
    """One picture, read or computed on first access."""

    name: str
    take: Callable[[], Pair]

    @cached_property
    def pair(self) -> Pair:
        """The picture with and without noise, the same every time."""
        return self.take()


@dataclass(frozen=True)
class Series:
    """Pictures with the same kind of noise."""

    noise: str
    """Name in the tables."""
    paths: Callable[[], list[Path]]
    take: Callable[[Path], Pair]
    sigmas: tuple[int, ...] = ()
    """Sigmas to try, in 255ths of white, with peers that need the noise level; empty if the true sigma is known."""

    def cases(self, *, every: int = 1) -> Iterator[Case]:
        """Yield all pictures, or every n-th."""
        for path in self.paths()[::every]:
            yield Case(path.stem, partial(self.take, path))


def take_polyu(path: Path) -> Pair:
    """Return a real photo, and the mean of its burst."""
    return Pair(read_picture(path), read_picture(polyu_mean(path)))


def add_gaussian(path: Path, *, sigma: int) -> Pair:
    """Return a picture with additive Gaussian noise, neither clipped nor rounded, as in the literature."""
    clean = read_picture(path)
    rng = np.random.default_rng(_seed(path, f"Gaussian {sigma}"))
    return Pair(clean + rng.normal(0, sigma / 255, clean.shape).astype(np.float32), clean)


def photograph(path: Path, *, shot: float) -> Pair:
    """Photograph a scene as a camera does, with and without noise: develop, smooth, sharpen, store as JPEG."""
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
