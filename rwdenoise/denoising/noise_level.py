"""Estimate the noise level of a developed picture in two steps; no file states it.

The first step measures the roughness, an estimate without the network: accurate to a tenth for white noise, too high if
texture covers most of the picture. It uses the mask of J. Immerkær, "Fast noise variance estimation", 1996, which
cancels edges and gradients, on luminance at half size, because in-camera processing makes noise blotchy, and with the
median instead of the mean.

In the second step, a network trained with inaccurate estimates of this kind denoises a few samples of the picture. The
noise level follows from the residual of these samples; the network that denoises the picture relies on this level.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

#: Minimum and maximum noise level: half an 8-bit step, and more than any usable picture has.
LEAST, MOST = 0.5 / 255, 0.4
#: Edge in px of the windows for the roughness, equal to that of the training patches.
WINDOW = 96
#: Quantile of the roughness of the windows. *Measured*: the median oversmooths pictures full of texture; the lower
#: quartile leaves noise in real photos (PolyU 0.3 dB less).
CALMER = 0.4
#: Edge in px of the mask in full size.
SIDE = 6
#: Assumed roughness of a picture smaller than the mask.
UNKNOWN = 10 / 255
#: Edge in px of the samples that the network denoises, and their number per row and column; the network denoises
#: smaller pictures completely.
SAMPLE, IN_A_ROW = 256, 4
#: Edge in px of the blocks of the samples; their median counts.
BLOCK = 32
#: Factors of downsampling for measuring blotches of luminance and of color.
DIVISOR, COLOR_DIVISOR = 4, 8
#: Weak blotches of luminance may be film grain or texture; of these the share `SHARE` counts. Blotches stronger than
#: `GRAIN` (luminance) or `TINT` (color) come from cameras, and the network removes too few of them. With
#: ``x = max(luminance / GRAIN, color / TINT)`` the level is therefore at least ``SHARE * GRAIN * x ** 3``, limited to
#: `USUAL`, the usual level of cameras, or to the measured luminance blotches if these are stronger. All are standard
#: deviations in the display domain; 1 is white. *Measured*: for the PolyU photos the result is within 0.2 dB of the
#: best level for each; for clean Kodak and McMaster pictures it is at most 2.2 / 255, except for one with grain.
SHARE, GRAIN, TINT, USUAL = 0.75, 2.8 / 255, 2.5 / 255, 12 / 255
#: Median of the absolute value of a normal distribution.
_MEDIAN = 0.6745
_MASK = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])[None, None] / 6


def measure_roughness(parts: Iterable[NDArray[np.float32]]) -> float:
    """Measure the roughness of a picture given in parts.

    Parameters
    ----------
    parts : iterable of ndarray of float32, shape (3, H, W)
        In the display domain, 0 black, 1 white, cut at multiples of `WINDOW`.

    Returns
    -------
    float
        Standard deviation of white noise of the same roughness, from `LEAST` to `MOST`; 1 is white. `UNKNOWN` for a
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
    """Measure the roughness of each picture of a batch, as a single window.

    Parameters
    ----------
    pictures : Tensor of float32, shape (N, 3, H, W)
        In the display domain, 0 black, 1 white; H and W at least `SIDE`.

    Returns
    -------
    Tensor of float32, shape (N,)
        As in `measure_roughness`.
    """
    return _roughness(_half_gray(pictures))


def _half_gray(pictures: Tensor) -> Tensor:
    """Return luminance at half size, shape (N, 1, h, w), scaled to keep the white noise of a single color."""
    # The mean of three colors divides noise by the square root of 3, the mean of 2 x 2 px by 2.
    return functional.avg_pool2d(pictures.mean(dim=1, keepdim=True), 2) * (2 * 3**0.5)


def _cut(gray: Tensor) -> Tensor:
    """Cut a picture at half size into complete windows, shape (n, 1, WINDOW / 2, WINDOW / 2)."""
    edge = WINDOW // 2
    return gray[0].unfold(1, edge, edge).unfold(2, edge, edge).reshape(-1, 1, edge, edge)


def _roughness(gray: Tensor) -> Tensor:
    found = functional.conv2d(gray, _MASK.to(gray), stride=SIDE // 2).abs().flatten(1)
    return (found.median(dim=1).values / _MEDIAN).clip(LEAST, MOST)


def plan_samples(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield the rows and columns of samples spread evenly over a picture of this size in px."""
    if height * width <= (SAMPLE * IN_A_ROW) ** 2:
        yield slice(0, height), slice(0, width)
        return
    for top in _starts(height):
        for left in _starts(width):
            yield slice(top, min(top + SAMPLE, height)), slice(left, min(left + SAMPLE, width))


def _starts(length: int) -> list[int]:
    return sorted({int(start) for start in np.linspace(0, max(length - SAMPLE, 0), IN_A_ROW)})


def noise_level_of(removed: Iterable[NDArray[np.float32]]) -> float:
    """Compute the noise level of a picture from the residuals of its denoised samples.

    Parameters
    ----------
    removed : iterable of ndarray of float32, shape (3, H, W)
        The residual of each sample, in the display domain; 1 is white.

    Returns
    -------
    float
        Standard deviation of white noise as strong as the noise of the median block, at the scale with the strongest
        noise; from `LEAST` to `MOST`, 1 is white.
    """
    samples = [_whole_blocks(sample) for sample in removed]
    # The mean of three colors divides noise by the square root of 3.
    gray = [3**0.5 * sample.mean(axis=0, keepdims=True) for sample in samples]
    color = [sample - sample.mean(axis=0) for sample in samples]
    fine, blotchy, tinted = _median_noise(samples, 1), _median_noise(gray, DIVISOR), _median_noise(color, COLOR_DIVISOR)
    beyond = max(blotchy / GRAIN, tinted / TINT)
    counted = max(SHARE * blotchy, min(SHARE * GRAIN * beyond**3, max(blotchy, USUAL)))
    return min(max(fine, counted, LEAST), MOST)


def _whole_blocks(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop a sample to complete blocks; mirror one smaller than a block to fill it."""
    _, height, width = sample.shape
    filled = np.pad(sample, [(0, 0), (0, max(0, BLOCK - height)), (0, max(0, BLOCK - width))], mode="symmetric")
    rows, columns = (max(length // BLOCK, 1) * BLOCK for length in (height, width))
    return np.ascontiguousarray(filled[:, :rows, :columns])


def _median_noise(samples: list[NDArray[np.float32]], divisor: int) -> float:
    """Return the standard deviation in the median block of samples (C, H, W), downsampled by `divisor`.

    The scale makes it equal for white noise at every divisor.
    """
    squares = [np.square(divisor * _means(sample, divisor)).mean(axis=0) for sample in samples]
    means = [_means(square, BLOCK // divisor).ravel() for square in squares]
    return math.sqrt(float(np.median(np.concatenate(means))))


def _means(planes: NDArray[np.float32], edge: int) -> NDArray[np.float32]:
    """Average squares of `edge` px: shape (..., H, W) to (..., H / edge, W / edge)."""
    height, width = planes.shape[-2:]
    squares = planes.reshape(*planes.shape[:-2], height // edge, edge, width // edge, edge)
    means: NDArray[np.float32] = squares.mean(axis=(-3, -1))
    return means
