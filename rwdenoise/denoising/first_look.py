"""The first look at a developed picture: how much noise it has, by what the network takes out of parts of it.

Nobody knows how noisy a finished picture is. How rough it is (`rwdenoise.denoising.noise_level`) is a guess that
texture raises. Told this guess, a network that has learned to doubt it takes out of a few windows what it takes for
noise. From that follows what the network is told that denoises the picture, and believes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from rwdenoise.denoising.noise_level import LEAST, MOST

#: Edge of the windows that are looked at in px, and how many of them in a row and in a column; smaller pictures are
#: looked at whole.
WINDOW, IN_A_ROW = 256, 4
#: Edge of the blocks whose median counts, in px.
BLOCK = 32
#: How many times smaller blotches of brightness, and of color, are looked at.
DIVISOR, COLOR_DIVISOR = 4, 8
#: Weak blotches of brightness may be the grain of film, or texture: this share of them counts. Blotches beyond what
#: grain, or the color of texture, shows are of cameras, and the first look leaves most of those: they count by the
#: cube, up to what is usual of cameras, and beyond it as they are. *Measured*: what is told of PolyU's photos is within
#: 0.2 dB of the best for each; of clean Kodak and McMaster pictures it is at most 2.2 / 255, but for one with grain.
SHARE, GRAIN, TINT, USUAL = 0.75, 2.8 / 255, 2.5 / 255, 12 / 255


def plan_windows(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns of windows that are spread evenly over a picture of this size, in px."""
    if height * width <= (WINDOW * IN_A_ROW) ** 2:
        yield slice(0, height), slice(0, width)
        return
    for top in _starts(height):
        for left in _starts(width):
            yield slice(top, min(top + WINDOW, height)), slice(left, min(left + WINDOW, width))


def _starts(length: int) -> list[int]:
    return sorted({int(start) for start in np.linspace(0, max(length - WINDOW, 0), IN_A_ROW)})


def noise_of(removed: Iterable[NDArray[np.float32]]) -> float:
    """Return how much noise a picture has.

    Parameters
    ----------
    removed : iterable of ndarray of float32, shape (3, H, W)
        What was taken out of each window, in the display domain.

    Returns
    -------
    float
        The standard deviation of white noise that is as strong where the picture is usual, at the size where its own is
        strongest; from `LEAST` to `MOST`, 1 is white.
    """
    windows = [_whole_blocks(window) for window in removed]
    # Gray is less noisy than its three colors by the root of 3.
    gray = [3**0.5 * window.mean(axis=0, keepdims=True) for window in windows]
    color = [window - window.mean(axis=0) for window in windows]
    fine, blotchy, tinted = _usual(windows, 1), _usual(gray, DIVISOR), _usual(color, COLOR_DIVISOR)
    beyond = max(blotchy / GRAIN, tinted / TINT)
    counted = max(SHARE * blotchy, min(SHARE * GRAIN * beyond**3, max(blotchy, USUAL)))
    return min(max(fine, counted, LEAST), MOST)


def _whole_blocks(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Leave out what is no whole block; a window smaller than one becomes one, by repeating what it has."""
    _, height, width = window.shape
    filled = np.pad(window, [(0, 0), (0, max(0, BLOCK - height)), (0, max(0, BLOCK - width))], mode="symmetric")
    rows, columns = (max(length // BLOCK, 1) * BLOCK for length in (height, width))
    return np.ascontiguousarray(filled[:, :rows, :columns])


def _usual(windows: list[NDArray[np.float32]], divisor: int) -> float:
    """Return how strong noise of windows of shape (C, H, W) is at a size divided by this, in the usual block.

    White noise is as strong at every size.
    """
    squares = [np.square(divisor * _means(window, divisor)).mean(axis=0) for window in windows]
    means = [_means(window, BLOCK // divisor).ravel() for window in squares]
    return math.sqrt(float(np.median(np.concatenate(means))))


def _means(planes: NDArray[np.float32], edge: int) -> NDArray[np.float32]:
    """Return the means of squares of so many px."""
    height, width = planes.shape[-2:]
    squares = planes.reshape(*planes.shape[:-2], height // edge, edge, width // edge, edge)
    means: NDArray[np.float32] = squares.mean(axis=(-3, -1))
    return means
