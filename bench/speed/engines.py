"""Our weights on every backend that is here: the seam to `rwdenoise.backend`, so that new ones come by themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.speed.ceilings import synchronize
from rwdenoise.backend import Backend, available_devices, choose_backend
from rwdenoise.cfa import RGGB
from rwdenoise.denoiser import TILE, Denoiser
from rwdenoise.manifest import find_weights
from rwdenoise.network import PLANES, Architecture, UNet
from rwdenoise.tiling import plan_tiles
from rwdenoise.weights import load_network

#: The noise level told to the network where only its speed counts.
LEVEL = 0.05


def all_backends() -> list[Backend]:
    """Return every device that is here, in float32 and in the precision that is chosen for it by itself."""
    precisions = (torch.float32, None)
    backends = [choose_backend(device, dtype=dtype) for device in available_devices() for dtype in precisions]
    return list(dict.fromkeys(backends))


def load(weights: str, backend: Backend) -> Denoiser:
    """Load weights onto a backend."""
    network, facts = load_network(find_weights(weights))
    return Denoiser(network, facts, backend)


def network_alone(weights: str, backend: Backend, height: int, width: int) -> Callable[[], None]:
    """Return what runs the network once over a frame, in the tiles and with the halos of a denoising, and no more."""
    network, facts = load_network(find_weights(weights))
    network = network.to(backend.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    mosaic = torch.rand(1, 1, height, width, device=backend.device)
    colors = torch.from_numpy(RGGB.planes(height, width))[None].to(backend.device)
    level = torch.tensor([LEVEL], device=backend.device)
    multiple = facts.architecture.multiple
    tiles = [tile.source_slices for tile in plan_tiles(height, width, size=TILE, halo=facts.halo, multiple=multiple)]

    def run() -> None:
        with backend.computing():
            for rows, columns in tiles:
                network(mosaic[..., rows, columns], colors[..., rows, columns], level)
        synchronize(backend.device.type)

    return run


@cache
def flops_per_pixel(architecture: Architecture) -> float:
    """Return the floating-point operations of one pass for each sensor pixel: two for each multiply-accumulate."""
    edge = 8 * architecture.multiple
    denoised, informing = PLANES[architecture.domain]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        colors = torch.zeros(1, informing, edge, edge) if informing else None
        UNet(architecture)(torch.zeros(1, denoised, edge, edge), colors, torch.ones(1))
    return float(counter.get_total_flops()) / edge**2
