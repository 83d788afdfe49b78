"""Provide scenes with exact truth: charts drawn here, and crops of photos if the data folder has them.

Charts are drawn at four times their size, blurred as by a good lens (Gaussian, 0.45 px) and averaged down. They have a
margin that is cropped after the blur, which keeps the blur's border handling out of the scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from bench.pictures import kodak, read_linear
from rwdenoise.simulation.scene import OVERSAMPLING, average_down, dead_leaves

#: Height and width of every scene, in px.
SIZE = 384
#: Standard deviation of the lens blur, in px.
BLUR = 0.45
#: Margin around a chart that is drawn and cropped, in px; the blur reaches 4 standard deviations.
MARGIN = 4
#: Tangent of the angle between the edge and the vertical: 5 degrees, as in ISO 12233.
EDGE_SLANT = float(np.tan(np.radians(5)))
#: Linear light left and right of the edge: 1:4, as in ISO 12233:2014.
EDGE_LIGHT = (0.15, 0.60)
# Both values were found by trial, with PMRID and its row of the published table as the reference: at full contrast, and
# with the hardest Kodak pictures, demosaicing costs more than the weaker noise (ceiling 30 dB; published ceiling 38.7).
#: Factor on the contrast of the dead leaves.
LEAVES_CONTRAST = 0.5
#: Kodak pictures to crop: three of the five that noise-free demosaicing degrades least.
PHOTOS = ("kodim10", "kodim12", "kodim16")

Kind: TypeAlias = Literal["edge", "star", "zone plate", "dead leaves", "text", "dark patches", "photo"]
Light: TypeAlias = NDArray[np.float32]
Patch: TypeAlias = tuple[slice, slice]


@dataclass(frozen=True)
class Scene:
    """Scene in front of the camera."""

    name: str
    kind: Kind
    rgb: Light
    """Linear light, float32, shape (3, SIZE, SIZE), 0 to 1; this is the truth."""
    neutral: bool = False
    """Whether the fine structure is colorless."""
    patches: tuple[Patch, ...] = ()
    """Rows and columns of uniform patches."""


def all_scenes() -> list[Scene]:
    """Return the charts, and the crops of photos if available."""
    return [*charts(), *photo_crops()]


def charts() -> list[Scene]:
    """Draw the scenes that need no data; they are always the same."""
    return [
        Scene("edge", "edge", _render(_edge())),
        Scene("star", "star", _render(_star()), neutral=True),
        Scene("zone plate", "zone plate", _render(_zone_plate()), neutral=True),
        Scene("dead leaves", "dead leaves", _render(_muted_leaves())),
        Scene("neutral text", "text", _render(_text(NEUTRAL_PAIRS)), neutral=True),
        Scene("colored text", "text", _render(_text(COLORED_PAIRS))),
        Scene("dark patches", "dark patches", _render(_dark_patches()), patches=_inner_patches()),
    ]


def photo_crops() -> list[Scene]:
    """Crop the middle of some Kodak pictures; return none if the pictures are missing."""
    try:
        found = {path.stem: path for path in kodak()}
    except FileNotFoundError:
        return []
    return [Scene(name, "photo", _middle(read_linear(found[name]))) for name in PHOTOS]


def _middle(planes: Light) -> Light:
    top, left = ((length - SIZE) // 2 for length in planes.shape[1:])
    return planes[:, top : top + SIZE, left : left + SIZE]


#: Height and width of the drawing, in quarter px.
_DRAWN = (SIZE + 2 * MARGIN) * OVERSAMPLING


def _render(drawn: Light) -> Light:
    blurred = gaussian_filter(drawn, BLUR * OVERSAMPLING, axes=(0, 1))
    inner = slice(MARGIN, MARGIN + SIZE)
    return np.ascontiguousarray(average_down(blurred)[:, inner, inner])


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance of each drawn point below, and to the right of, the scene's center, in px."""
    along = (np.arange(_DRAWN) + 0.5) / OVERSAMPLING - (SIZE / 2 + MARGIN)
    y, x = np.meshgrid(along, along, indexing="ij", sparse=True)
    return y, x


def _gray(shade: NDArray[np.float64]) -> Light:
    return np.repeat(shade[..., np.newaxis].astype(np.float32), 3, axis=2)


def _edge() -> Light:
    y, x = _grid()
    # The share of each drawn point to the right of the edge makes the edge exact, not quantized to quarter px.
    covered = np.clip((x - EDGE_SLANT * y) * OVERSAMPLING + 0.5, 0, 1)
    return _gray(EDGE_LIGHT[0] + (EDGE_LIGHT[1] - EDGE_LIGHT[0]) * covered)


