"""Estimate the noise level of a developed picture, which no file states, in two steps.

First its roughness, a guess without the network: right within a tenth for white noise, too high if texture covers most
of the picture. It uses the mask of J. Immerkær, "Fast noise variance estimation", 1996, which cancels edges and
gradients; on luminance at half the size, since noise that went through a camera is blotchy, and with the median instead
of the mean.

Then a network that has learned to doubt this guess denoises a few samples of the picture. The noise level follows from
what it removes; the network that denoises the picture is given that level and relies on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

#: Least and greatest noise level: half a step of 8 bits, and more than any picture of use has.
LEAST, MOST = 0.5 / 255, 0.4
#: Edge of the windows whose roughness is measured, in px: that of the patches that the network learned from.
WINDOW = 96
#: The quantile of the windows' roughness that counts. *Measured*: with the median, pictures full of texture are
#: oversmoothed; with a quarter, real photos keep noise (PolyU 0.3 dB less).
CALMER = 0.4
#: Edge in px of the mask at full size.
SIDE = 6
#: Roughness that is assumed for a picture smaller than the mask.
UNKNOWN = 10 / 255
#: Edge of the samples that the network denoises in px, and how many in a row and in a column; smaller pictures are used
#: whole.
SAMPLE, IN_A_ROW = 256, 4
#: Edge in px of the blocks of the samples, whose median counts.
BLOCK = 32
#: How many times smaller a picture is made to measure blotches of luminance, and of color.
DIVISOR, COLOR_DIVISOR = 4, 8
#: Weak blotches of luminance may be film grain or texture: of these the share `SHARE` counts. Blotches stronger than
#: `GRAIN` (luminance) or `TINT` (color) come from cameras, and the network removes too few of them. So with
#: ``x = max(luminance / GRAIN, color / TINT)`` the level is at least ``SHARE * GRAIN * x ** 3``, up to `USUAL`, what
#: cameras usually show, and beyond it as measured. All are standard deviations in the display domain; 1 is white.
#: *Measured*: for PolyU's photos it is within 0.2 dB of the best level for each; for clean Kodak and McMaster pictures
#: it is at most 2.2 / 255, except for one with grain.
SHARE, GRAIN, TINT, USUAL = 0.75, 2.8 / 255, 2.5 / 255, 12 / 255
#: Median of the absolute value of a normal distribution.
_MEDIAN = 0.6745
_MASK = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])[None, None] / 6


def measure_roughness(parts: Iterable[NDArray[np.float32]]) -> float:
    """Measure the roughness of a picture that is given in parts.

    Parameters
    ----------
    parts : iterable of ndarray of float32, shape (3, H, W)
        In the display domain, 0 black, 1 white; divided at multiples of `WINDOW`.

    Returns
    -------
    float
        The standard deviation of white noise of the same roughness, from `LEAST` to `MOST`; 1 is white. `UNKNOWN` for
        a picture smaller than `SIDE`.
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
    """Measure the roughness of each picture of a batch, each as one window.

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
    """Return luminance at half the size, shape (N, 1, h, w), with white noise as strong as in each color."""
    # The mean of three colors divides noise by the root of 3, half the size by 2.
    return functional.avg_pool2d(pictures.mean(dim=1, keepdim=True), 2) * (2 * 3**0.5)


def _cut(gray: Tensor) -> Tensor:
    """Cut a picture at half the size into whole windows, shape (n, 1, WINDOW / 2, WINDOW / 2)."""
    edge = WINDOW // 2
    return gray[0].unfold(1, edge, edge).unfold(2, edge, edge).reshape(-1, 1, edge, edge)


def _roughness(gray: Tensor) -> Tensor:
    found = functional.conv2d(gray, _MASK.to(gray), stride=SIDE // 2).abs().flatten(1)
    return (found.median(dim=1).values / _MEDIAN).clip(LEAST, MOST)


def plan_samples(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns of samples, spread evenly over a picture of this size in px."""
    if height * width <= (SAMPLE * IN_A_ROW) ** 2:
        yield slice(0, height), slice(0, width)
        return
    for top in _starts(height):
        for left in _starts(width):
            yield slice(top, min(top + SAMPLE, height)), slice(left, min(left + SAMPLE, width))


def _starts(length: int) -> list[int]:
    return sorted({int(start) for start in np.linspace(0, max(length - SAMPLE, 0), IN_A_ROW)})


def noise_level_of(removed: Iterable[NDArray[np.float32]]) -> float:
    """Return the noise level of a picture from what a network removed from samples of it.

    Parameters
    ----------
    removed : iterable of ndarray of float32, shape (3, H, W)
        What was removed from each sample, in the display domain; 1 is white.

    Returns
    -------
    float
        The standard deviation of white noise as strong as the picture's in its median block, at the scale at which the
        picture's is strongest; from `LEAST` to `MOST`, 1 is white.
    """
    samples = [_whole_blocks(sample) for sample in removed]
    # The mean of three colors divides noise by the root of 3.
    gray = [3**0.5 * sample.mean(axis=0, keepdims=True) for sample in samples]
    color = [sample - sample.mean(axis=0) for sample in samples]
    fine, blotchy, tinted = _median_noise(samples, 1), _median_noise(gray, DIVISOR), _median_noise(color, COLOR_DIVISOR)
    beyond = max(blotchy / GRAIN, tinted / TINT)
    counted = max(SHARE * blotchy, min(SHARE * GRAIN * beyond**3, max(blotchy, USUAL)))
    return min(max(fine, counted, LEAST), MOST)


def _whole_blocks(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop a sample to whole blocks; one smaller than a block is mirrored to fill it."""
    _, height, width = sample.shape
    filled = np.pad(sample, [(0, 0), (0, max(0, BLOCK - height)), (0, max(0, BLOCK - width))], mode="symmetric")
    rows, columns = (max(length // BLOCK, 1) * BLOCK for length in (height, width))
    return np.ascontiguousarray(filled[:, :rows, :columns])


def _median_noise(samples: list[NDArray[np.float32]], divisor: int) -> float:
    """Return the standard deviation in the median block of samples (C, H, W) at a size divided by `divisor`.

    It is scaled so that white noise gives the same at every size.
    """
    squares = [np.square(divisor * _means(sample, divisor)).mean(axis=0) for sample in samples]
    means = [_means(square, BLOCK // divisor).ravel() for square in squares]
    return math.sqrt(float(np.median(np.concatenate(means))))


def _means(planes: NDArray[np.float32], edge: int) -> NDArray[np.float32]:
    """Return the means of squares of `edge` px: shape (..., H, W) to (..., H / edge, W / edge)."""
    height, width = planes.shape[-2:]
    squares = planes.reshape(*planes.shape[:-2], height // edge, edge, width // edge, edge)
    means: NDArray[np.float32] = squares.mean(axis=(-3, -1))
    return means
