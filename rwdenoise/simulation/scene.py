"""Draw a test scene with the subjects that denoisers often damage.

Its panels show dead leaves, fabric, text, hair-fine lines, stars, smooth gradients, color patches and slanted edges. It
is drawn at four times its size and averaged down, which makes edges as soft as behind a good lens.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.source import read_file, shown
from rwdenoise.photo.color import decode_srgb

#: Factor between the drawn and the returned size of the scene.
OVERSAMPLING = 4

#: Formats that `open_scene` reads. Not TIFF: most RAW files are TIFFs too, and Pillow would read their thumbnail.
SCENE_FORMATS = ("JPEG", "PNG", "WEBP")

Picture = NDArray[np.float32]
#: Draws a panel: from height and width in px of the drawing, `OVERSAMPLING` times those of the panel, and a generator,
#: to linear light in sRGB's primaries, float32 of shape (height, width, 3), 0 to 1.
Panel = Callable[[int, int, np.random.Generator], Picture]


def draw_scene(height: int, width: int, *, rng: np.random.Generator) -> Picture:
    """Draw the test scene.

    Parameters
    ----------
    height, width : int
        Size in px, each at least 64.
    rng : numpy.random.Generator
        Draws the positions and colors of leaves, hairs and stars.

    Returns
    -------
    ndarray of float32, shape (3, height, width)
        Linear light in sRGB's primaries, 0 to 1.
    """
    rows = np.linspace(0, height, len(PANELS) + 1).astype(int)
    scene = np.empty((3, height, width), np.float32)
    for panels, top, bottom in zip(PANELS, rows, rows[1:], strict=False):
        columns = np.linspace(0, width, len(panels) + 1).astype(int)
        for panel, left, right in zip(panels, columns, columns[1:], strict=False):
            drawn = panel((bottom - top) * OVERSAMPLING, (right - left) * OVERSAMPLING, rng)
            scene[:, top:bottom, left:right] = average_down(drawn)
    return scene


def open_scene(path: Path) -> Picture:
    """Read a clean picture for use as a scene.

    Parameters
    ----------
    path : Path
        An 8-bit JPEG, PNG or WebP; its values are assumed to be sRGB.

    Returns
    -------
    ndarray of float32, shape (3, H, W)
        Linear light in sRGB's primaries, 0 to 1, upright.

    Raises
    ------
    PhotoError
        If the file cannot be read, or has more than 8 bits.
    """
    data = read_file(path)
    try:
        with Image.open(BytesIO(data), formats=SCENE_FORMATS) as image:
            # Pillow would silently discard the additional bits.
            if image.mode.startswith(("I", "F")):
                message = f"{shown(path)} has more than 8 bits per color (Pillow mode {image.mode}); expected 8."
                raise UnsupportedPhotoError(message, hint="Save it as an 8-bit JPEG or PNG.")
            light = _light(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        message = f"{shown(path)} cannot be read as a JPEG, PNG or WebP picture ({type(error).__name__})."
        raise CorruptPhotoError(message, hint="Use a JPEG or PNG file.") from error
    return np.ascontiguousarray(light.transpose(2, 0, 1))


def average_down(drawn: Picture) -> Picture:
    """Average blocks of `OVERSAMPLING` x `OVERSAMPLING` px: float32 (H, W, 3) to planes (3, H / 4, W / 4)."""
    height, width, _ = drawn.shape
    blocks = drawn.reshape(height // OVERSAMPLING, OVERSAMPLING, width // OVERSAMPLING, OVERSAMPLING, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32).transpose(2, 0, 1)


def dead_leaves(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Draw overlapping disks with radii distributed as 1/r^3, which gives the statistics of natural texture.

    Lee, Mumford, Huang 2001, "Occlusion Models for Natural Images".
    """
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    smallest, largest = 1.5 * OVERSAMPLING, height / 4
    chances = rng.random(9000)
    radii = smallest / np.sqrt(1 - chances * (1 - (smallest / largest) ** 2))
    draw.rectangle((0, 0, width, height), fill=(90, 90, 80))
    for radius in radii:
        x, y = rng.random(2) * (width, height)
        color = tuple(int(v) for v in (rng.uniform(25, 215) + rng.normal(0, 22, 3)).clip(5, 250))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    return _light(image)


