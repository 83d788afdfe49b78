"""Test training with the measured noise of one camera."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from rwdenoise.errors import PhotoError, SettingsError
from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from training.camera import MEASURED_SLOPE, OWN_SHARE, CameraBag, NoiseLine
from training.own_noise import BEYOND, fit_line, measure_profiles


def test_it_is_measured_from_raw_photos(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    paths = []
    for iso in (1600, 12800):
        noisy, _ = simulate_raw(draw_scene(256, 320, rng=rng), cfa=RGGB, iso=iso, rng=rng)
        paths.append(tmp_path / f"{iso}.dng")
        write_photo(noisy, paths[-1], provenance=None)
    low, high = measure_profiles(paths)
    assert 4 < high.shot / low.shot < 16, "three stops apart"
    line = fit_line([low, high])
    assert line.log_shot == pytest.approx((math.log(low.shot) - BEYOND, math.log(high.shot) + BEYOND))


def test_the_line_goes_through_what_was_measured() -> None:
    line = fit_line([NoiseProfile(shot, 0.01 * shot**1.5) for shot in (1e-4, 1e-3, 1e-2)])
    assert line.slope == pytest.approx(1.5)
    assert line.offset == pytest.approx(math.log(0.01))
    assert line.strongest.shot == pytest.approx(2e-2)
    assert line.strongest.read == pytest.approx(0.01 * 2e-2**1.5)


def test_one_iso_tells_no_slope() -> None:
    line = fit_line([NoiseProfile(1e-3, 1e-6), NoiseProfile(1.2e-3, 4e-6)])
    assert line.slope == MEASURED_SLOPE


@pytest.mark.parametrize("slope", [-1.0, 5.0])
def test_no_camera_is_like_that(slope: float) -> None:
    line = fit_line([NoiseProfile(shot, 1e-6 * (shot / 1e-3) ** slope) for shot in (1e-3, 4e-3)])
    assert 0 <= line.slope <= 2


def test_most_draws_are_of_that_camera() -> None:
    bag = CameraBag(size=32, jitter=0.0, device=torch.device("cpu"), seed=1, usual_share=0.5)
    bag.own = NoiseLine(slope=1.0, offset=math.log(1e-3), spread=0.2, log_shot=(math.log(1e-3), math.log(2e-3)))
    noise = bag.draw_noise(2000)
    near = (noise.shot > 1e-3) & (noise.shot < 2e-3) & ((noise.read / noise.shot / 1e-3).log().abs() < 0.41)
    assert near.float().mean() == pytest.approx(OWN_SHARE, abs=0.05)
    assert noise.shot.min() < 1e-5, "others are drawn as well"


def test_a_picture_tells_no_noise_of_a_sensor(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "a.png"
    Image.new("RGB", (64, 64)).save(path)
    with pytest.raises(PhotoError, match="no sensor mosaic"):
        measure_profiles([path])


def test_a_photo_without_noise_is_refused(tmp_path: Path) -> None:
    flat = np.full((3, 64, 64), 0.3, np.float32)
    _, clean = simulate_raw(flat, cfa=RGGB, iso=100, rng=np.random.default_rng(1))
    path = tmp_path / "clean.dng"
    write_photo(clean, path, provenance=None)
    with pytest.raises(SettingsError, match="no shot noise"):
        measure_profiles([path])
