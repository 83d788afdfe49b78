"""Run CDnCNN-B and FFDNet, color networks for Gaussian noise by Zhang, Zuo and others, on developed pictures.

CDnCNN-B: "Beyond a Gaussian Denoiser", 2017; blind, trained for sigma up to 55 / 255. FFDNet: "Toward a Fast and
Flexible Solution for CNN-Based Image Denoising", 2018; needs sigma as an input, trained for up to 75 / 255.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from bench.methods import Absent, Picture, PictureMethod
from bench.peers.found import weights_file, without_weights

Estimate = Callable[[nn.Module, Tensor, float], Tensor]


def cnn_methods() -> list[PictureMethod | Absent]:
    """Return both networks with their authors' weights."""
    return [_cdncnn(), ffdnet()]


def _cdncnn() -> PictureMethod | Absent:
    network = nn.Sequential(_convolutions(3, 64, 3, count=20))
    return _method("CDnCNN-B color 2017, blind", "cdncnn_b_color.safetensors", network, _estimate_by_cdncnn)


def ffdnet() -> PictureMethod | Absent:
    """Return FFDNet, which needs sigma as an input."""
    network = nn.Sequential(OrderedDict(model=nn.Sequential(*_convolutions(13, 96, 12, count=12).values())))
    return _method("FFDNet color 2018, true sigma", "ffdnet_color.safetensors", network, _estimate_by_ffdnet)


def _method(name: str, file: str, network: nn.Module, estimate: Estimate) -> PictureMethod | Absent:
    weights = weights_file(file)
    if not weights.is_file():
        return without_weights(name, weights)
    network.load_state_dict(load_file(weights), strict=True)
    return PictureMethod(name, partial(_denoise, network.eval(), estimate))


def _convolutions(inward: int, width: int, outward: int, *, count: int) -> OrderedDict[str, nn.Module]:
    """Return `count` 3 x 3 convolutions with ReLUs between them."""
    layers = OrderedDict[str, nn.Module]()
    for i, channels in enumerate(pairwise((inward, *[width] * (count - 1), outward))):
        layers[f"conv{i}"] = nn.Conv2d(*channels, 3, padding=1)
        layers[f"relu{i}"] = nn.ReLU()
    layers.popitem()
    return layers


def _denoise(network: nn.Module, estimate: Estimate, picture: Picture, sigma: float) -> Picture:
    with torch.inference_mode():
        noisy = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
        return estimate(network, noisy, sigma)[0].permute(1, 2, 0).numpy()


def _estimate_by_cdncnn(network: nn.Module, noisy: Tensor, _sigma: float) -> Tensor:
    return noisy - network(noisy)  # type: ignore[no-any-return]


def _estimate_by_ffdnet(network: nn.Module, noisy: Tensor, sigma: float) -> Tensor:
    height, width = noisy.shape[2:]
    even = functional.pad(noisy, (0, width % 2, 0, height % 2), mode="replicate")
    packed = functional.pixel_unshuffle(even, 2)
    level = torch.full_like(packed[:, :1], sigma)
    return functional.pixel_shuffle(network(torch.cat((packed, level), dim=1)), 2)[..., :height, :width]
