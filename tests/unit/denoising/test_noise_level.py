"""The noise level of developed pictures: their roughness, and what a network removes from samples of them."""

from itertools import product

import numpy as np
import pytest
import torch

from rwdenoise.denoising.noise_level import (
    BLOCK,
    COLOR_DIVISOR,
    DIVISOR,
    GRAIN,
    IN_A_ROW,
    LEAST,
    MOST,
    SAMPLE,
    SHARE,
    TINT,
    UNKNOWN,
    USUAL,
    WINDOW,
    measure_roughness,
    noise_level_of,
    plan_samples,
    roughness_of,
)

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
    """Half of the picture is texture, and the noise of the rest counts."""
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


def test_roughness_is_bounded() -> None:
    assert measure_roughness([GRADIENT]) == pytest.approx(LEAST)
    assert measure_roughness([with_noise(2.0)]) == pytest.approx(MOST)


def test_a_picture_smaller_than_a_window_is_one() -> None:
    assert measure_roughness([with_noise(0.05)[:, :60, :90]]) == pytest.approx(0.05, rel=0.2)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 90), (5, 99)])
def test_a_picture_too_small_to_measure_is_not_known(height, width) -> None:
    assert measure_roughness([np.zeros((3, height, width), np.float32)]) == pytest.approx(UNKNOWN)


def removed(deviation: float, height: int = 96, width: int = 128) -> np.ndarray:
    return np.random.default_rng(1).normal(0, deviation, (3, height, width)).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (300, 200), (1024, 1024), (4000, 200)])
def test_small_pictures_are_one_sample(height: int, width: int) -> None:
    assert list(plan_samples(height, width)) == [(slice(0, height), slice(0, width))]


@pytest.mark.parametrize(("height", "width"), [(1100, 1100), (4000, 6000), (200, 9000), (9000, 257)])
def test_samples_are_spread_over_large_ones(height: int, width: int) -> None:
    samples = list(plan_samples(height, width))
    assert len(samples) <= IN_A_ROW**2
    for axis, length in enumerate((height, width)):
        spans = [sample[axis] for sample in samples]
        assert {span.stop - span.start for span in spans} == {min(SAMPLE, length)}
        assert (min(span.start for span in spans), max(span.stop for span in spans)) == (0, length)


def blotches(deviation: float) -> np.ndarray:
    """Return noise of brightness alone, eight px wide, that white noise of this deviation equals at a small size."""
    coarse = np.random.default_rng(1).normal(0, deviation / (DIVISOR * 3**0.5), (32, 32))
    return np.stack([np.kron(coarse, np.ones((8, 8)))] * 3).astype(np.float32)


def test_the_median_block_counts() -> None:
    """Edges, of which more is taken, do not."""
    sample = removed(0.05)
    sample[:, :BLOCK, :BLOCK] += 0.5
    assert noise_level_of([sample, removed(0.05)]) == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        (0.3 * GRAIN, SHARE * 0.3 * GRAIN),
        (0.9 * GRAIN, SHARE * 0.9 * GRAIN),
        (1.4 * GRAIN, SHARE * 1.4**3 * GRAIN),
        (3 * GRAIN, USUAL),
        (USUAL, USUAL),
        (0.1, 0.1),
    ],
)
def test_blotches_that_are_no_grain_are_more_than_is_seen(seen: float, level: float) -> None:
    noise = blotches(seen)
    assert noise.std() < level
    assert noise_level_of([noise]) == pytest.approx(level, rel=0.25)


def tints(deviation: float) -> np.ndarray:
    """Return noise of color alone, eight px wide."""
    red = np.kron(np.random.default_rng(1).normal(0, deviation / COLOR_DIVISOR, (32, 32)), np.ones((8, 8)))
    # Its square's mean over the three colors is that of red.
    return np.stack([red, red, -2 * red]).astype(np.float32) / 2**0.5


@pytest.mark.parametrize(
    ("seen", "level"), [(0.5 * TINT, 0.1 * GRAIN), (1.3 * TINT, SHARE * 1.3**3 * GRAIN), (0.1, USUAL)]
)
def test_blotches_of_color_are_of_cameras(seen: float, level: float) -> None:
    """Of weak ones only as much counts as there is."""
    noise = tints(seen)
    assert noise_level_of([noise]) == pytest.approx(max(level, float(noise.std()), LEAST), rel=0.25)


def test_more_noise_never_gives_a_lower_level() -> None:
    for of in (blotches, tints):
        level = [noise_level_of([of(seen)]) for seen in np.geomspace(0.001, 0.3, 30)]
        assert level == sorted(level)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (BLOCK - 1, 300), (2, 5)])
def test_a_picture_smaller_than_a_block_is_measured(height: int, width: int) -> None:
    assert noise_level_of([np.full((3, height, width), 0.02, np.float32)]) >= 0.0199


def test_the_level_is_bounded() -> None:
    assert noise_level_of([removed(0.0)]) == LEAST
    assert noise_level_of([removed(9.0)]) == MOST
