"""A tiny network with fixed random weights: fast, and available without a download."""

from dataclasses import replace

import torch

from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.network.engines.pytorch import Backend
from rwdenoise.network.unet import UNet
from rwdenoise.network.weights import Architecture, Facts
from rwdenoise.photo.cfa import Domain

ARCHITECTURE = Architecture(widths=(8, 8, 8), blocks=(1, 1, 1), embedding=16)


def tiny_network(domain: Domain = "cfa") -> UNet:
    """Return a network that changes its input noticeably and depends on all its inputs."""
    torch.manual_seed(1)
    network = UNet(replace(ARCHITECTURE, domain=domain))
    with torch.no_grad():
        for name, tensor in network.named_parameters():
            if "steer" in name or "tail" in name:
                tensor.normal_(0, 0.2)
    return network.eval().requires_grad_(requires_grad=False)


def tiny_facts(domain: Domain = "cfa") -> Facts:
    """Return the facts of the tiny network; the halo covers its whole receptive field."""
    return Facts("tiny", "0", replace(ARCHITECTURE, domain=domain), 48, (1e-3, 0.2), "not at all")


def tiny_denoiser(domain: Domain = "cfa", *, tile: int = 1024) -> Denoiser:
    """Return a denoiser with the tiny network, on the CPU in float32."""
    backend = Backend(torch.device("cpu"), torch.float32)
    return Denoiser(tiny_network(domain), tiny_facts(domain), backend, tile=tile)