def _star() -> Light:
    # Sinusoidal in angle: its only frequency is cycles / (2 pi r), which is 0.5 cycles/px at 11.5 px from the center.
    y, x = _grid()
    cycles, radius = 36, np.hypot(y, x)
    wave = 0.9 * np.cos(cycles * np.arctan2(y, x))
    return _gray(0.45 * (1 + np.where((radius > 4) & (radius < 0.47 * SIZE), wave, 0)))


def _zone_plate() -> Light:
    # The frequency grows with the radius and reaches 0.5 cycles/px in the middle of each side.
    y, x = _grid()
    return _gray(0.45 * (1 + 0.9 * np.cos(np.pi * 0.5 * (y**2 + x**2) / (SIZE / 2))))


def _muted_leaves() -> Light:
    leaves = dead_leaves(_DRAWN, _DRAWN, np.random.default_rng(1))
    mean = leaves.mean(axis=(0, 1))
    return np.asarray(mean + LEAVES_CONTRAST * (leaves - mean), np.float32)


# Colors of ink and paper, in linear light.
_Color: TypeAlias = tuple[float, float, float]
_Pair: TypeAlias = tuple[_Color, _Color]
NEUTRAL_PAIRS: tuple[_Pair, ...] = (
    ((0.02, 0.02, 0.02), (0.80, 0.80, 0.80)),
    ((0.70, 0.70, 0.70), (0.03, 0.03, 0.03)),
    ((0.10, 0.10, 0.10), (0.20, 0.20, 0.20)),
    ((0.04, 0.04, 0.04), (0.02, 0.02, 0.02)),
)
COLORED_PAIRS: tuple[_Pair, ...] = (
    ((0.45, 0.02, 0.03), (0.80, 0.78, 0.70)),
    ((0.75, 0.60, 0.05), (0.03, 0.05, 0.30)),
    # Nearly equal luminance: almost only the color makes the text readable.
    ((0.50, 0.10, 0.10), (0.08, 0.22, 0.10)),
    ((0.05, 0.27, 0.25), (0.45, 0.15, 0.30)),
)


def _text(pairs: tuple[_Pair, ...]) -> Light:
    """Draw text in every pair of ink and paper, each pair in its own band."""
    bands = np.array_split(np.arange(_DRAWN), len(pairs))
    return np.concatenate([_text_band(len(band), *pair) for band, pair in zip(bands, pairs, strict=True)])


def _text_band(height: int, ink: _Color, paper: _Color) -> Light:
    covered = Image.new("L", (_DRAWN, height))
    draw = ImageDraw.Draw(covered)
    top = 2 * MARGIN * OVERSAMPLING
    for size in (7, 9, 11, 14, 20):
        font = ImageFont.load_default(size=size * OVERSAMPLING)
        words = "In little light every photon counts. Grain is not detail. 0123456789 " * 2
        draw.text((2 * MARGIN * OVERSAMPLING, top), words, font=font, fill=255)
        top += int(1.25 * size * OVERSAMPLING)
    share = np.asarray(covered, np.float32)[..., np.newaxis] / 255
    return np.asarray(share * np.array(ink) + (1 - share) * np.array(paper), np.float32)


#: Green light of the dark patches by row, and their tint by column.
DARK_LIGHT = (0.01, 0.02)
DARK_TINTS = ((1.0, 1.0, 1.0), (1.3, 1.0, 0.8), (0.8, 1.0, 1.3))


def _dark_patches() -> Light:
    light = np.array(DARK_LIGHT)[:, np.newaxis, np.newaxis] * np.array(DARK_TINTS)
    rows, columns = (_patch_numbers(count) for count in light.shape[:2])
    return np.asarray(light[rows][:, columns], np.float32)


def _patch_numbers(count: int) -> NDArray[np.intp]:
    along = np.arange(_DRAWN) // OVERSAMPLING - MARGIN
    return np.clip(along * count // SIZE, 0, count - 1)


def _inner_patches() -> tuple[Patch, ...]:
    # Without the pixels near a border, where neighboring patches mix.
    rows, columns = (
        [slice(i * SIZE // count + MARGIN, (i + 1) * SIZE // count - MARGIN) for i in range(count)]
        for count in (len(DARK_LIGHT), len(DARK_TINTS))
    )
    return tuple((row, column) for row in rows for column in columns)
