"""Measure the rate of each backend: megapixels per second, and share of the fastest matrix product in its precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bench.quality.rows import Row
from bench.speed.ceilings import find_ceiling
from bench.speed.engines import NetworkAlone, all_backends, flops_per_pixel, hardware_of, load
from bench.speed.photos import Photos
from bench.speed.sizes import Sizes, shape_of
from bench.speed.timing import in_turn, seconds_of
from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.network.engines.base import Engine
from rwdenoise.photo.cfa import RGGB

NETWORK = "network alone"


class Denoising:
    """Denoising of a photo in memory with a given number of steps."""

    def __init__(self, denoiser: Denoiser, photos: Photos, *, megapixels: float, steps: int) -> None:
        self._denoiser = denoiser
        self._planes = photos.mosaic(megapixels)[np.newaxis]
        self._noise = photos.noise
        self._settings = Settings(steps)
        self.pixels = 0
        """Number of sensor pixels that the network processed in the last run, over all passes, without halos."""

    def run(self) -> None:
        """Denoise the photo."""
        before = self._denoiser.pixels_run
        self._denoiser.denoise(self._planes, cfa=RGGB, noise=self._noise, settings=self._settings)
        self.pixels = self._denoiser.pixels_run - before


def measure_rates(photos: Photos, weights: Sequence[str], ceilings: Sequence[Row], sizes: Sizes) -> list[Row]:
    """Time the network alone, and the complete denoising of one photo in memory, on every backend in turn.

    Returns
    -------
    list of dict
        Among others ``rate``, in megapixels of the photo per second; ``passes``, the mean number of network passes per
        pixel (for the network alone this includes halos); ``gflops``, GFLOP/s of these passes, and their ``share`` of
        the ceiling; ``of_one_step``, the ratio to the seconds of one step.
    """
    return [row for name in weights for row in _measure(name, photos, ceilings, sizes)]


def _measure(weights: str, photos: Photos, ceilings: Sequence[Row], sizes: Sizes) -> list[Row]:
    shape = shape_of(sizes.rates)
    works: dict[tuple[Engine, str], NetworkAlone | Denoising] = {}
    for backend in all_backends():
        denoiser = load(weights, backend)
        works[backend, NETWORK] = NetworkAlone(weights, backend, shape)
        for steps in sizes.steps:
            works[backend, str(steps)] = Denoising(denoiser, photos, megapixels=sizes.rates, steps=steps)
    timed: dict[tuple[Engine, str], Callable[[], float]] = {
        key: partial(seconds_of, work.run) for key, work in works.items()
    }
    seconds = in_turn(timed, rounds=sizes.rounds)
    flops = flops_per_pixel(denoiser.facts.architecture)

    def row(backend: Engine, steps: str) -> Row:
        taken, pixels = seconds[backend, steps], works[backend, steps].pixels
        ceiling = find_ceiling(ceilings, hardware_of(backend), backend.dtype)
        gflops = pixels * flops / taken / 1e9
        return {
            "weights": weights,
            "backend": backend.name,
            "megapixels": float(sizes.rates),
            "steps": steps,
            "seconds": taken,
            "rate": math.prod(shape) / 1e6 / taken,
            "passes": pixels / math.prod(shape),
            "gflops": gflops,
            "share": gflops / ceiling if ceiling else None,
            "of_one_step": taken / seconds[backend, str(sizes.steps[0])],
        }

    return [row(*key) for key in works]
