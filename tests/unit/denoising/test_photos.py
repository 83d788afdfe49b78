"""One function denoises a photo of any kind in memory."""

from dataclasses import replace

import numpy as np
import pytest

import rwdenoise
from rwdenoise.choices import Settings
from rwdenoise.denoising import denoiser as denoisers
from rwdenoise.denoising import photos
from rwdenoise.denoising.photos import denoise, denoise_measured, measure
from rwdenoise.errors import WeightsMismatchError
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.fakes import FakeDenoiser, fake_linear_photo, fake_photo, fake_picture
from tests.tiny import tiny_denoiser

NOISE = NoiseProfile(2e-3, 1e-5)


def mosaic() -> RawPhoto:
    scene = draw_scene(96, 128, rng=np.random.default_rng(0))
    return simulate_raw(scene, cfa=RGGB, iso=6400, noise=NOISE, rng=np.random.default_rng(1))[0]


@pytest.fixture(autouse=True)
def forget() -> None:
    photos._usual_denoiser.cache_clear()


@pytest.mark.parametrize("settings", [Settings(1), Settings(2, 0.5, chroma=1.0, detail=0.5)], ids=repr)
def test_a_mosaic_is_what_the_planes_give(settings: Settings) -> None:
    photo, denoiser, progress = mosaic(), tiny_denoiser(), []
    planes = denoiser.denoise(
        photo.planes(), cfa=photo.cfa, noise=NOISE, settings=settings, white_balance=photo.white_balance
    )
    clean = denoise(
        photo, settings=settings, denoiser=denoiser, noise=NOISE, on_progress=lambda *step: progress.append(step)
    )
    np.testing.assert_array_equal(clean.mosaic, photo.with_planes(planes).mosaic)
    assert progress[-1][0] == progress[-1][1]


@pytest.mark.parametrize("make", [fake_photo, fake_linear_photo, fake_picture])
def test_the_usual_weights_are_loaded_once_for_each_kind(make, monkeypatch) -> None:
    loaded = []
    monkeypatch.setattr(denoisers, "load_denoiser", lambda name: loaded.append(name) or FakeDenoiser())
    photo = replace(make(), noise=NOISE) if make is fake_photo else make()
    for _ in range(2):
        clean = rwdenoise.denoise(photo)
        assert type(clean) is type(photo)
        assert clean is not photo
    assert loaded == [{"cfa": "cfa-best", "rgb": "rgb"}[photo.domain]]


@pytest.mark.parametrize("make", [fake_photo, fake_linear_photo, fake_picture])
def test_strength_0_gives_the_very_photo_back_and_loads_nothing(make, monkeypatch) -> None:
    monkeypatch.setattr(denoisers, "load_denoiser", pytest.fail)
    photo = make()
    assert denoise(photo, settings=Settings(strength=0)) is photo


def test_weights_for_the_other_kind_are_refused() -> None:
    with pytest.raises(WeightsMismatchError):
        denoise(mosaic(), denoiser=tiny_denoiser("rgb"))


@pytest.mark.parametrize(("settings", "judged"), [(Settings(1), True), (Settings(1, 0.5, chroma=1.0), False)])
def test_what_was_removed_is_judged_where_gray_and_color_go_alike(settings: Settings, judged: bool) -> None:
    photo, checks = mosaic(), []
    measured = measure(photo, settings, noise=NOISE)
    assert measured.origin == "given"
    denoise_measured(photo, measured, denoiser=tiny_denoiser(), settings=settings, on_check=checks.append)
    assert len(checks) == judged
