"""How rough a developed picture is: a first guess of its noise, too high where there is texture everywhere.

It is what the network is told at its first look (`rwdenoise.denoising.first_look`). White noise it measures within a
tenth; texture that covers most of the picture it takes for noise, too, and the network has learned to doubt it.

Source: the mask of J. Immerkær, "Fast noise variance estimation", 1996, which sees no edges and no gradients; here of
brightness at half the size, since noise that went through a camera is blotchy, and with the median instead of the mean.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

#: The least, and the most, that is told: half a step of 8 bits, and noise beyond all use.
LEAST, MOST = 0.5 / 255, 0.4
#: Edge of the windows that are measured one by one, in px: that of the patches that the network learned from.
WINDOW = 96
#: Share of the windows that are calmer than the one that counts. *Measured*: at a half, pictures full of texture keep
#: their noise; at a quarter, real photos do (PolyU 0.3 dB less).
CALMER = 0.4
#: Px on a side of what each difference is taken of.
SIDE = 6
#: What is told of a picture that is smaller.
UNKNOWN = 10 / 255
#: Median of the absolute value of a normal distribution.
_MEDIAN = 0.6745
_MASK = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])[None, None] / 6


def measure_roughness(parts: Iterable[NDArray[np.float32]]) -> float:
    """Measure how rough a picture is that comes in parts.

    Parameters
    ----------
    parts : iterable of ndarray of float32, shape (3, H, W)
        In the display domain, 0 black, 1 white; cut at multiples of `WINDOW`.

    Returns
    -------
    float
        The standard deviation of white noise that is as rough, from `LEAST` to `MOST`; 1 is white. `UNKNOWN` of a
        picture smaller than `SIDE`.
    """
    windows, slivers = [], []
    for part in parts:
        if min(part.shape[1:]) < SIDE:
            continue
        gray = _half_gray(torch.from_numpy(np.ascontiguousarray(part))[None])
        if min(part.shape[1:]) >= WINDOW:
            windows.append(_roughness(_cut(gray)))
        else:
            slivers.append(_roughness(gray))
    found = torch.cat(windows or slivers or [torch.tensor([UNKNOWN])])
    return float(found.quantile(CALMER))


def roughness_of(pictures: Tensor) -> Tensor:
    """Measure how rough each picture of a batch is, each as one window.

    Parameters
    ----------
    pictures : Tensor of float32, shape (N, 3, H, W)
        In the display domain, 0 black, 1 white; H and W at least `SIDE`.

    Returns
    -------
    Tensor of float32, shape (N,)
        As `measure_roughness`.
    """
    return _roughness(_half_gray(pictures))


def _half_gray(pictures: Tensor) -> Tensor:
    """Return brightness at half the size, shape (N, 1, h, w), with white noise as strong as in each color."""
    # Gray is less noisy by the root of 3, half the size by 2.
    return functional.avg_pool2d(pictures.mean(dim=1, keepdim=True), 2) * (2 * 3**0.5)


def _cut(gray: Tensor) -> Tensor:
    """Return the whole windows of a picture at half the size, shape (n, 1, WINDOW / 2, WINDOW / 2)."""
    edge = WINDOW // 2
    return gray[0].unfold(1, edge, edge).unfold(2, edge, edge).reshape(-1, 1, edge, edge)


def _roughness(gray: Tensor) -> Tensor:
    found = functional.conv2d(gray, _MASK.to(gray), stride=SIDE // 2).abs().flatten(1)
    return (found.median(dim=1).values / _MEDIAN).clip(LEAST, MOST)
