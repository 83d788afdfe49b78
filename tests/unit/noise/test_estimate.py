"""The noise that is measured on the mosaic itself."""

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from rwdenoise.noise.estimate import estimate_noise
from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile

#: Like ISO 800, 6400 and 51200.
PROFILES = [NoiseProfile(2.3e-4, 4e-8), NoiseProfile(1.3e-3, 1.8e-6), NoiseProfile(7.7e-3, 8e-5)]
STEP = 1 / 4095


def draw_signal(cfa: Cfa, height: int = 288, width: int = 384, *, exposure: float = 1.0) -> NDArray[np.float64]:
    """Soft blobs, hard edges and stripes in colors, from black to beyond white; the same every time."""
    y, x = np.mgrid[:height, :width]
    shade = 0.25 + 0.2 * np.sin(x / 61) * np.cos(y / 47) + 0.2 * (x / width)
    shade = np.where((x // 64 + y // 48) % 3 == 0, shade * 0.3, shade)
    stripes = (y > height * 0.7) & (x < width * 0.4)
    shade = np.where(stripes, shade * (1 + 0.4 * np.sin(x * 1.1 + y * 0.7)), shade)
    tint = np.array([0.5, 1.0, 0.6, 0.9])[cfa.sites(height, width)]
    return (shade * tint * exposure).clip(0, 1)


def photograph(
    signal: NDArray[np.float64], noise: NoiseProfile, *, seed: int, step: float = STEP / 4, floor: float = -0.1
) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    photons = rng.poisson(signal / noise.shot) * noise.shot if noise.shot else signal
    noisy = photons + rng.normal(0, math.sqrt(noise.read), signal.shape)
    return (np.rint(noisy / step) * step).clip(floor, 1).astype(np.float32)[np.newaxis]


def deviation(noise: NoiseProfile, signal: float = 0.18) -> float:
    return math.sqrt(noise.shot * signal + noise.read)


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, MONOCHROME], ids=lambda cfa: f"{cfa.name}{cfa.colors[0]}")
@pytest.mark.parametrize("truth", PROFILES, ids=str)
def test_finds_the_noise_of_every_sensor(cfa: Cfa, truth: NoiseProfile) -> None:
    estimate = estimate_noise(photograph(draw_signal(cfa), truth, seed=1), cfa)
    assert deviation(estimate) == pytest.approx(deviation(truth), rel=0.06)
    assert deviation(estimate, 0.6) == pytest.approx(deviation(truth, 0.6), rel=0.10)


@pytest.mark.parametrize("exposure", [4.0, 0.125], ids=["clipped highlights", "deep shadows"])
@pytest.mark.parametrize("truth", PROFILES, ids=str)
def test_finds_the_noise_at_every_exposure(exposure: float, truth: NoiseProfile) -> None:
    signal = draw_signal(RGGB, exposure=exposure)
    estimate = estimate_noise(photograph(signal, truth, seed=2), RGGB)
    assert deviation(estimate) == pytest.approx(deviation(truth), rel=0.10)


def test_shadows_that_are_cut_off_do_not_lower_the_estimate() -> None:
    truth = NoiseProfile(1.3e-3, 1e-4)
    signal = draw_signal(RGGB) - 0.05
    estimate = estimate_noise(photograph(signal.clip(0), truth, seed=3, floor=0.0), RGGB)
    assert deviation(estimate) == pytest.approx(deviation(truth), rel=0.10)


def test_optical_black_tells_the_read_noise_of_a_photo_without_shadows() -> None:
    # Ten times the read noise that usually goes with this shot noise.
    truth = NoiseProfile(1.3e-3, 1.6e-5)
    planes = photograph(0.4 + 0.5 * draw_signal(RGGB), truth, seed=4)
    masked = photograph(np.zeros((24, 400)), truth, seed=5).ravel()
    masked[:3] = 0.5  # hot
    with_black = estimate_noise(planes, RGGB, masked=masked)
    without = estimate_noise(planes, RGGB)
    assert with_black.read == pytest.approx(truth.read, rel=0.2)
    assert abs(math.log(without.read / truth.read)) > math.log(1.5)
    assert deviation(with_black) == pytest.approx(deviation(truth), rel=0.05)


