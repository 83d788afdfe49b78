"""The first look: windows spread over the picture, and what was taken out of them in the usual block."""

import numpy as np
import pytest

from rwdenoise.denoising.first_look import (
    BLOCK,
    COLOR_DIVISOR,
    DIVISOR,
    GRAIN,
    IN_A_ROW,
    SHARE,
    TINT,
    USUAL,
    WINDOW,
    noise_of,
    plan_windows,
)
from rwdenoise.denoising.noise_level import LEAST, MOST


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


def blotches(deviation: float) -> np.ndarray:
    """Return noise of brightness alone, eight px wide, that white noise of this deviation equals at a small size."""
    coarse = np.random.default_rng(1).normal(0, deviation / (DIVISOR * 3**0.5), (32, 32))
    return np.stack([np.kron(coarse, np.ones((8, 8)))] * 3).astype(np.float32)


def test_the_usual_block_counts() -> None:
    """Edges, of which more is taken, do not."""
    window = removed(0.05)
    window[:, :BLOCK, :BLOCK] += 0.5
    assert noise_of([window, removed(0.05)]) == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (0.3 * GRAIN, SHARE * 0.3 * GRAIN),
        (0.9 * GRAIN, SHARE * 0.9 * GRAIN),
        (1.4 * GRAIN, SHARE * 1.4**3 * GRAIN),
        (3 * GRAIN, USUAL),
        (USUAL, USUAL),
        (0.1, 0.1),
    ],
)
def test_blotches_that_are_no_grain_are_more_than_is_seen(seen: float, told: float) -> None:
    noise = blotches(seen)
    assert noise.std() < told
    assert noise_of([noise]) == pytest.approx(told, rel=0.25)


def tints(deviation: float) -> np.ndarray:
    """Return noise of color alone, eight px wide."""
    red = np.kron(np.random.default_rng(1).normal(0, deviation / COLOR_DIVISOR, (32, 32)), np.ones((8, 8)))
    # Its square's mean over the three colors is that of red.
    return np.stack([red, red, -2 * red]).astype(np.float32) / 2**0.5


@pytest.mark.parametrize(
    ("seen", "told"), [(0.5 * TINT, 0.1 * GRAIN), (1.3 * TINT, SHARE * 1.3**3 * GRAIN), (0.1, USUAL)]
)
def test_blotches_of_color_are_of_cameras(seen: float, told: float) -> None:
    """Of weak ones only as much counts as there is."""
    noise = tints(seen)
    assert noise_of([noise]) == pytest.approx(max(told, float(noise.std()), LEAST), rel=0.25)


def test_more_noise_is_never_told_as_less() -> None:
    for of in (blotches, tints):
        told = [noise_of([of(seen)]) for seen in np.geomspace(0.001, 0.3, 30)]
        assert told == sorted(told)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (BLOCK - 1, 300), (2, 5)])
def test_a_picture_smaller_than_a_block_is_one(height: int, width: int) -> None:
    assert noise_of([np.full((3, height, width), 0.02, np.float32)]) >= 0.0199


def test_what_is_told_is_bounded() -> None:
    assert noise_of([removed(0.0)]) == LEAST
    assert noise_of([removed(9.0)]) == MOST
