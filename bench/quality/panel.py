"""Part (c): draw crops of critical subjects for visual comparison: noisy, denoised and truth side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.methods import MosaicMethod
from rwdenoise.io.raw.develop import develop
from rwdenoise.photo.cfa import RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.simulation import scene
from rwdenoise.simulation.raw_photo import simulate_raw

CROP = 192
ISO = 25600
Pixels = NDArray[np.uint8]
Drawing = Callable[[int, int, np.random.Generator], NDArray[np.float32]]


@dataclass(frozen=True)
class Subject:
    """Subject of one row of the panel."""

    draw: Drawing
    exposure: float = 1.0
    """Exposure factor; the panel shows the crop brightened by its inverse."""
    hot_pixels: float = 0.0
    """Share of hot pixels among the sites."""


SUBJECTS: dict[str, Subject] = {
    "text": Subject(scene.text),
    "hair": Subject(scene.hair),
    "foliage": Subject(scene.dead_leaves),
    "fabric": Subject(scene.fabric),
    "stars": Subject(scene.stars),
    "stars and hot pixels": Subject(scene.stars, hot_pixels=2e-3),
    "skin-like gradients": Subject(scene.gradients),
    "deep shadows, lifted 4 stops": Subject(scene.text, exposure=1 / 16),
}


def draw_panel(methods: Sequence[MosaicMethod], path: Path, *, cfa: Cfa = RGGB) -> None:
    """Draw a panel: one row per subject; columns for the noisy photo, each method, and the truth."""
    titles = ["noisy", *(method.name for method in methods), "truth"]
    lines = [np.concatenate([_label(title, CROP) for title in titles], axis=1)]
    for name, subject in SUBJECTS.items():
        lines += [_label(name, CROP * len(titles)), np.concatenate(_crops(subject, methods, cfa), axis=1)]
    Image.fromarray(np.concatenate(lines)).save(path)


def _crops(subject: Subject, methods: Sequence[MosaicMethod], cfa: Cfa) -> list[Pixels]:
    # Larger than shown: LibRaw needs X-Trans mosaics of this size.
    edge = 516 * scene.OVERSAMPLING
    light = scene.average_down(subject.draw(edge, edge, np.random.default_rng(4)))
    noise, rng = profile_at(ISO), np.random.default_rng(5)
    photo, clean = simulate_raw(light, cfa=cfa, iso=ISO, rng=rng, exposure=subject.exposure, noise=noise)
    noisy = photo.planes()[0]
    hot = rng.random(noisy.shape) < subject.hot_pixels
    noisy[hot] += rng.random(hot.sum(), np.float32)
    mosaics = [noisy, *(method.run(noisy, cfa, noise) for method in methods)]
    photos = [*(clean.with_planes(mosaic[np.newaxis]) for mosaic in mosaics), clean]
    return [_show(develop(photo).samples, lifted=1 / subject.exposure) for photo in photos]


def _show(picture: NDArray[np.uint16], *, lifted: float) -> Pixels:
    top, left = ((edge - CROP) // 2 for edge in picture.shape[:2])
    encoded = picture[top : top + CROP, left : left + CROP] / 65535
    return np.asarray((encoded * lifted ** (1 / 2.4)).clip(0, 1) * 255, np.uint8)


def _label(words: str, width: int) -> Pixels:
    image = Image.new("RGB", (width, 18), "white")
    ImageDraw.Draw(image).text((4, 3), words, fill="black", font=ImageFont.load_default(size=11))
    return np.asarray(image)


def draw_panels(methods: Sequence[MosaicMethod], folder: Path) -> list[Path]:
    """Draw one panel for Bayer and one for X-Trans; return their paths."""
    paths = []
    for cfa in (RGGB, X_TRANS):
        here = [method for method in methods if cfa.name in method.sensors]
        draw_panel(here, folder / f"panel-{cfa.name.lower()}.png", cfa=cfa)
        paths.append(folder / f"panel-{cfa.name.lower()}.png")
    return paths
