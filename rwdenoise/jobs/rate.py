"""How fast a device is, in a moment."""

from __future__ import annotations

import time

import torch

from rwdenoise.network.engines.base import Engine
from rwdenoise.network.unet import load_network
from rwdenoise.network.weights import PLANES, find_weights

# Px: large enough that a CPU is busy, small enough that it takes a moment.
_EDGE = 384
# Of seconds are as many runs as fit, and two at least: the first prepares what later ones find ready.
_SECONDS = 0.3
_LEVEL = 0.02


def measure_rate(engine: Engine, *, weights: str = "cfa-best") -> float:
    """Return the megapixels that go through a network in a second, once, on a device.

    Raises
    ------
    WeightsError, DeviceError
        If the network cannot run there.
    """
    network, facts = load_network(find_weights(weights))
    denoised, informing = PLANES[facts.architecture.domain]
    estimate = engine.load(network).at(_LEVEL)
    x_t = torch.rand(1, denoised, _EDGE, _EDGE, device=engine.device)
    colors = torch.ones(1, informing, _EDGE, _EDGE, device=engine.device) if informing else None
    _synchronize(estimate(x_t, colors))
    runs, begun = 0, time.perf_counter()
    while (seconds := time.perf_counter() - begun) < _SECONDS or not runs:
        _synchronize(estimate(x_t, colors))
        runs += 1
    return runs * _EDGE**2 / seconds / 1e6


def _synchronize(result: torch.Tensor) -> None:
    """Wait for a result: GPUs work on after they were asked."""
    result[0, 0, 0, 0].item()
