"""Test the registration of a truth with a photo, against known shifts and brightness."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the bench needs scipy, which comes with the extra `bench`")
from scipy.ndimage import gaussian_filter

from bench.registration import register


def scene(down: float = 0.0, right: float = 0.0) -> np.ndarray:
    """Draw waves, which can be shifted by any fraction of a pixel."""
    y, x = np.mgrid[:96, :128]
    y, x = y - down, x - right
    waves = [np.sin(0.4 * x + phase) * np.cos(0.3 * y) + np.sin(0.2 * y - 0.1 * x) for phase in (0.0, 0.5, 1.0)]
    return (0.5 + 0.1 * np.stack(waves, axis=2)).astype(np.float32)


@pytest.mark.parametrize(("down", "right"), [(0.3, -0.2), (-0.5, 0.45), (0.9, 0.0), (0.0, 0.0)])
def test_a_moved_and_brightened_truth_is_found(down: float, right: float) -> None:
    light = np.array([0.01, -0.02, 0.005], np.float32)
    found = register(scene(), scene(down, right) + light)
    assert found.shift == pytest.approx(np.hypot(down, right), abs=0.01)
    assert found.light == pytest.approx(np.sqrt(np.mean(light**2)), abs=1e-4)
    inner = (slice(4, -4), slice(4, -4))
    np.testing.assert_allclose(found.truth[inner], (scene(down, right) + light)[inner], atol=2e-3)


def test_noise_and_blur_move_nothing() -> None:
    noise = np.random.default_rng(1).normal(0, 0.03, scene().shape).astype(np.float32)
    photo = gaussian_filter(scene(), (0.6, 0.6, 0)) + noise
    found = register(scene(), photo)
    assert found.shift < 0.02
    assert found.light < 1e-3
