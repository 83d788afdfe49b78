"""Choose the parts of a photo that show best what denoising does: the noisiest, most detailed and darkest.

The photo is sampled sparsely, and rendered as it will be seen: white-balanced, with the tone curve of a screen. The
noise at each brightness is measured where the photo is flat (`rwdenoise.noise.spectrum`). Blocks with no more energy
than that are flat; energy beyond it is detail.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rwdenoise.noise.dct import EDGE
from rwdenoise.noise.spectrum import estimate_grain
from rwdenoise.photo.cfa import BLUE, GREEN, RED, TRANSMISSION
from rwdenoise.photo.color import decode_srgb, encode_extended_srgb
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto
from rwdenoise.photo.tiling import Area

Floats = NDArray[np.float32]

NOISIEST, MOST_DETAILED, DARKEST, CHOSEN = "noisiest", "most detailed", "darkest", "chosen"

#: Longest side of the sparsely sampled photo, in sites of one color: enough for a few blocks in the smallest crop.
LONGEST = 1500
#: Energy of a block, as a multiple of that of the noise, up to which it is flat. Of noise alone 1 % exceed it.
FLAT = 1.5
#: Light that a screen reflects, as a share of its white, which hides noise near black (IEC 61966-2-1:1999, typical
#: viewing flare).
FLARE = 0.05
#: Brightness on the screen below which nothing can be seen, neither noise nor what it hides.
BLACK = 0.04


@dataclass(frozen=True)
class Crop:
    """A part of a photo, and why it was chosen."""

    reason: str
    """``"noisiest"``, ``"most detailed"``, ``"darkest"`` or ``"chosen"``."""
    area: Area
    """Counted like `RawPhoto.planes` does: from the corner of the active area."""


class _Blocks(NamedTuple):
    """Brightness, noise and detail of each block of `edge` px; shape (rows, columns), white being 1."""

    edge: int
    tone: Floats
    noise: Floats
    detail: Floats


def choose_crops(photo: Photo, *, size: int) -> list[Crop]:
    """Choose up to three parts of a photo that show what denoising does to it.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
    size : int
        Edge of each part in px.

    Returns
    -------
    list of Crop
        The noisiest, the most detailed and the darkest part, unless it is quite black. They do not overlap, so there
        are fewer in a small photo. Corners and edges lie at multiples of the filters' period; a photo that is smaller
        than `size` is shown whole.
    """
    crops: list[Crop] = []
    blocks = _look(photo)
    for reason, score in _scores(blocks):
        area = _best(score, blocks, photo, size=size, taken=[crop.area for crop in crops])
        if area is not None:
            crops.append(Crop(reason, area))
    return crops


def crop_at(photo: Photo, row: int, column: int, *, size: int) -> Crop:
    """Return the part of a photo around a pixel, moved inside if it would cross the edge."""
    shown, whole = photo.shown, _crop(photo, 0, 0, size)
    top, left = shown.top + row - whole.height // 2, shown.left + column - whole.width // 2
    return Crop(CHOSEN, _crop(photo, top, left, size))


def _scores(blocks: _Blocks) -> Iterator[tuple[str, Floats]]:
    """Yield for each reason the score of each block; the part with the highest mean is chosen."""
    light = decode_srgb(blocks.tone)
    contrast = (decode_srgb(blocks.tone + blocks.noise) - light) / (light + FLARE)
    yield NOISIEST, np.where(blocks.detail == 0, contrast, 0)
    yield MOST_DETAILED, blocks.detail
    # In pure black nothing can be seen, so it counts as if it were bright.
    yield DARKEST, -np.where(blocks.tone < BLACK, 1, blocks.tone).astype(np.float32)


def _best(score: Floats, blocks: _Blocks, photo: Photo, *, size: int, taken: list[Area]) -> Area | None:
    """Return the area of the highest mean score that overlaps none of those taken."""
    whole = _crop(photo, 0, 0, size)
    rows = max(1, min(whole.height // blocks.edge, score.shape[0]))
    columns = max(1, min(whole.width // blocks.edge, score.shape[1]))
    shown, means = photo.shown, _window_means(score, rows, columns)
    for place in np.argsort(-means, axis=None, kind="stable").tolist():
        row, column = divmod(place, means.shape[1])
        area = _crop(photo, shown.top + row * blocks.edge, shown.left + column * blocks.edge, size)
        if not any(_overlap(area, other) for other in taken):
            return area
    return None


def _window_means(values: Floats, rows: int, columns: int) -> Floats:
    """Return the mean over each window of so many rows and columns."""
    sums = np.pad(values.astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    below, above = sums[rows:], sums[:-rows]
    total = below[:, columns:] - below[:, :-columns] - above[:, columns:] + above[:, :-columns]
    return np.asarray(total / (rows * columns), np.float32)


def _crop(photo: Photo, top: int, left: int, size: int) -> Area:
    """Return the area near a corner, at multiples of the filters' period; where it does not fit, all that is shown."""
    shown, (tall, wide) = photo.shown, photo.period
    top, height = _span(top, shown.top, shown.height, size=size, period=tall)
    left, width = _span(left, shown.left, shown.width, size=size, period=wide)
    return Area(top, left, height, width)


