"""Develop recorded mosaics as a camera does, in torch: the second half of `rwdenoise.simulation.camera`.

Each function is one step of the camera's processing and works on batches; the parameters of a batch are tensors of
shape (N, 1, 1, 1). The same steps with and without sensor noise make a training pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from .tones import encode_srgb

#: Demosaicing methods; ``smooth`` works for every CFA pattern, the others for Bayer only.
DEMOSAICERS = ("smooth", "corrected", "directed")
#: Chroma subsampling, numbered as in Pillow: none, horizontal, both.
SUBSAMPLINGS = (0, 1, 2)

# Luma and color differences of JPEG (ITU-T T.871).
_TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_TO_RGB = torch.linalg.inv(_TO_YCC)
# Weights of the pixels around a site, along one axis. The window holds every color of every CFA pattern.
_SMOOTH = (1.0, 3.0, 4.0, 3.0, 1.0)
_BETWEEN = (1.0, 2.0, 1.0)
# Share of the curvature of the site's own color that is added to red, green and blue. Malvar, He, Cutler (2004) use 1/2
# for green, 5/8 for red and blue.
_CURVATURE = (0.5, 0.625, 0.625)


def _zero() -> Tensor:
    return torch.zeros(())


@dataclass(frozen=True)
class Developing:
    """Settings with which a camera develops; scalars, or tensors of shape (N, 1, 1, 1)."""

    gain: Tensor = field(default_factory=lambda: torch.ones(()))
    """Factor by which the picture is brightened."""
    curved: Tensor = field(default_factory=_zero)
    """1 to apply a contrast curve after the sRGB encoding, else 0."""
    color_blur: Tensor = field(default_factory=_zero)
    """Smoothing of the color differences: standard deviation in px, 0 to 3.5."""
    coring: Tensor = field(default_factory=_zero)
    """Amplitude below which fine luma detail counts as noise and is removed; 1 is white."""
    sharpening: Tensor = field(default_factory=_zero)
    """Share of the fine luma detail that is added again."""
    radius: Tensor = field(default_factory=lambda: torch.ones(()))
    """Standard deviation of the Gaussian that separates fine detail, in px."""


def demosaic(mosaic: Tensor, colors: Tensor, *, kind: str) -> Tensor:
    """Demosaic: interpolate three colors at each site.

    Parameters
    ----------
    mosaic : Tensor of float32, shape (N, 1, H, W)
    colors : Tensor of float32, shape (N, 3, H, W)
        Color filters: 1 where the site sees that color, else 0.
    kind : str
        One of `DEMOSAICERS`: ``smooth`` averages the neighbors of each color; ``corrected`` adds the curvature of the
        site's own color (Malvar, He, Cutler 2004, with one Laplacian for all colors); ``directed`` interpolates green
        along the edge, and red and blue through their differences from green (Hamilton, Adams 1997).

    Returns
    -------
    Tensor of float32, shape (N, 3, H, W)
    """
    if kind == "directed":
        return _directed(mosaic, colors)
    near = _average(mosaic, colors, _SMOOTH if kind == "smooth" else _BETWEEN)
    if kind == "corrected":
        curvature = (mosaic - _neighbors(mosaic, 2).mean(dim=0)) * torch.tensor(_CURVATURE).to(mosaic)[:, None, None]
        near = near + curvature
    return torch.where(colors > 0, mosaic, near)


def _average(mosaic: Tensor, colors: Tensor, kernel: Sequence[float]) -> Tensor:
    """Return the weighted mean of each color's sites around every site."""
    return _blur(mosaic * colors, kernel) / _blur(colors, kernel)


def _neighbors(x: Tensor, step: int) -> Tensor:
    """Return the sites above, below, left and right at a distance of `step`; shape (4, N, C, H, W)."""
    padded = functional.pad(x, [step] * 4, mode="reflect")
    height, width = x.shape[-2:]
    places = ((0, step), (2 * step, step), (step, 0), (step, 2 * step))
    return torch.stack([padded[..., y : y + height, x0 : x0 + width] for y, x0 in places])


def _directed(mosaic: Tensor, colors: Tensor) -> Tensor:
    above, below, left, right = _neighbors(mosaic, 1)
    above_2, below_2, left_2, right_2 = _neighbors(mosaic, 2)
    bend_down, bend_across = 2 * mosaic - above_2 - below_2, 2 * mosaic - left_2 - right_2
    down, across = (above + below) / 2 + bend_down / 4, (left + right) / 2 + bend_across / 4
    steep_down = (above - below).abs() + bend_down.abs()
    steep_across = (left - right).abs() + bend_across.abs()
    found = torch.where(steep_down < steep_across, down, across)
    green = torch.where(colors[:, 1:2] > 0, mosaic, found)
    differences = _average(mosaic - green, colors[:, [0, 2]], _BETWEEN)
    return torch.cat((green + differences[:, :1], green, green + differences[:, 1:]), dim=1)


