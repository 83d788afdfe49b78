"""The first look at a developed picture: how much noise it has, by what the network takes out of parts of it.

Nobody knows how noisy a finished picture is. How rough it is (`rwdenoise.roughness`) is a guess that texture raises.
Told this guess the network, which knows texture when it sees it, takes out of a few windows what it takes for noise;
and that is what it is told when it denoises the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from rwdenoise.roughness import LEAST, MOST, half_gray

#: Edge of the windows that are looked at in px, and how many of them in a row and in a column; smaller pictures are
#: looked at whole.
WINDOW, IN_A_ROW = 256, 4
#: Edge of the blocks whose median counts, in px.
BLOCK = 32
#: Shares of what was taken out that are told as noise: of the whole size, and of half the size in terms of white noise
#: that is as strong there; the greater counts. Half the size shows blotches best: where it shows far more, a camera has
#: smoothed the noise, most where it can be measured. *Measured*: at 1 and 0.57 film grain goes, and PolyU's photos gain
#: 0.04 dB less.
FINE, BLOTCHY = 0.85, 0.45
#: Share of the roughness that was taken out from which on it was no texture, and is believed: as strong noise comes out
#: of cameras, only its roughness tells all of it.
BELIEVED = 0.45


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


def noise_of(removed: Iterable[NDArray[np.float32]], *, roughness: float) -> float:
    """Return how much noise a picture has.

    Parameters
    ----------
    removed : iterable of ndarray of float32, shape (3, H, W)
        What was taken out of each window, in the display domain.
    roughness : float
        How rough the picture is, which is what the network was told.

    Returns
    -------
    float
        Its standard deviation where the picture is usual, from `LEAST` to `MOST`; 1 is white.
    """
    windows = [_whole_blocks(window) for window in removed]
    fine = _usual([np.square(window).mean(axis=0) for window in windows], BLOCK)
    halves = (half_gray(torch.from_numpy(window)[None])[0, 0].numpy() for window in windows)
    coarse = _usual([np.square(half) for half in halves], BLOCK // 2)
    found = roughness if fine > BELIEVED * roughness else max(FINE * fine, BLOTCHY * coarse)
    return min(max(found, LEAST), MOST)


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
