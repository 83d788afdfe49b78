"""What the released weights for developed pictures promise: noise of every kind goes, clean pictures stay.

The drawn scene is full of charts, which are harder than photos: its gains are floors, not what users will see.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser, load_denoiser
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.color import encode_srgb
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.simulation import camera
from rwdenoise.simulation.raw_photo import WHITE_BALANCE
from rwdenoise.simulation.scene import draw_scene
from training import in_camera
from training.in_camera import Developing

CROP = 384


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    return load_denoiser("rgb")


def denoised(denoiser: Denoiser, picture: np.ndarray, *, steps: int = Settings.steps) -> np.ndarray:
    return denoiser.denoise_picture(picture.astype(np.float32), settings=Settings(steps=steps))


def decibels(estimate: np.ndarray, truth: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((estimate.clip(0, 1) - truth) ** 2)))


def scene() -> np.ndarray:
    return encode_srgb(draw_scene(CROP, CROP, rng=np.random.default_rng(2)))


def photographed(iso: float, *, quality: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the scene as a camera makes it, with noise and without, each stored as JPEG if there is a quality."""
    light = torch.from_numpy(draw_scene(CROP, CROP, rng=np.random.default_rng(2)))[None]
    colors = torch.from_numpy(RGGB.planes(CROP, CROP))[None]
    matrix = camera.camera_matrix(camera.CAMERA_MATRICES[:1])
    gains = torch.tensor(WHITE_BALANCE)[None, :, None, None]
    clean = camera.filter_colors(camera.see(light, matrix, gains, torch.tensor(1.0)), colors)
    noise = camera.SensorNoise(torch.tensor(profile_at(iso).shot), torch.tensor(profile_at(iso).read))
    noisy = camera.record(clean, noise, torch.Generator().manual_seed(1))
    how = Developing(color_blur=torch.tensor(1.5), sharpening=torch.tensor(0.4))

    def picture(mosaic: torch.Tensor) -> np.ndarray:
        made = in_camera.develop(mosaic, colors, kind="directed", matrix=matrix, gains=gains, how=how)[0]
        if quality is not None:
            made = in_camera.through_jpeg(made, quality=quality, subsampling=2)
        return made.numpy()

    return picture(noisy), picture(clean)


@pytest.mark.parametrize("quality", [None, 75, 95])
@pytest.mark.parametrize(("iso", "gain"), [(1600, 0.1), (6400, 0.8), (25600, 1.8)])
def test_the_noise_of_cameras_goes(denoiser: Denoiser, iso: float, gain: float, quality: int | None) -> None:
    noisy, clean = photographed(iso, quality=quality)
    assert decibels(denoised(denoiser, noisy), clean) > decibels(noisy, clean) + gain


@pytest.mark.parametrize(("sigma", "gain"), [(15, 3.3), (25, 4.3), (50, 6.5)])
def test_gaussian_noise_goes(denoiser: Denoiser, sigma: int, gain: float) -> None:
    noisy = scene() + np.random.default_rng(1).normal(0, sigma / 255, (3, CROP, CROP))
    assert decibels(denoised(denoiser, noisy), scene()) > decibels(noisy, scene()) + gain


def test_a_gray_picture_gets_no_color(denoiser: Denoiser) -> None:
    gray = scene().mean(axis=0) + np.random.default_rng(1).normal(0, 0.05, (CROP, CROP))
    result = denoised(denoiser, np.stack([gray] * 3))
    assert np.abs(result - result.mean(axis=0)).mean() < 0.004


@pytest.mark.parametrize("iso", [1600, 25600])
def test_brightness_and_color_stay(denoiser: Denoiser, iso: float) -> None:
    noisy, clean = photographed(iso, quality=95)
    before, after = (
        picture.reshape(3, CROP // 64, 64, CROP // 64, 64).mean(axis=(2, 4))
        for picture in (clean, denoised(denoiser, noisy))
    )
    assert np.abs(after - before).max() < 0.04
    assert np.abs(after - before).mean() < 0.006


def test_even_charts_come_back(denoiser: Denoiser) -> None:
    """Zone plates and print are what looks most like noise."""
    assert decibels(denoised(denoiser, scene()), scene()) > 40


def test_a_clean_photo_at_jpeg_95_comes_back(denoiser: Denoiser, data: Path) -> None:
    for name in sorted((data / "eval" / "kodak24").glob("*.png"))[::8]:
        file = BytesIO()
        with Image.open(name) as image:
            image.convert("RGB").save(file, "JPEG", quality=95)
        picture = np.asarray(Image.open(file)).transpose(2, 0, 1) / 255
        assert decibels(denoised(denoiser, picture), picture) > 45, name


def test_real_noise_goes(denoiser: Denoiser, data: Path) -> None:
    gains = []
    for name in sorted((data / "eval" / "polyu").glob("*_real.JPG"))[::20]:
        noisy, clean = (
            np.asarray(Image.open(path)).transpose(2, 0, 1) / 255
            for path in (name, name.with_name(name.name.replace("_real", "_mean")))
        )
        gains.append(decibels(denoised(denoiser, noisy), clean) - decibels(noisy, clean))
    assert min(gains) > 0
    assert np.mean(gains) > 1.5
