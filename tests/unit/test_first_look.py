"""The first look: windows spread over the picture, and what was taken out of them in the usual block."""

import numpy as np
import pytest

from rwdenoise.first_look import BLOCK, IN_A_ROW, WINDOW, noise_of, plan_windows, usual_size
from rwdenoise.roughness import LEAST, MOST


def removed(deviation: float, height: int = 96, width: int = 128) -> np.ndarray:
    return np.random.default_rng(1).normal(0, deviation, (3, height, width)).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (300, 200), (1024, 1024), (4000, 200)])
def test_small_pictures_are_looked_at_whole(height: int, width: int) -> None:
    assert list(plan_windows(height, width)) == [(slice(0, height), slice(0, width))]


@pytest.mark.parametrize(("height", "width"), [(1100, 1100), (4000, 6000), (200, 9000), (9000, 257)])
def test_windows_are_spread_over_large_ones(height: int, width: int) -> None:
    windows = list(plan_windows(height, width))
    assert len(windows) <= IN_A_ROW**2
    for axis, length in enumerate((height, width)):
        spans = [window[axis] for window in windows]
        assert {span.stop - span.start for span in spans} == {min(WINDOW, length)}
        assert (min(span.start for span in spans), max(span.stop for span in spans)) == (0, length)


def test_the_usual_block_counts() -> None:
    """Edges, of which more is taken, do not."""
    window = removed(0.02)
    window[:, :BLOCK, :BLOCK] += 0.5
    assert usual_size([window, removed(0.02)]) == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (BLOCK - 1, 300)])
def test_a_picture_smaller_than_a_block_is_one(height: int, width: int) -> None:
    window = removed(0.02, height, width)
    assert usual_size([window]) == pytest.approx(np.sqrt(np.square(window).mean()), rel=1e-4)


def test_the_noise_is_bounded_and_rises_with_what_was_taken() -> None:
    sizes = [0.0, 0.003, 0.01, 0.1, 9.0]
    noises = [noise_of(size) for size in sizes]
    assert noises == sorted(noises)
    assert (noises[0], noises[-1]) == (LEAST, MOST)


def test_of_weak_noise_a_small_part_is_taken_and_of_strong_noise_nearly_all() -> None:
    assert noise_of(1 / 255) > 1.5 / 255
    assert noise_of(20 / 255) == pytest.approx(20 / 255, rel=0.15)
