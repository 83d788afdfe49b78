"""The noise profile and the stabilizing transform."""

import math

import numpy as np
import pytest
import torch

from rwdenoise.errors import SettingsError
from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize


@pytest.mark.parametrize(("shot", "read"), [(-1e-3, 0), (0, -1e-9), (math.nan, 0), (1e-3, math.inf), (1.0, 0)])
def test_refuses_what_is_no_variance(shot: float, read: float) -> None:
    with pytest.raises(SettingsError, match="must be a variance"):
        NoiseProfile(shot, read)


def test_variance_grows_with_light_but_not_below_black() -> None:
    profile = NoiseProfile(0.01, 0.0001)
    np.testing.assert_allclose(profile.variance(np.array([-0.1, 0.0, 0.5])), [1e-4, 1e-4, 0.0051])


def test_reference_values() -> None:
    # f(1) by hand: 2 / (sqrt(0.0009 + 0.0016) + sqrt(0.0016)) = 2 / (0.05 + 0.04)
    profile = NoiseProfile(0.0009, 0.0016)
    assert profile.sigma == pytest.approx(0.045)
    # f(x) / f(1) with x = 0.5: (2 * 0.5 / (sqrt(0.00205) + 0.04)) * 0.045
    expected = 1 / (math.sqrt(0.00205) + 0.04) * 0.045
    assert stabilize(np.array([0.5]), shot=0.0009, read=0.0016)[0] == pytest.approx(expected)


@pytest.mark.parametrize("signal", [0.0, 0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize(("shot", "read"), [(1e-4, 1e-7), (4e-3, 2e-5), (1.6e-2, 4e-4)])
def test_noise_is_the_same_everywhere(signal: float, shot: float, read: float) -> None:
    rng = np.random.default_rng(1)
    profile = NoiseProfile(shot, read)
    noisy = signal + rng.normal(0, math.sqrt(profile.variance(np.array(signal))), 200_000)
    measured = stabilize(noisy, shot=shot, read=read).std()
    # Where the noise spans the bend of the curve, near black, its bright side is pressed together.
    near_black = signal < 3 * math.sqrt(profile.variance(np.array(signal)))
    assert measured == pytest.approx(profile.sigma, rel=0.3 if near_black else 0.03)


def test_tensors_and_arrays_agree() -> None:
    x = np.linspace(-0.1, 1.2, 50, dtype=np.float32)
    u = stabilize(x, shot=0.01, read=1e-5)
    shot = torch.tensor(0.01)
    np.testing.assert_allclose(stabilize(torch.from_numpy(x), shot=shot, read=torch.tensor(1e-5)).numpy(), u, rtol=1e-5)
    back = destabilize(torch.from_numpy(u), shot=shot, read=torch.tensor(1e-5))
    np.testing.assert_allclose(back.numpy(), x, atol=1e-6)
