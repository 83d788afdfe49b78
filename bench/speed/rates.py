"""What each backend does: megapixels a second, and the share of the fastest matrix product of its precision."""

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
    """A photo in memory that is denoised in so many steps."""

    def __init__(self, denoiser: Denoiser, photos: Photos, *, megapixels: float, steps: int) -> None:
        self._denoiser = denoiser
        self._planes = photos.mosaic(megapixels)[np.newaxis]
        self._noise = photos.noise
        self._settings = Settings(steps)
        self.pixels = 0
        """How many sensor pixels went through the network in the last run, once for each pass; without halos."""

    def run(self) -> None:
        """Denoise it."""
        before = self._denoiser.pixels_run
        self._denoiser.denoise(self._planes, cfa=RGGB, noise=self._noise, settings=self._settings)
        self.pixels = self._denoiser.pixels_run - before


def measure_rates(photos: Photos, weights: Sequence[str], ceilings: Sequence[Row], sizes: Sizes) -> list[Row]:
    """Time the network by itself, and whole denoisings of one photo in memory, on every backend in turn.

    Returns
    -------
    list of dict
        ``rate`` in megapixels of the photo a second. ``passes``, how often its pixels went through the network on
        average; of the network alone the halos count, too. ``gflops`` of these passes, and their ``share`` of the
        ceiling. ``of_one_step``, how many times the seconds of one step it takes.
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
