"""Part (c): crops to look at, noisy, denoised and truth side by side: what photographers look at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.methods import MosaicMethod
from rwdenoise import scene
from rwdenoise.cfa import RGGB, X_TRANS, Cfa
from rwdenoise.io.develop import develop
from rwdenoise.simulated import profile_at, simulate_raw

CROP = 192
ISO = 25600
Pixels = NDArray[np.uint8]
Drawing = Callable[[int, int, np.random.Generator], NDArray[np.float32]]

#: What is drawn, and the exposure: deep shadows are lifted by as many stops afterwards.
CROPS: dict[str, tuple[Drawing, float]] = {
    "text": (scene.text, 1.0),
    "hair": (scene.hair, 1.0),
    "foliage": (scene.dead_leaves, 1.0),
    "fabric": (scene.fabric, 1.0),
    "stars": (scene.stars, 1.0),
    "skin-like gradients": (scene.gradients, 1.0),
    "deep shadows, lifted 4 stops": (scene.text, 1 / 16),
}


def draw_panel(methods: Sequence[MosaicMethod], path: Path, *, cfa: Cfa = RGGB) -> None:
    """Draw a row for each kind of crop, a column for the noisy photo, each method, and the truth."""
    titles = ["noisy", *(method.name for method in methods), "truth"]
    lines = [np.concatenate([_label(title, CROP) for title in titles], axis=1)]
    for name, (drawing, exposure) in CROPS.items():
        crops = _crops(drawing, exposure, methods, cfa)
        lines += [_label(name, CROP * len(titles)), np.concatenate(crops, axis=1)]
    Image.fromarray(np.concatenate(lines)).save(path)


def _crops(drawing: Drawing, exposure: float, methods: Sequence[MosaicMethod], cfa: Cfa) -> list[Pixels]:
    # Drawn larger than shown, and as large as LibRaw needs X-Trans mosaics to be.
    edge = 516
    drawn = scene.average_down(drawing(edge * scene.OVERSAMPLING, edge * scene.OVERSAMPLING, np.random.default_rng(4)))
    noise = profile_at(ISO)
    noisy, clean = simulate_raw(drawn, cfa=cfa, iso=ISO, rng=np.random.default_rng(5), exposure=exposure, noise=noise)
    mosaics = [noisy.planes()[0], *(method.run(noisy.planes()[0], cfa, noise) for method in methods)]
    photos = [*(clean.with_planes(mosaic[np.newaxis]) for mosaic in mosaics), clean]
    return [_show(develop(photo), lifted=1 / exposure) for photo in photos]


def _show(picture: NDArray[np.uint16], *, lifted: float) -> Pixels:
    top, left = ((edge - CROP) // 2 for edge in picture.shape[:2])
    encoded = picture[top : top + CROP, left : left + CROP] / 65535
    return np.asarray((encoded * lifted ** (1 / 2.4)).clip(0, 1) * 255, np.uint8)


def _label(words: str, width: int) -> Pixels:
    image = Image.new("RGB", (width, 18), "white")
    ImageDraw.Draw(image).text((4, 3), words, fill="black", font=ImageFont.load_default(size=11))
    return np.asarray(image)


def draw_panels(methods: Sequence[MosaicMethod], folder: Path) -> list[Path]:
    """Draw the panels of Bayer and of X-Trans."""
    paths = []
    for cfa in (RGGB, X_TRANS):
        here = [method for method in methods if cfa.name in method.sensors]
        draw_panel(here, folder / f"panel-{cfa.name.lower()}.png", cfa=cfa)
        paths.append(folder / f"panel-{cfa.name.lower()}.png")
    return paths
