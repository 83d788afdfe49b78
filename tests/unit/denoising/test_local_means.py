"""Local means follow the noisy photo; everything else stays."""

import numpy as np
import pytest

from rwdenoise.denoising.local_means import CELL, keep_local_means
from rwdenoise.photo.cfa import MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile

PROFILE = NoiseProfile(4e-3, 2e-5)
SHAPE = (5 * CELL + 7, 4 * CELL + 33)


def pair(signal: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Return the truth and a noisy version of it."""
    truth = np.broadcast_to(np.float32(signal), (1, *SHAPE)).astype(np.float32)
    rng = np.random.default_rng(1)
    return truth, (truth + rng.normal(0, np.sqrt(PROFILE.variance(truth)))).astype(np.float32)


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("signal", [0.003, 0.05, 0.4])
def test_lost_light_comes_back(cfa: Cfa, signal: float) -> None:
    truth, noisy = pair(signal)
    kept = keep_local_means(truth * np.float32(0.95), noisy, cfa=cfa, noise=PROFILE)
    assert kept.mean() == pytest.approx(noisy.mean(), rel=2e-3)
    assert kept.dtype == np.float32


def test_each_color_has_its_own_means() -> None:
    truth, noisy = pair(0.2)
    wrong = truth.copy()
    wrong[:, ::2, ::2] *= 0.9
    kept = keep_local_means(wrong, noisy, cfa=RGGB, noise=PROFILE)
    assert kept[:, ::2, ::2].mean() == pytest.approx(0.2, rel=3e-3)
    assert kept[:, 1::2, 1::2].mean() == pytest.approx(0.2, rel=3e-3)


def test_hardly_any_noise_comes_with_it() -> None:
    truth, noisy = pair(0.1)
    kept = keep_local_means(truth, noisy, cfa=RGGB, noise=PROFILE)
    assert (kept - truth).std() < (noisy - truth).std() / 40


def test_hot_pixels_are_no_light() -> None:
    truth, noisy = pair(0.01)
    noisy[0, 100, 100] = 1.0
    calm = keep_local_means(truth, pair(0.01)[1], cfa=RGGB, noise=PROFILE)
    np.testing.assert_allclose(keep_local_means(truth, noisy, cfa=RGGB, noise=PROFILE), calm, atol=1e-4)


def test_clipped_highlights_stay_white() -> None:
    truth, noisy = pair(1.0)
    np.testing.assert_array_equal(keep_local_means(truth, noisy.clip(max=1), cfa=RGGB, noise=PROFILE), truth)


def test_a_dark_place_beside_a_bright_one_stays_dark() -> None:
    signal = np.full(SHAPE, 0.9, np.float32)
    signal[:, : SHAPE[1] // 2] = 0.002
    truth, noisy = pair(signal)
    kept = keep_local_means(truth, noisy, cfa=RGGB, noise=PROFILE)
    dark = np.s_[0, :, : SHAPE[1] // 2]
    assert np.abs(kept[dark] - truth[dark]).max() < 0.2 * PROFILE.variance(np.float32(0.002)) ** 0.5


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64)])
def test_any_size_and_no_difference_no_change(shape: tuple[int, int]) -> None:
    planes = np.full((1, *shape), 0.3, np.float32)
    np.testing.assert_array_equal(keep_local_means(planes, planes, cfa=X_TRANS, noise=PROFILE), planes)
