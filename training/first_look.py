"""How much noise there is where the network takes something out at its first look: a power law, fitted to pairs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rwdenoise.denoiser import Denoiser
from rwdenoise.roughness import LEAST, measure_roughness

from .photos import decode, draw_patches
from .pictures import PictureBag

#: Edge of the pictures in px, and how many are made at once.
SIZE, AT_ONCE = 192, 8
# Rounds of the fit by least absolute deviations, and the deviation below which points count alike.
_ROUNDS, _ROUNDING = 30, 0.05


def fit_first_look(denoiser: Denoiser, photos: list[Path], *, count: int, seed: int = 7) -> tuple[float, float]:
    """Return gain and power of ``noise = gain * taken ** power`` for weights for developed pictures.

    Parameters
    ----------
    denoiser : Denoiser
        With weights for developed pictures.
    photos : list of Path
        Clean photos; of each of the `count` pictures the noise is known.
    """
    bag = PictureBag(size=SIZE, device=torch.device("cpu"), seed=seed, usual_share=0.5)
    rng, pool = np.random.default_rng(seed), decode(photos)
    points: list[tuple[float, float]] = []
    while len(points) < count:
        scaling = bag.draw_scaling()
        patches = draw_patches(pool, count=AT_ONCE, size=bag.source_size(scaling), rng=rng)
        pairs = bag.photograph(patches, scaling)
        true = (pairs.noisy - pairs.clean).square().mean(dim=(1, 2, 3)).sqrt().clip(min=LEAST)
        points += zip((_taken(denoiser, picture) for picture in pairs.noisy.numpy()), true.tolist(), strict=True)
    taken, noise = np.log(np.array(points)).T
    return _fit(taken, noise)


def _taken(denoiser: Denoiser, picture: NDArray[np.float32]) -> float:
    roughness = measure_roughness([picture])
    taken = denoiser.take_first_look(lambda *window: picture[:, *window], SIZE, SIZE, roughness=roughness)
    return max(taken, 1e-4)


def _fit(taken: NDArray[np.float64], noise: NDArray[np.float64]) -> tuple[float, float]:
    """Fit a line through logarithms; strays, as of color noise alone, count little."""
    columns = np.stack([taken, np.ones_like(taken)], axis=1)
    weight = np.ones_like(taken)
    for _ in range(_ROUNDS):
        (power, height), *_ = np.linalg.lstsq(columns * weight[:, np.newaxis], noise * weight)
        weight = (np.abs(noise - power * taken - height) + _ROUNDING) ** -0.5
    return math.exp(height), float(power)
