"""What each backend does: megapixels a second, and the share of the fastest matrix product of its precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bench.quality.rows import Row
from bench.speed.ceilings import find_ceiling
from bench.speed.engines import all_backends, flops_per_pixel, load, network_alone
from bench.speed.photos import Photos
from bench.speed.sizes import Sizes
from bench.speed.timing import in_turn, seconds_of
from rwdenoise.backend import Backend
from rwdenoise.cfa import RGGB
from rwdenoise.denoiser import Denoiser
from rwdenoise.diffusion import Settings

NETWORK = "network alone"


def measure_rates(photos: Photos, weights: Sequence[str], ceilings: Sequence[Row], sizes: Sizes) -> list[Row]:
    """Time the network by itself, and whole denoisings of one photo in memory, on every backend in turn.

    Returns
    -------
    list of dict
        ``rate`` in megapixels a second; ``share`` of the ceiling, as if every tile took every step; and
        ``of_one_step``, how many times the seconds of one step it takes.
    """
    return [row for name in weights for row in _measure(name, photos, ceilings, sizes)]


def denoising(denoiser: Denoiser, photos: Photos, megapixels: float, steps: int) -> Callable[[], object]:
    """Return what denoises a photo of this size in memory."""
    planes = photos.mosaic(megapixels)[np.newaxis]
    return partial(denoiser.denoise, planes, cfa=RGGB, noise=photos.noise, settings=Settings(steps))


def _measure(weights: str, photos: Photos, ceilings: Sequence[Row], sizes: Sizes) -> list[Row]:
    backends = all_backends()
    height, width = photos.mosaic(sizes.rates).shape
    works: dict[tuple[Backend, int], Callable[[], float]] = {}
    for backend in backends:
        denoiser = load(weights, backend)
        # By 0 steps the network alone is meant.
        works[backend, 0] = partial(seconds_of, network_alone(weights, backend, height, width))
        for steps in sizes.steps:
            works[backend, steps] = partial(seconds_of, denoising(denoiser, photos, sizes.rates, steps))
    seconds = in_turn(works, rounds=sizes.rounds)
    flops = flops_per_pixel(denoiser.facts.architecture) * height * width

    def row(backend: Backend, steps: int) -> Row:
        taken = seconds[backend, steps]
        ceiling = find_ceiling(ceilings, backend.device.type, backend.dtype)
        rate = max(1, steps) * flops / taken / 1e9
        return {
            "weights": weights,
            "backend": backend.name,
            "steps": str(steps or NETWORK),
            "seconds": taken,
            "rate": height * width / 1e6 / taken,
            "gflops": rate,
            "share": rate / ceiling if ceiling else None,
            "of_one_step": taken / seconds[backend, sizes.steps[0]],
        }

    return [row(backend, steps) for backend in backends for steps in (0, *sizes.steps)]