def _span(wanted: int, begin: int, length: int, *, size: int, period: int) -> tuple[int, int]:
    """Return start and length of an edge of a crop, within what is shown."""
    first, end = -(-begin // period), (begin + length) // period
    count = max(size // period, 1)
    if count > end - first:
        return begin, length
    return max(first, min(wanted // period, end - count)) * period, count * period


def _overlap(one: Area, other: Area) -> bool:
    beside = one.left >= other.left + other.width or other.left >= one.left + one.width
    above = one.top >= other.top + other.height or other.top >= one.top + one.height
    return not (beside or above)


def _look(photo: Photo) -> _Blocks:
    planes, stride = _sparse_planes(photo)
    _, height, width = planes.shape
    filling = [(0, 0), *((0, max(0, EDGE - length)) for length in (height, width))]
    planes = np.pad(planes, filling, mode="edge")
    rows, columns = (length // EDGE for length in planes.shape[1:])
    blocks = planes[:, : rows * EDGE, : columns * EDGE].reshape(3, rows, EDGE, columns, EDGE)
    tone = blocks.mean(axis=(2, 4))
    energy = blocks.var(axis=(2, 4))
    noise = estimate_grain([planes]).at(tone).mean(axis=-1)
    beyond = np.where(energy > FLAT * noise, energy - noise, 0).mean(axis=0)
    return _Blocks(EDGE * stride, tone.mean(axis=0), np.sqrt(noise.mean(axis=0)), np.sqrt(beyond))


def _sparse_planes(photo: Photo) -> tuple[Floats, int]:
    """Return the photo sampled sparsely as a screen shows it, shape (3, H, W), 0 to 1, and the step in px."""
    shown = photo.shown
    period = math.lcm(*photo.period)
    stride = period * max(1, -(-max(shown.height, shown.width) // (period * LONGEST)))
    if isinstance(photo, RgbPhoto):
        return replace(photo, samples=photo.samples[::stride, ::stride]).planes().clip(0, 1), stride
    light = photo.linear_planes(shown)
    colors = light[:, ::stride, ::stride] if not photo.is_mosaic else _sites(light[0], photo, stride)
    gains = np.array(photo.white_balance, np.float32)[:, np.newaxis, np.newaxis]
    return encode_extended_srgb(colors * (gains / gains.min())).clip(0, 1), stride


def _sites(mosaic: Floats, photo: RawPhoto, stride: int) -> Floats:
    """Return the first site of each color of some periods, shape (3, H, W)."""
    # Filled up to whole periods, so that there are equally many of each color.
    filling = [(0, -length % edge) for length, edge in zip(mosaic.shape, photo.cfa.period, strict=True)]
    filled = np.pad(mosaic, filling, mode="edge")
    seen = TRANSMISSION[np.array(photo.cfa.shifted(photo.crop.top, photo.crop.left).colors)]
    corners = [np.argwhere(seen[..., color])[0] for color in (RED, GREEN, BLUE)]
    return np.stack([filled[y::stride, x::stride] for y, x in corners])