def fabric(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Draw slightly uneven woven threads, warp and weft."""
    y, x = np.mgrid[:height, :width] / OVERSAMPLING
    warp, weft = np.sin(2 * np.pi * (x + y / 3) / 5), np.sin(2 * np.pi * (y - x / 4) / 4)
    thread = np.where((np.floor(x / 5) + np.floor(y / 4)) % 2 == 0, warp, weft)
    uneven = np.repeat(np.repeat(rng.normal(0, 0.04, (height // 16 + 1, width // 16 + 1)), 16, 0), 16, 1)
    shade = 0.20 + 0.08 * thread + uneven[:height, :width]
    return _tinted(shade, (1.0, 0.55, 0.45))


def text(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Draw lines of print of 7 to 20 px, black, red and blue on paper."""
    image = Image.new("RGB", (width, height), (225, 222, 210))
    draw = ImageDraw.Draw(image)
    words = "In little light every photon counts. Grain is not detail. 0123456789 "
    top = 4
    sizes = itertools.cycle((7, 8, 9, 10, 11, 12, 14, 16, 20))
    while top < height:
        size = next(sizes)
        font = ImageFont.load_default(size=size * OVERSAMPLING)
        start = int(rng.integers(0, 20))
        ink = ((25, 25, 30), (140, 20, 25), (20, 40, 130))[size % 3]
        draw.text((4 * OVERSAMPLING, top), (words[start:] + words * 4)[:120], font=font, fill=ink)
        top += int(1.35 * size * OVERSAMPLING)
    return _light(image)


def hair(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Draw hair-fine lines over skin."""
    image = Image.new("RGB", (width, height), (196, 150, 122))
    draw = ImageDraw.Draw(image)
    along = np.linspace(0, 1, 40)
    for _ in range(90):
        (x0, x1), bend = rng.random(2) * width, rng.normal(0, 0.15) * width
        points = [(x0 + (x1 - x0) * a + bend * np.sin(np.pi * a), height * a) for a in along]
        color = tuple(int(v) for v in rng.normal((70, 45, 30), 18).clip(5, 160))
        draw.line(points, fill=color, width=int(rng.integers(2, 6)))
    return _light(image)


def stars(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Draw stars on a dark sky, a few bright and many faint."""
    sky = np.full((height, width, 3), (0.004, 0.005, 0.008), np.float32)
    y, x = np.mgrid[-12:13, -12:13] / OVERSAMPLING
    spread = np.exp(-(x**2 + y**2) / (2 * 0.7**2)).astype(np.float32)[..., np.newaxis]
    for _ in range(height * width // 9000):
        top, left = (int(rng.integers(0, edge - 25)) for edge in (height, width))
        brightness = 0.02 / (1 - 0.98 * rng.random())
        color = np.float32(brightness) * rng.uniform(0.7, 1.0, 3).astype(np.float32)
        sky[top : top + 25, left : left + 25] += spread * color
    return sky.clip(0, 1)


def gradients(height: int, width: int, _rng: np.random.Generator) -> Picture:
    """Draw smooth gradients from deep shadow to half of white."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    shade = 0.002 * (250.0 ** (x / width))
    hue = np.stack([1 - 0.4 * y / height, np.full_like(y, 0.8), 0.6 + 0.4 * y / height], axis=-1)
    return np.asarray(shade[..., np.newaxis] * hue, np.float32)


# The 24 patches of the ColorChecker in 8-bit sRGB, as published by X-Rite.
_PATCHES = np.array(
    [
        (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
        (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
        (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
        (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
    ]
)  # fmt: skip


def _patches(height: int, width: int, _rng: np.random.Generator) -> Picture:
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 6 // width
    chart = _PATCHES.reshape(4, 6, 3)[rows][:, columns]
    return _light(Image.fromarray(chart.astype(np.uint8)))


def _edges(height: int, width: int, _rng: np.random.Generator) -> Picture:
    y, x = np.mgrid[:height, :width]
    shade = np.full((height, width), 0.03)
    for column, contrast in enumerate((0.6, 0.18, 0.06)):
        # Slanted by 5 degrees, as in ISO 12233.
        middle = width * (column + 0.5) / 3 + (y - height / 2) * np.tan(np.radians(5))
        shade[np.abs(x - middle) < width / 12] = contrast
    return _tinted(shade, (1.0, 1.0, 1.0))


PANELS: tuple[tuple[Panel, ...], ...] = (
    (dead_leaves, fabric, text),
    (hair, stars, gradients),
    (_patches, _edges, dead_leaves),
)


def _light(image: Image.Image) -> Picture:
    return decode_srgb(np.asarray(image, np.float32) / np.float32(255))


def _tinted(shade: NDArray[np.floating[Any]], tint: tuple[float, float, float]) -> Picture:
    return np.asarray((shade[..., np.newaxis] * np.array(tint)).clip(0, 1), np.float32)