def _blur(x: Tensor, kernel: Sequence[float]) -> Tensor:
    """Return weighted means of neighbors along both axes, edges mirrored. Shifted sums are faster than conv2d."""
    reach, whole = len(kernel) // 2, sum(kernel)
    padded = functional.pad(x, [reach] * 4, mode="reflect")
    for axis in (-2, -1):
        length = x.shape[axis]
        shifted = [weight / whole * padded.narrow(axis, start, length) for start, weight in enumerate(kernel)]
        padded = sum(shifted[1:], start=shifted[0])
    return padded


def blur(x: Tensor, spread: Tensor | float) -> Tensor:
    """Blur each picture of a batch with its own Gaussian.

    Parameters
    ----------
    x : Tensor of float32, shape (N, C, H, W)
    spread : Tensor of shape (N, 1, 1, 1), or a number
        Standard deviation in px, 0 to 3.5.
    """
    batch, planes = x.shape[:2]
    reach = 8
    spread = torch.as_tensor(spread).to(x).expand(batch, 1, 1, 1).clip(min=1e-3)
    place = torch.arange(-reach, reach + 1, device=x.device)
    kernel = torch.exp(-(place.square()) / (2 * spread.square()))
    kernel = (kernel / kernel.sum(dim=-1, keepdim=True)).repeat_interleave(planes, dim=0)
    padded = functional.pad(x, [reach] * 4, mode="reflect").flatten(0, 1)[None]
    rows = functional.conv2d(padded, kernel, groups=batch * planes)
    return functional.conv2d(rows, kernel.transpose(2, 3), groups=batch * planes).reshape(x.shape)


def balance(camera: Tensor, matrix: Tensor, gains: Tensor, gain: Tensor) -> Tensor:
    """Convert camera color to linear sRGB: the inverse of `rwdenoise.simulation.camera.see`.

    Parameters
    ----------
    camera : Tensor of float32, shape (N, 3, H, W)
    matrix : Tensor of shape (N, 3, 3)
        Linear sRGB -> white-balanced camera color.
    gains : Tensor of shape (N, 3, 1, 1)
        White balance, green 1.
    gain : Tensor of shape (N, 1, 1, 1)
        Factor by which the picture is brightened.
    """
    balanced = (camera * gains * gain).clip(max=1)
    return torch.einsum("nij,njhw->nihw", torch.linalg.inv(matrix), balanced)


def encode(light: Tensor, curved: Tensor) -> Tensor:
    """Apply the sRGB curve (IEC 61966-2-1), then ``3 x^2 - 2 x^3`` where `curved` is 1; black and white clip."""
    encoded = encode_srgb(light.clip(0, 1))
    return torch.where(curved > 0, encoded.square() * (3 - 2 * encoded), encoded)


def split_luma(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Split pictures, or their noise, into luma and two color differences."""
    ycc = torch.einsum("ij,njhw->nihw", _TO_YCC.to(picture), picture)
    return ycc[:, :1], ycc[:, 1:]


def join_luma(luma: Tensor, color: Tensor) -> Tensor:
    """Convert luma and color differences back to RGB: the inverse of `split_luma`."""
    return torch.einsum("ij,njhw->nihw", _TO_RGB.to(luma), torch.cat((luma, color), dim=1))


def finish(picture: Tensor, how: Developing) -> Tensor:
    """Smooth and sharpen an encoded picture as cameras do, luma and color differences separately."""
    luma, color = split_luma(picture)
    color = blur(color, how.color_blur)
    fine = luma - blur(luma, how.radius)
    kept = fine.sign() * (fine.abs() - how.coring).clip(min=0)
    luma = luma - fine + kept * (1 + how.sharpening)
    return join_luma(luma, color).clip(0, 1)


def develop(mosaic: Tensor, colors: Tensor, *, kind: str, matrix: Tensor, gains: Tensor, how: Developing) -> Tensor:
    """Develop mosaics to pictures.

    Returns
    -------
    Tensor of float32, shape (N, 3, H, W)
        Encoded sRGB, 0 to 1.
    """
    light = balance(demosaic(mosaic, colors, kind=kind), matrix, gains, how.gain)
    return finish(encode(light, how.curved), how)


def resize(picture: Tensor, factor: float) -> Tensor:
    """Resize a batch of pictures by a factor, with an anti-aliasing filter when downscaling."""
    size = [max(1, round(edge * factor)) for edge in picture.shape[-2:]]
    scaled = functional.interpolate(picture, size, mode="bicubic", antialias=True)
    return scaled.clip(0, 1)


def through_jpeg(picture: Tensor, *, quality: int, subsampling: int) -> Tensor:
    """Compress one picture of shape (3, H, W) as JPEG, and decode it.

    Parameters
    ----------
    quality : int
        1 to 100, on libjpeg's scale.
    subsampling : int
        One of `SUBSAMPLINGS`.
    """
    pixels = (picture.clip(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(file) as stored:
        read = np.array(stored)
    return torch.from_numpy(read).permute(2, 0, 1).to(picture) / 255
