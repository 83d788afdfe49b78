"""Load our weights on every engine that `rwdenoise.network.engines.devices` finds on this machine, to time them."""

from __future__ import annotations

from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.speed.ceilings import synchronize
from rwdenoise.denoising.denoiser import TILE, Denoiser
from rwdenoise.network.engines.base import Engine
from rwdenoise.network.engines.devices import available_devices, choose_backend
from rwdenoise.network.unet import UNet, load_network
from rwdenoise.network.weights import PLANES, Architecture, find_weights
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.tiling import plan_even_tiles

#: Noise level for the network when only its speed matters.
LEVEL = 0.05


def all_backends() -> list[Engine]:
    """Return an engine for every device of this machine, in float32 and in the device's default precision."""
    precisions = (torch.float32, None)
    backends = [choose_backend(device, dtype=dtype) for device in available_devices() for dtype in precisions]
    return list(dict.fromkeys(backends))


def hardware_of(backend: Engine) -> str:
    """Return the PyTorch name of the device whose ceilings apply to a backend."""
    device = backend.name.split()[0]
    return "cpu" if device == "openvino" else device


def load(weights: str, backend: Engine) -> Denoiser:
    """Load weights onto a backend."""
    network, facts = load_network(find_weights(weights))
    return Denoiser(network, facts, backend)


class NetworkAlone:
    """Run only the network over a frame, with the tiles and halos of a denoising.

    Parameters
    ----------
    weights : str
        Name of the weights.
    backend : Engine
    shape : tuple of int
        Height and width of the frame, in px.
    """

    def __init__(self, weights: str, backend: Engine, shape: tuple[int, int]) -> None:
        network, facts = load_network(find_weights(weights))
        self._backend = backend
        self._network = backend.load(network)
        self._mosaic = torch.rand(1, 1, *shape, device=backend.device)
        self._colors = torch.from_numpy(RGGB.planes(*shape))[None].to(backend.device)
        tiles = plan_even_tiles(*shape, size=TILE, halo=facts.halo, multiple=facts.architecture.multiple)
        self._tiles = [tile.source_slices for tile in tiles]

    @property
    def pixels(self) -> int:
        """Number of sensor pixels per pass, including halos."""
        return sum(self._mosaic[0, 0][tile].numel() for tile in self._tiles)

    def run(self, passes: int = 1) -> None:
        """Run the network `passes` times over all tiles, and wait until it is done."""
        for _ in range(passes):
            estimate = self._network.at(LEVEL)
            for rows, columns in self._tiles:
                estimate(self._mosaic[..., rows, columns], self._colors[..., rows, columns])
        synchronize(self._backend.device.type)


@cache
def flops_per_pixel(architecture: Architecture) -> float:
    """Return the floating-point operations per sensor pixel and pass: two for each multiply-accumulate."""
    edge = 8 * architecture.multiple
    denoised, informing = PLANES[architecture.domain]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        colors = torch.zeros(1, informing, edge, edge) if informing else None
        UNet(architecture)(torch.zeros(1, denoised, edge, edge), colors, torch.ones(1))
    return float(counter.get_total_flops()) / edge**2
