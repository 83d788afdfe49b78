"""Measure raw converters: their own noise reduction against our DNG developed by the same converter without any.

The Kodak pictures, side by side, become one RAW photo of a Canon EOS 5D Mark II at ISO 6400; darktable has a noise
profile for that camera. Every figure compares two pictures from the same converter: one of the noisy photo, with or
without denoising, and one of the same photo without noise.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.measures import color_psnr, ssim
from bench.methods import Absent
from bench.peers.darktable import find_darktable
from bench.peers.developer import Developer, DeveloperError
from bench.peers.rawtherapee import find_rawtherapee
from bench.pictures import data_folder, kodak, read_linear
from bench.quality.ours import ours
from bench.quality.rows import Row
from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.io.write import write_photo
from rwdenoise.jobs.photo import denoise_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.simulation.raw_photo import simulate_raw

MAKE, MODEL, ISO = "Canon", "EOS 5D Mark II", 6400
#: Number of pictures in a row.
COLUMNS = 6
# Ratio of the noise in the mosaic to that in darktable's profiles, which are measured after demosaicing: README.md of
# the data, "Noise figures".
MOSAIC_TO_PROFILE = 12


@dataclass(frozen=True)
class Denoised:
    """Noisy photo after one of our denoisers."""

    method: str
    path: Path
    seconds: float
    """Time from reading the noisy photo to writing this one."""


@dataclass(frozen=True)
class Photos:
    """The same photo in all versions, as DNG."""

    noisy: Path
    clean: Path
    denoised: tuple[Denoised, ...]
    """Results of our denoisers."""


def measure_programs(denoisers: Sequence[Denoiser], settings: Settings, *, folder: Path) -> list[Row]:
    """Measure every converter with its own noise reduction, without any, and with our denoising before it.

    Parameters
    ----------
    denoisers : sequence of Denoiser
    settings : Settings
        Settings of our denoisers. They estimate the noise, as for any photo.
    folder : Path
        Folder for the RAW photos.

    Returns
    -------
    list of dict
        ``program`` and ``method``; ``psnr`` (dB) and ``ssim`` of the developed picture; ``seconds`` of the converter's
        command; ``denoise_seconds`` of our denoising before it. A converter that is missing has the reason in
        ``absent`` instead of figures.
    """
    noisy, clean = photograph(join_pictures(kodak()), folder)
    photos = Photos(noisy, clean, tuple(_denoise(noisy, denoiser, settings) for denoiser in denoisers))
    return [row for program in (find_darktable(), find_rawtherapee()) for row in _measure(program, photos)]


def join_pictures(paths: Sequence[Path]) -> NDArray[np.float32]:
    """Join pictures in rows of `COLUMNS`, cropped to their common size; linear light, float32, shape (3, H, W)."""
    pictures = [read_linear(path) for path in paths]
    height, width = (min(picture.shape[axis] for picture in pictures) for axis in (1, 2))
    cut = [picture[:, :height, :width] for picture in pictures]
    rows = [np.concatenate(cut[start : start + COLUMNS], axis=2) for start in range(0, len(cut), COLUMNS)]
    return np.concatenate(rows, axis=1)


def photograph(scene: NDArray[np.float32], folder: Path) -> tuple[Path, Path]:
    """Photograph a scene (linear light, float32, shape (3, H, W)); return the noisy and the noise-free DNG."""
    photos = simulate_raw(scene, cfa=RGGB, iso=ISO, rng=np.random.default_rng(ISO), noise=camera_noise())
    folder.mkdir(parents=True, exist_ok=True)
    noisy, clean = folder / "noisy.dng", folder / "clean.dng"
    for photo, target in zip(photos, (noisy, clean), strict=True):
        known = replace(photo, make=MAKE, model=f"{MAKE} {MODEL}")
        write_photo(known, target, provenance=None, overwrite=True)
    return noisy, clean


def camera_noise() -> NoiseProfile:
    """Return the noise of the camera according to darktable's profile."""
    wanted = {"maker": MAKE, "model": MODEL, "iso": str(ISO), "skip": "0"}
    with (data_folder() / "noise" / "profiles_flat.csv").open(encoding="utf-8", newline="") as lines:
        profile = next(line for line in csv.DictReader(lines) if wanted.items() <= line.items())
    return NoiseProfile(MOSAIC_TO_PROFILE * float(profile["aG"]), MOSAIC_TO_PROFILE * float(profile["bG"]))


def _denoise(noisy: Path, denoiser: Denoiser, settings: Settings) -> Denoised:
    target = noisy.with_name(f"{denoiser.facts.name}.dng")
    finished = denoise_photo(noisy, target, denoiser=denoiser, settings=settings, overwrite=True)
    return Denoised(ours(denoiser, settings).name, target, finished.seconds)


def _measure(developer: Developer | Absent, photos: Photos) -> list[Row]:
    if isinstance(developer, Absent):
        return [{"program": developer.name, "absent": developer.reason}]
    try:
        return _develop_all(developer, photos)
    except DeveloperError as error:
        return [{"program": developer.name, "absent": str(error)}]


def _develop_all(developer: Developer, photos: Photos) -> list[Row]:
    truth = developer.develop(photos.clean, developer.plain).picture

    def row(method: str, source: Path, settings: str, *, denoise_seconds: float = 0.0) -> Row:
        picture, seconds = developer.develop(source, settings)
        figures = {"psnr": color_psnr(picture, truth), "ssim": ssim(picture, truth)}
        times = {"seconds": seconds, "denoise_seconds": denoise_seconds}
        return {"program": developer.name, "method": method, **figures, **times}

    return [
        row("none", photos.noisy, developer.plain),
        *(row(name, photos.noisy, settings) for name, settings in developer.denoising.items()),
        *(row(own.method, own.path, developer.plain, denoise_seconds=own.seconds) for own in photos.denoised),
    ]
