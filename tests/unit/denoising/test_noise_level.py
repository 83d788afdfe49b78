"""How rough a picture is: noise is measured, edges and gradients are not, texture is."""

from itertools import product

import numpy as np
import pytest
import torch

from rwdenoise.denoising.noise_level import LEAST, MOST, UNKNOWN, WINDOW, measure_roughness, roughness_of

GRADIENT = np.broadcast_to(np.linspace(0.2, 0.8, 384, dtype=np.float32), (3, 240, 384))


def with_noise(deviation: float, seed: int = 1) -> np.ndarray:
    return (GRADIENT + np.random.default_rng(seed).normal(0, deviation, GRADIENT.shape)).astype(np.float32)


@pytest.mark.parametrize("deviation", [0.004, 0.02, 0.1])
def test_white_noise_is_measured(deviation: float) -> None:
    assert measure_roughness([with_noise(deviation)]) == pytest.approx(deviation, rel=0.08)


def test_edges_are_not_measured() -> None:
    blocks = np.kron(np.random.default_rng(1).random((3, 5, 8)), np.ones((48, 48))).astype(np.float32)
    assert measure_roughness([blocks]) == pytest.approx(LEAST)


def test_texture_is_measured() -> None:
    dots = np.kron(np.indices((120, 192)).sum(axis=0) % 2, np.ones((2, 2)))
    assert measure_roughness([(0.3 * dots + with_noise(0.004)).astype(np.float32)]) > 0.1


def test_calm_windows_count_more_than_texture() -> None:
    """Half of the picture is texture, and what is told is the noise of the rest."""
    half = with_noise(0.01)
    half[:, :, 192:] += np.kron(np.random.default_rng(3).normal(0, 0.2, (120, 96)), np.ones((2, 2))).astype(np.float32)
    assert measure_roughness([half]) == pytest.approx(0.01, rel=0.15)


def test_blotches_count_although_they_are_smooth() -> None:
    fine = np.random.default_rng(2).normal(0, 0.02, (3, 120, 192))
    blotchy = GRADIENT + np.kron(fine, np.ones((2, 2)))
    assert measure_roughness([blotchy.astype(np.float32)]) > 0.02


def test_parts_measure_what_the_whole_does() -> None:
    noisy = with_noise(0.05)
    edges = range(0, 240, WINDOW), (0, 2 * WINDOW)
    parts = [noisy[:, top : top + WINDOW, left : left + 2 * WINDOW] for top, left in product(*edges)]
    assert measure_roughness(parts) == pytest.approx(measure_roughness([noisy]), rel=1e-4)


def test_each_picture_of_a_batch_has_its_own() -> None:
    batch = torch.from_numpy(np.stack([with_noise(0.01), with_noise(0.08)]))
    weak, strong = roughness_of(batch).tolist()
    assert weak == pytest.approx(0.01, rel=0.08)
    assert strong == pytest.approx(0.08, rel=0.08)


def test_what_is_told_is_bounded() -> None:
    assert measure_roughness([GRADIENT]) == pytest.approx(LEAST)
    assert measure_roughness([with_noise(2.0)]) == pytest.approx(MOST)


def test_a_picture_smaller_than_a_window_is_one() -> None:
    assert measure_roughness([with_noise(0.05)[:, :60, :90]]) == pytest.approx(0.05, rel=0.2)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 90), (5, 99)])
def test_a_picture_too_small_to_measure_is_not_known(height, width) -> None:
    assert measure_roughness([np.zeros((3, height, width), np.float32)]) == pytest.approx(UNKNOWN)