@pytest.mark.parametrize("masked", [[], [0.1, 0.2], [math.nan] * 200], ids=["none", "two", "not a number"])
def test_ignores_optical_black_that_tells_nothing(masked: list[float]) -> None:
    planes = photograph(draw_signal(RGGB, 128, 128), PROFILES[1], seed=6)
    assert estimate_noise(planes, RGGB, masked=np.array(masked, np.float32)) == estimate_noise(planes, RGGB)


def test_hot_pixels_and_banding_are_no_noise() -> None:
    truth = PROFILES[1]
    rng = np.random.default_rng(7)
    planes = photograph(draw_signal(RGGB), truth, seed=7)
    planes += rng.normal(0, 0.5 * math.sqrt(truth.read), (1, planes.shape[1], 1)).astype(np.float32)
    hot = rng.random(planes.shape) < 3e-4
    estimate = estimate_noise(np.where(hot, np.float32(0.9), planes), RGGB)
    assert deviation(estimate) == pytest.approx(deviation(truth), rel=0.06)


def test_a_noisier_photo_has_a_higher_estimate() -> None:
    signal = draw_signal(RGGB, 192, 256)
    found = [deviation(estimate_noise(photograph(signal, noise, seed=8), RGGB)) for noise in PROFILES]
    assert found == sorted(found)
    assert found[-1] > 3 * found[0]


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
def test_tiny_mosaics_give_the_right_order(cfa: Cfa) -> None:
    signal = np.linspace(0.05, 0.6, 33) * np.ones((31, 1))
    found = [deviation(estimate_noise(photograph(signal, PROFILES[1], seed=seed), cfa)) for seed in range(8)]
    assert np.median(found) == pytest.approx(deviation(PROFILES[1]), rel=0.2)


EXTREMES = {
    "black": np.zeros((64, 64)),
    "gray": np.full((64, 64), 0.5),
    "white": np.ones((64, 64)),
    "below black": -np.ones((64, 64)),
    "not a number": np.full((64, 64), np.nan),
    "one site": np.zeros((1, 1)),
    "one row": np.linspace(0, 1, 500)[np.newaxis],
    "one column of blocks": np.linspace(0, 1, 900).reshape(100, 9),
    "checkerboard": np.indices((64, 64)).sum(axis=0) % 2,
    "far out of range": np.random.default_rng(9).normal(0, 1e4, (64, 64)),
    "white noise everywhere": np.random.default_rng(9).random((65, 63)),
    "one hot pixel": np.eye(1, 64 * 64, 2000).reshape(64, 64),
}


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("name", EXTREMES)
def test_always_gives_a_valid_profile(name: str, cfa: Cfa) -> None:
    noise = estimate_noise(EXTREMES[name].astype(np.float32)[np.newaxis], cfa)
    assert math.isfinite(noise.shot)
    assert 0 <= noise.shot < 1
    assert READ_FLOOR <= noise.read < 1


def test_a_mosaic_without_noise_has_none() -> None:
    noise = estimate_noise(np.full((1, 128, 128), 0.3, np.float32), RGGB)
    assert noise == NoiseProfile(0.0, READ_FLOOR)


def test_read_noise_is_at_least_that_of_the_steps() -> None:
    coarse = np.rint(draw_signal(RGGB) * 63) / 63
    assert estimate_noise(coarse.astype(np.float32)[np.newaxis], RGGB).read >= (1 / 63) ** 2 / 12 * 0.999


def test_is_repeatable_and_leaves_the_planes_alone() -> None:
    planes = photograph(draw_signal(RGGB, 128, 160), PROFILES[0], seed=10)
    before = planes.copy()
    assert estimate_noise(planes, RGGB) == estimate_noise(planes, RGGB)
    np.testing.assert_array_equal(planes, before)


def test_a_large_mosaic_costs_no_more_than_its_sample() -> None:
    truth = PROFILES[1]
    signal = np.tile(draw_signal(RGGB).astype(np.float32), (5, 5))
    # Not repeated: noise that both halves of the photo share would be taken for something to learn.
    noise = np.random.default_rng(11).standard_normal(signal.shape, np.float32)
    planes = (signal + noise * np.sqrt(truth.variance(signal)))[np.newaxis]
    start = time.process_time()
    estimate = estimate_noise(planes, RGGB)
    assert time.process_time() - start < 5  # about 1 s where nothing else runs
    assert deviation(estimate) == pytest.approx(deviation(truth), rel=0.06)
