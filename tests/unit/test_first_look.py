"""The first look: windows spread over the picture, and what was taken out of them in the usual block."""

import numpy as np
import pytest

from rwdenoise.first_look import BELIEVED, BLOCK, BLOTCHY, FINE, IN_A_ROW, WINDOW, noise_of, plan_windows
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
    assert noise_of([window, removed(0.02)], roughness=MOST) == pytest.approx(FINE * 0.02, rel=0.05)


def test_of_blotchy_noise_half_the_size_tells_more() -> None:
    """Noise of brightness alone, twice as wide: what it is at half the size counts."""
    blotches = np.kron(np.random.default_rng(1).normal(0, 0.01, (48, 64)), np.ones((2, 2))).astype(np.float32)
    found = noise_of([np.stack([blotches] * 3)], roughness=MOST)
    assert found == pytest.approx(BLOTCHY * 2 * 3**0.5 * 0.01, rel=0.05)


@pytest.mark.parametrize(("share", "believed"), [(0.9 * BELIEVED, False), (1.1 * BELIEVED, True), (1.0, True)])
def test_roughness_is_believed_where_much_of_it_goes(share: float, believed: bool) -> None:
    found = noise_of([removed(0.1 * share)], roughness=0.1)
    assert found == pytest.approx(0.1 if believed else FINE * 0.1 * share, rel=0.02)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (BLOCK - 1, 300), (2, 5)])
def test_a_picture_smaller_than_a_block_is_one(height: int, width: int) -> None:
    assert noise_of([np.full((3, height, width), 0.02, np.float32)], roughness=MOST) >= FINE * 0.0199


def test_what_is_told_is_bounded() -> None:
    assert noise_of([removed(0.0)], roughness=0.1) == LEAST
    assert noise_of([removed(9.0)], roughness=9.0) == MOST
