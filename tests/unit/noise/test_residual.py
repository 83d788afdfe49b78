"""Noise alone is found consistent, also what an ideal denoiser removes; lost structure is pointed at."""

import numpy as np
import pytest

from rwdenoise.noise.residual import BLOCK, Flagged, check_residual, deviation_of, without_hot_pixels
from rwdenoise.photo.cfa import RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene

PROFILE = NoiseProfile(2.4e-3, 1e-5)


def noise_like(shape: tuple[int, ...], *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def flat(level: float = 0.2, edge: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """Return a gray wall without and with noise."""
    truth = np.full((1, edge, edge), level, np.float32)
    return truth, truth + noise_like(truth.shape) * deviation_of(truth, PROFILE)


@pytest.mark.parametrize(("shot", "read", "level"), [(2.4e-3, 1e-5, 0.3), (7.7e-3, 8e-5, 0.3), (7.7e-3, 1e-6, 0.01)])
def test_at_least_995_of_1000_blocks_of_noise_are_consistent(shot: float, read: float, level: float) -> None:
    # Photons are counted, so in the last case hardly more than one arrives at a pixel.
    rng = np.random.default_rng(1)
    truth = np.full((1, 2048, 2048), level, np.float32)
    noisy = (rng.poisson(level / shot, truth.shape) * shot + rng.normal(0, read**0.5, truth.shape)).astype(np.float32)
    check = check_residual(noisy, truth, noise=NoiseProfile(shot, read))
    assert check.blocks == 64 * 64
    assert check.consistent >= 0.995
    assert len(check.flagged) <= 0.005 * check.blocks


def test_what_an_ideal_denoiser_removes_is_consistent_though_it_is_not_white() -> None:
    # A texture with a known spectrum in white noise, denoised by its Wiener filter: no denoiser does better.
    shape, sigma = (1024, 1024), PROFILE.read**0.5
    noise = NoiseProfile(0.0, PROFILE.read)
    y, x = (np.fft.fftfreq(length) for length in shape)
    power = 50 * np.exp(-((np.hypot(y[:, None], x) - 0.25) ** 2) / 0.003)
    texture = np.fft.ifft2(np.fft.fft2(noise_like(shape, seed=1)) * power**0.5).real * sigma
    noisy = 0.2 + texture + sigma * noise_like(shape, seed=2)
    clean = 0.2 + np.fft.ifft2(np.fft.fft2(noisy - 0.2) * power / (power + 1)).real
    removed = (noisy - clean) / sigma
    assert np.abs(np.mean(removed[:, 2:] * removed[:, :-2])) > 0.05
    check = check_residual(noisy[None].astype(np.float32), clean[None].astype(np.float32), noise=noise)
    assert check.consistent > 0.999


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS], ids=lambda cfa: cfa.name)
def test_a_blur_is_found_out_on_fabric_and_text(cfa: Cfa) -> None:
    iso = 12800
    noisy, truth = (
        photo.planes()
        for photo in simulate_raw(
            draw_scene(576, 864, rng=np.random.default_rng(2)), cfa=cfa, iso=iso, rng=np.random.default_rng(3)
        )
    )
    fabric_and_text = np.s_[:, :192, 288:]
    for clean, least, most in ((truth, 0.995, 1.0), (blurred(noisy, cfa), 0.0, 0.05)):
        check = check_residual(noisy[fabric_and_text], clean[fabric_and_text], noise=profile_at(iso))
        assert least <= check.consistent <= most
        assert check.blocks > 80


def blurred(planes: np.ndarray, cfa: Cfa) -> np.ndarray:
    """Average each color over its neighbors, as a bad denoiser does."""
    sites = cfa.sites(*planes.shape[1:])
    result = np.empty_like(planes[0])
    for color in np.unique(sites):
        here = (sites == color).astype(np.float32)
        mean = smoothed(planes[0] * here) / smoothed(here)
        result[sites == color] = mean[sites == color]
    return result[np.newaxis]


def smoothed(plane: np.ndarray) -> np.ndarray:
    for axis in (0, 1):
        plane = sum(np.roll(plane, shift, axis) * share for shift, share in zip(range(-2, 3), (1, 4, 6, 4, 1)))  # noqa: B905
    return plane


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_where_structure_was_removed(strength: float) -> None:
    truth, noisy = flat()
    stripes = np.zeros_like(truth)
    stripes[0, 64:160, 96:128] = 0.05 * np.sin(np.arange(32) * 2 * np.pi / 5)
    removed = noisy - truth + stripes
    denoised = noisy - np.float32(strength) * removed
    check = check_residual(noisy, denoised, noise=PROFILE, strength=strength)
    assert check.flagged == (Flagged(top=64, left=96, height=96, width=32, reason="pattern"),)
    assert check.consistent == pytest.approx(1 - 3 / 256)


def test_a_noise_profile_that_says_too_little_is_found_out() -> None:
    truth, noisy = flat()
    check = check_residual(noisy, truth, noise=NoiseProfile(PROFILE.shot / 1.3, PROFILE.read))
    assert check.consistent < 0.2
    assert check.flagged[0].reason == "variance"


def test_a_noise_profile_that_is_wrong_by_five_percent_is_not() -> None:
    truth, noisy = flat()
    assert check_residual(noisy, truth, noise=NoiseProfile(PROFILE.shot / 1.05, PROFILE.read)).consistent > 0.98


def test_hot_pixels_are_no_structure() -> None:
    truth, noisy = flat()
    noisy[:, 5::37, 7::41] = 1.0
    assert check_residual(noisy, truth, noise=PROFILE).consistent > 0.995


def test_clipped_highlights_are_not_judged() -> None:
    truth, noisy = flat()
    truth[:, :100], noisy[:, :100] = 1.0, 0.7
    check = check_residual(noisy, truth, noise=PROFILE)
    assert check.blocks == 12 * 16
    assert check.consistent > 0.99


@pytest.mark.parametrize(("shape", "blocks"), [((31, 500), 0), ((1, 1), 0), ((40, 70), 2)])
def test_only_whole_blocks_are_judged(shape: tuple[int, int], blocks: int) -> None:
    planes = np.full((1, *shape), 0.1, np.float32)
    check = check_residual(planes, planes, noise=PROFILE)
    assert (check.blocks, check.consistent, check.flagged) == (blocks, 1.0, ())


def test_places_come_with_the_worst_first_and_a_summary_keeps_ten() -> None:
    truth, noisy = flat()
    for place in range(12):
        stripes = 0.03 * (1 + place) * (np.arange(BLOCK) % 4 // 2)
        noisy[0, :BLOCK, (place + 2) * BLOCK : (place + 3) * BLOCK : 1] += (stripes * (place % 2)).astype(np.float32)
        noisy[0, 2 * BLOCK : 3 * BLOCK, (place + 2) * BLOCK : (place + 3) * BLOCK] += (
            stripes * (1 - place % 2)
        ).astype(np.float32)
    check = check_residual(noisy, truth, noise=PROFILE)
    assert [area.left // BLOCK - 2 for area in check.flagged] == list(range(11, -1, -1))
    summary = check.summary()
    assert (summary["blocks"], len(summary["worst"])) == (256, 10)
    assert summary["worst"][0]["left"] == 13 * BLOCK


def test_sites_that_stray_alone_are_held_and_others_stay() -> None:
    z = np.zeros((9, 9), np.float32)
    z[2, 2], z[6, 5:7] = -20, (9, 7)
    z[0, 8] = 2.5
    expected = z.copy()
    expected[2, 2], expected[6, 5] = -3, 7
    np.testing.assert_array_equal(without_hot_pixels(z), expected)
