"""Measure how denoising time grows with the size of a photo: it should be linear."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.quality.rows import Row
from bench.speed.photos import Photos
from bench.speed.rates import Denoising
from bench.speed.sizes import Sizes
from bench.speed.timing import in_turn, seconds_of
from rwdenoise.denoising.denoiser import load_denoiser


def measure_line(photos: Photos, weights: str, sizes: Sizes) -> list[Row]:
    """Denoise photos of different sizes in one step, one at a time, on the default backend.

    Returns
    -------
    list of dict
        Among others ``line``, the seconds according to the straight line with the best relative fit, and ``deviation``,
        the relative deviation of the measured seconds from it.
    """
    denoiser = load_denoiser(weights)
    works = {
        size: partial(seconds_of, Denoising(denoiser, photos, megapixels=size, steps=1).run) for size in sizes.line
    }
    seconds = in_turn(works, rounds=sizes.rounds)
    x, y = (np.array(values) for values in zip(*seconds.items(), strict=True))
    line = np.polyval(np.polyfit(x, y, 1, w=1 / y), x)
    return [
        {
            "weights": weights,
            "backend": denoiser.device,
            "megapixels": float(size),
            "seconds": float(taken),
            "line": float(expected),
            "deviation": float(taken / expected - 1),
        }
        for size, taken, expected in zip(x, y, line, strict=True)
    ]
