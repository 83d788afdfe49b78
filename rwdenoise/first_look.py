"""The first look at a developed picture: how much noise it has, by what the network takes out of parts of it.

Nobody knows how noisy a finished picture is. How rough it is (`rwdenoise.roughness`) is a guess that texture raises.
Told this guess the network, which knows texture when it sees it, takes out of a few windows what it takes for noise;
and that is what it is told when it denoises the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from rwdenoise.roughness import LEAST, MOST

#: Edge of the windows that are looked at in px, and how many of them in a row and in a column; smaller pictures are
#: looked at whole.
WINDOW, IN_A_ROW = 256, 4
#: Edge of the blocks whose median counts, in px.
BLOCK = 32
#: The noise is this times what was taken out, to this power: of weak noise, which may as well be texture, the network
#: takes out less than half, of strong noise nearly all. *Measured* on simulated pictures by `python -m training look`.
GAIN, POWER = 0.56, 0.77


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


def noise_of(removed: float) -> float:
    """Return how much noise a picture has out of which so much was taken; from `LEAST` to `MOST`, 1 is white."""
    noise: float = GAIN * removed**POWER
    return min(max(noise, LEAST), MOST)


def usual_size(removed: Iterable[NDArray[np.float32]]) -> float:
    """Return the root mean square of the usual block, 1 is white.

    Parameters
    ----------
    removed : iterable of ndarray of float32, shape (3, H, W)
        What was taken out of each window, in the display domain.
    """
    return math.sqrt(float(np.median(np.concatenate([_energies(window) for window in removed]))))


def _energies(removed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean squares of the blocks; of a window smaller than one its own."""
    squares = np.square(removed).mean(axis=0)
    height, width = (length // BLOCK for length in squares.shape)
    if not (height and width):
        return np.array([squares.mean()], np.float32)
    blocks = squares[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK)
    return np.asarray(blocks.mean(axis=(1, 3)).ravel(), np.float32)
