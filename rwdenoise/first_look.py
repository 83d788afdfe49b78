"""The first look at a developed picture: how much noise it has, by what the network takes out of parts of it.

Nobody knows how noisy a finished picture is. How rough it is (`rwdenoise.roughness`) is a guess that texture raises.
Told this guess, a network that has learned to doubt it takes out of a few windows what it takes for noise. From that
follows what the network is told that denoises the picture, and believes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from rwdenoise.roughness import LEAST, MOST, small_gray

#: Edge of the windows that are looked at in px, and how many of them in a row and in a column; smaller pictures are
#: looked at whole.
WINDOW, IN_A_ROW = 256, 4
#: Edge of the blocks whose median counts, in px.
BLOCK = 32
#: How many times smaller blotches are looked at.
DIVISOR = 4
#: Weak blotches may be the grain of film, or texture: this share of them counts. Of stronger ones the first look leaves
#: most: they count by their square, in units of `GRAIN`, up to what is usual of cameras, and beyond it as they are.
#: *Measured*: what is told of PolyU's photos is within 0.2 dB of the best for each; of clean Kodak pictures it is at
#: most 2.3 / 255, for Kodak 9 and 23, which have grain: with a share of 1 Kodak 9 comes back at 44 dB.
SHARE, GRAIN, USUAL = 0.8, 3.6 / 255, 10 / 255


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
    fine = _usual([np.square(window).mean(axis=0) for window in windows], BLOCK)
    small = (small_gray(torch.from_numpy(window)[None], DIVISOR)[0, 0].numpy() for window in windows)
    blotchy = _usual([np.square(window) for window in small], BLOCK // DIVISOR)
    counted = max(SHARE * blotchy, min(blotchy**2 / GRAIN, max(blotchy, USUAL)))
    return min(max(fine, counted, LEAST), MOST)


def _whole_blocks(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Leave out what is no whole block; a window smaller than one becomes one, by repeating what it has."""
    _, height, width = window.shape
    filled = np.pad(window, [(0, 0), (0, max(0, BLOCK - height)), (0, max(0, BLOCK - width))], mode="symmetric")
    rows, columns = (max(length // BLOCK, 1) * BLOCK for length in (height, width))
    return np.ascontiguousarray(filled[:, :rows, :columns])


def _usual(squares: list[NDArray[np.float32]], edge: int) -> float:
    """Return the root of the median of blocks' means."""
    means = [window.reshape(window.shape[0] // edge, edge, -1, edge).mean(axis=(1, 3)).ravel() for window in squares]
    return math.sqrt(float(np.median(np.concatenate(means))))
