"""Test the properties of strength, chroma and detail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.choices import Settings
from rwdenoise.denoising import controls
from rwdenoise.denoising.diffusion import SAMPLERS
from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from tests.tiny import tiny_denoiser

PROFILE = NoiseProfile(4e-3, 2e-5)
BALANCE = (2.0, 1.0, 1.6)
shares = st.floats(0, 1, width=32)
sizes = st.integers(1, 90)
colored = st.sampled_from([*BAYER_PHASES, X_TRANS, X_TRANS.shifted(1, 2)])
layouts = st.one_of(colored, st.just(MONOCHROME))
few = settings(max_examples=20, deadline=None)


def planes(height: int, width: int, *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width + seed)
    edges = np.add.outer(np.arange(height) // 5, np.arange(width) // 3) % 2
    return (0.02 + 0.5 * edges + rng.normal(0, 0.1, (1, height, width))).astype(np.float32)


def denoised(noisy: np.ndarray, cfa: Cfa, chosen: Settings, *, tile: int = 1024) -> np.ndarray:
    return tiny_denoiser(tile=tile).denoise(noisy, cfa=cfa, noise=PROFILE, settings=chosen, white_balance=BALANCE)


@few
@given(height=sizes, width=sizes, cfa=layouts, strength=shares, sampler=st.sampled_from(list(SAMPLERS)))
def test_chroma_equal_to_strength_and_detail_0_change_nothing(height, width, cfa, strength, sampler) -> None:
    noisy = planes(height, width)
    results = [denoised(noisy, cfa, Settings(2, strength, sampler, chroma, 0.0)) for chroma in (None, strength)]
    np.testing.assert_array_equal(results[0], results[1])


@few
@given(height=sizes, width=sizes, cfa=layouts, detail=shares)
def test_strength_0_and_chroma_0_give_the_very_planes_back(height, width, cfa, detail) -> None:
    noisy = planes(height, width)
    np.testing.assert_array_equal(denoised(noisy, cfa, Settings(2, 0.0, chroma=0.0, detail=detail)), noisy)


@few
@given(cfa=colored, strength=shares, chroma=shares)
def test_on_monochrome_sensors_chroma_has_no_effect(cfa, strength, chroma) -> None:
    noisy = planes(40, 50)
    results = [denoised(noisy, MONOCHROME, Settings(1, strength, chroma=given)) for given in (None, chroma)]
    np.testing.assert_array_equal(results[0], results[1])


@few
@given(cfa=colored, strength=shares, chroma=shares, detail=shares)
def test_what_is_kept_lies_between_the_noisy_and_the_clean_photo(cfa, strength, chroma, detail) -> None:
    clean, noisy = planes(40, 50), planes(40, 50, seed=1)
    made = {
        name: controls.apply_controls(
            clean, noisy, cfa=cfa, noise=PROFILE, settings=Settings(1, *both[:1], chroma=both[1], detail=detail),
            white_balance=BALANCE,
        )
        for name, both in {"all": (0.0, 0.0), "none": (1.0, 1.0), "chosen": (strength, chroma)}.items()
    }  # fmt: skip
    np.testing.assert_allclose(made["all"], noisy, atol=1e-6)
    kept = np.abs(made["chosen"] - made["none"]).mean()
    assert kept <= 2.5 * (1 - min(strength, chroma)) * np.abs(noisy - made["none"]).mean() + 1e-6


@few
@given(
    height=st.integers(1, 150), width=st.integers(1, 150), part=st.sampled_from([16, 36, 64]), cfa=colored,
    chroma=shares, detail=shares,
)  # fmt: skip
def test_parts_leave_no_seam(height, width, part, cfa, chroma, detail) -> None:
    clean, noisy = planes(height, width), planes(height, width, seed=1)
    chosen = Settings(1, 0.5, chroma=chroma, detail=detail)
    results = []
    for edge in (part, 4096):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(controls, "PART", edge)
            results.append(
                controls.apply_controls(clean, noisy, cfa=cfa, noise=PROFILE, settings=chosen, white_balance=BALANCE)
            )
    np.testing.assert_allclose(results[0], results[1], atol=1e-5, rtol=0)


@settings(max_examples=8, deadline=None)
@given(tile=st.sampled_from([8, 24, 64]), cfa=layouts, chroma=shares, detail=shares)
def test_tiled_equals_whole_with_controls(tile, cfa, chroma, detail) -> None:
    noisy = planes(70, 90)
    chosen = Settings(2, 0.7, chroma=chroma, detail=detail)
    results = [denoised(noisy, cfa, chosen, tile=edge) for edge in (tile, 4096)]
    np.testing.assert_allclose(results[0], results[1], atol=1e-4, rtol=0)
