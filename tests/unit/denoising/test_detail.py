"""Lost structure comes back, noise does not."""

import numpy as np
import pytest

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import load_denoiser
from rwdenoise.denoising.detail import lost_structure, restore_detail
from rwdenoise.noise.residual import deviation_of
from rwdenoise.photo.cfa import RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.unit.noise.test_residual import blurred, noise_like

PROFILE = NoiseProfile(2.4e-3, 1e-5)
HEIGHT, WIDTH = 288, 432
#: Where the scene has fabric and text.
TEXTURED = np.s_[: HEIGHT // 3, WIDTH // 3 :]


def photograph(cfa: Cfa, iso: float) -> tuple[np.ndarray, np.ndarray]:
    scene = draw_scene(HEIGHT, WIDTH, rng=np.random.default_rng(2))
    noisy, truth = simulate_raw(scene, cfa=cfa, iso=iso, rng=np.random.default_rng(3))
    return noisy.planes(), truth.planes()


def decibels(estimate: np.ndarray, truth: np.ndarray) -> float:
    encoded = [np.clip(plane, 0, 1) ** (1 / 2.2) for plane in (estimate, truth)]
    return float(-10 * np.log10(np.mean((encoded[0] - encoded[1]) ** 2)))


def texture(estimate: np.ndarray, truth: np.ndarray, cfa: Cfa) -> float:
    """Return the share of the truth's differences between sites of one color that the estimate has."""
    steps = [np.diff(plane[:: cfa.period[0], :: cfa.period[1]]) for plane in (estimate, truth)]
    return float((steps[0] * steps[1]).sum() / (steps[1] ** 2).sum())


def test_less_than_a_thousandth_of_pure_noise_comes_back() -> None:
    structure = lost_structure(noise_like((1024, 1024)))
    assert np.mean(structure**2) < 1e-3


def test_what_stands_far_above_the_noise_comes_back_nearly_whole() -> None:
    y, x = np.mgrid[:200, :203]
    wave = (30 * np.sin(0.9 * x + 0.4 * y)).astype(np.float32)
    back = lost_structure(wave)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, wave, atol=0.1 * 30)


def test_what_comes_back_comes_back_around_the_structure_only() -> None:
    z = noise_like((256, 256), seed=4)
    z[100:140, 100:140] += 4 * (np.arange(40) % 4 // 2 * 2 - 1)
    back = lost_structure(z)
    inside = np.zeros_like(z, bool)
    inside[76:164, 76:164] = True
    assert np.mean(back[104:136, 104:136] * z[104:136, 104:136]) > 8
    assert np.mean(back[~inside] ** 2) < 1e-3


@pytest.mark.parametrize("iso", [12800, 51200])
@pytest.mark.parametrize("cfa", [RGGB, X_TRANS], ids=lambda cfa: cfa.name)
def test_after_a_blur_texture_rises_and_decibels_too(cfa: Cfa, iso: float) -> None:
    noisy, truth = photograph(cfa, iso)
    clean = blurred(noisy, cfa)[0]
    back = restore_detail(clean, noisy[0], noise=profile_at(iso), detail=1.0)
    half = restore_detail(clean, noisy[0], noise=profile_at(iso), detail=0.5)
    before, between, after = (texture(plane[TEXTURED], truth[0][TEXTURED], cfa) for plane in (clean, half, back))
    assert before + 0.04 < between < after
    assert decibels(back[TEXTURED], truth[0][TEXTURED]) > decibels(clean[TEXTURED], truth[0][TEXTURED]) + 0.5


@pytest.mark.parametrize("iso", [12800, 51200])
@pytest.mark.parametrize("cfa", [RGGB, X_TRANS], ids=lambda cfa: cfa.name)
def test_after_the_released_weights_nothing_is_lost(cfa: Cfa, iso: float) -> None:
    noisy, truth = photograph(cfa, iso)
    clean, back = (
        load_denoiser(device="cpu").denoise(
            noisy, cfa=cfa, noise=profile_at(iso), settings=Settings(steps=2, detail=detail)
        )[0]
        for detail in (0.0, 1.0)
    )
    assert texture(back, truth[0], cfa) >= texture(clean, truth[0], cfa) - 1e-3
    for part in (TEXTURED, np.s_[:, :]):
        assert decibels(back[part], truth[0][part]) > decibels(clean[part], truth[0][part]) - 0.05


@pytest.mark.parametrize("level", [0.0, 0.2])
def test_hot_pixels_stay_away(level: float) -> None:
    clean = np.full((300, 300), level, np.float32)
    noisy = clean + deviation_of(clean, PROFILE) * noise_like(clean.shape)
    hot = noisy.copy()
    hot[5::23, 8::29] = 1.0
    calm, back = (restore_detail(clean, seen, noise=PROFILE, detail=1.0) for seen in (noisy, hot))
    assert np.abs(back - calm).max() < 0.5 * deviation_of(clean, PROFILE).max()


def test_clipped_highlights_stay_white() -> None:
    clean = np.ones((256, 256), np.float32)
    noisy = np.minimum(clean + deviation_of(clean, PROFILE) * noise_like(clean.shape), 1)
    back = restore_detail(clean, noisy, noise=PROFILE, detail=1.0)
    assert np.abs(back - clean).mean() < 0.02 * deviation_of(clean, PROFILE).mean()


def test_detail_0_gives_nothing_back() -> None:
    clean, noisy = (noise_like((40, 50), seed=seed) for seed in (1, 2))
    assert restore_detail(clean, noisy, noise=PROFILE, detail=0.0) is clean


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (9, 8), (4, 4)])
def test_any_size(shape: tuple[int, int]) -> None:
    back = lost_structure(noise_like(shape))
    assert back.shape == shape
    assert np.isfinite(back).all()
