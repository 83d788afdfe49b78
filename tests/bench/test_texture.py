"""Test the part of the bench on texture and edges, on a few scenes."""

import warnings

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the bench needs scipy, which comes with the extra `bench`")
with warnings.catch_warnings():
    # The package imports from a module that SciPy 2 will remove.
    warnings.simplefilter("ignore", DeprecationWarning)
    pytest.importorskip("colour_demosaicing", reason="it needs colour-demosaicing, which comes with the extra `bench`")

from bench.methods import Absent, MosaicMethod, PictureMethod
from bench.quality.texture import CEILING, develop, expose, measure_texture, photograph
from bench.scenes import Scene, charts
from rwdenoise.photo.noise_profile import NoiseProfile

NOISE = NoiseProfile(2.56e-3, 1.6e-5)
LEVELS = [(12800, NOISE)]
NOTHING = MosaicMethod("nothing", lambda mosaic, _cfa, _noise: mosaic)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [scene for scene in charts() if scene.kind in {"edge", "dead leaves", "dark patches"}]


def test_rows_say_what_was_measured(scenes: list[Scene]):
    absent = Absent("somebody", "not installed")
    ceiling, nothing, missing = measure_texture([NOTHING, absent], scenes=scenes, levels=LEVELS)
    assert ceiling["method"] == CEILING
    assert nothing["method"] == "nothing"
    assert nothing["iso"] == 12800
    assert {"seconds", "psnr", "texture", "transfer", "mtf50", "mtf50_ratio", "cast"} <= set(nothing)
    assert missing == {"part": "texture", "method": "somebody", "iso": 12800, "absent": "not installed", "photos": 0}


def test_noise_costs_psnr_but_no_texture(scenes: list[Scene]):
    ceiling, nothing = measure_texture([NOTHING], scenes=scenes, levels=LEVELS)
    assert nothing["psnr"] < ceiling["psnr"] - 3
    for name in ("texture", "transfer", "mtf50"):
        assert nothing[name] == pytest.approx(ceiling[name], rel=0.05)


def test_the_same_every_time_and_whatever_else_runs(scenes: list[Scene]):
    once = measure_texture([NOTHING], scenes=scenes, levels=LEVELS)[1]
    again = measure_texture([NOTHING, NOTHING], scenes=scenes[::-1], levels=LEVELS)[2]
    assert once.pop("seconds") is not again.pop("seconds")
    assert once == pytest.approx(again)


def test_a_clamp_at_black_tints_the_dark_patches(scenes: list[Scene]):
    clamp = MosaicMethod("clamp", lambda mosaic, _cfa, _noise: mosaic.clip(0))
    _, nothing, clamped = measure_texture([NOTHING, clamp], scenes=scenes, levels=LEVELS)
    assert clamped["cast"] > nothing["cast"] + 0.05


def test_a_picture_method_is_told_the_noise_of_the_encoded_picture(scenes: list[Scene]):
    told = []

    def note(picture: np.ndarray, sigma: float) -> np.ndarray:
        told.append((picture, sigma))
        return picture

    _, mosaic_row, picture_row = measure_texture(
        [NOTHING, PictureMethod("note", note)], scenes=scenes[:1], levels=LEVELS
    )
    picture, sigma = told[0]
    assert picture.shape == (*scenes[0].rgb.shape[1:], 3)
    assert picture.dtype == np.float32
    assert sigma == pytest.approx(np.std(picture[:, :100] - picture[:, :100].mean(axis=(0, 1))), rel=0.2)
    assert picture_row["mtf50"] == pytest.approx(mosaic_row["mtf50"], rel=1e-3)


def test_flat_light_comes_back_through_the_camera():
    flat = Scene("flat", "photo", np.full((3, 64, 64), np.float32(0.3)))
    np.testing.assert_allclose(develop(expose(flat)), 0.3, atol=1e-6)


def test_what_is_below_black_stays_below_black():
    black = Scene("black", "photo", np.zeros((3, 64, 64), np.float32))
    noisy = photograph(black, NOISE).noisy
    assert noisy.mean() == pytest.approx(0, abs=3 * np.sqrt(NOISE.read) / 64)
    assert noisy.std() == pytest.approx(np.sqrt(NOISE.read), rel=0.05)
