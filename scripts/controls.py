"""Draw the pictures of docs/controls.md: the built-in scene at a high ISO, with several values of each control.

``python -m scripts.controls`` writes docs/pictures/strength.jpg, chroma.jpg and detail.jpg with the default weights.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser, load_denoiser
from rwdenoise.io.raw.develop import develop
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ISO = 12800
#: --detail has little effect unless a photo is noisy enough for the denoiser to lose structure.
DETAIL_ISO = 51200
HEIGHT, WIDTH = 768, 1152
#: Edge length of the crops in px, factor by which they are enlarged, and height of their labels in px.
CROP, ENLARGED, LABEL = 112, 3, 28
#: Centers of crops, as (row, column) in px.
LEAVES_TO_STARS, CHART_AND_EDGES = (256, 384), (640, 384)
#: Edge length, in px, of the cells in which the effect of --detail is compared.
CELL = 16
#: Factor by which the structure that --detail restores is amplified for display.
STRONGER = 4

Picture = NDArray[np.uint8]
Place = tuple[int, int]


def main() -> None:
    """Draw all pictures."""
    scene = draw_scene(HEIGHT, WIDTH, rng=np.random.default_rng(0))
    denoiser = load_denoiser()
    draw_strength_and_chroma(denoiser, scene)
    draw_detail(denoiser, scene)


def draw_strength_and_chroma(denoiser: Denoiser, scene: NDArray[np.float32]) -> None:
    """Draw the pictures of --strength and of --chroma."""
    noisy, _ = simulate_raw(scene, cfa=RGGB, iso=ISO, rng=np.random.default_rng(1))
    made = {
        label: denoised(denoiser, noisy, settings)
        for label, settings in {
            "--strength 0": Settings(strength=0.0),
            "--strength 0.5": Settings(strength=0.5),
            "--strength 0.8": Settings(strength=0.8),
            "--strength 1": Settings(),
            "--strength 0.6": Settings(strength=0.6),
            "--strength 0.6 --chroma 1": Settings(strength=0.6, chroma=1.0),
        }.items()
    }
    strengths = ("--strength 0", "--strength 0.5", "--strength 0.8", "--strength 1")
    chromas = ("--strength 0", "--strength 0.6", "--strength 0.6 --chroma 1", "--strength 1")
    save({label: made[label] for label in strengths}, LEAVES_TO_STARS, "strength")
    save({label: made[label] for label in chromas}, CHART_AND_EDGES, "chroma")


def draw_detail(denoiser: Denoiser, scene: NDArray[np.float32]) -> None:
    """Draw the effect of --detail where it is largest, with the crop brightened up to white."""
    noisy, clean = simulate_raw(scene, cfa=RGGB, iso=DETAIL_ISO, rng=np.random.default_rng(1))
    plain, detailed = (denoised(denoiser, noisy, Settings(detail=detail)) for detail in (0.0, 1.0))
    truth = shown(clean)
    center = busiest((plain - truth.astype(float)) ** 2 - (detailed - truth.astype(float)) ** 2)
    lift = 255 / np.percentile(cut(truth, center), 99.8)
    pictures = {
        "--detail 0": lift * plain,
        "--detail 1": lift * detailed,
        "truth": lift * truth,
        f"what came back, {STRONGER} x": 128 + STRONGER * lift * (detailed.astype(float) - plain),
    }
    save({label: picture.clip(0, 255).astype(np.uint8) for label, picture in pictures.items()}, center, "detail")


def denoised(denoiser: Denoiser, photo: RawPhoto, settings: Settings) -> Picture:
    """Denoise a simulated photo with its true noise profile, and develop it."""
    noise = profile_at(photo.iso or ISO)
    planes = denoiser.denoise(
        photo.planes(), cfa=photo.cfa, noise=noise, settings=settings, white_balance=photo.white_balance
    )
    return shown(photo.with_planes(planes))


def shown(photo: RawPhoto) -> Picture:
    """Develop a photo to 8 bits."""
    return (develop(photo).samples >> 8).astype(np.uint8)


def busiest(gain: NDArray[np.float64]) -> Place:
    """Return the center of the crop around the cell in which the sum of `gain`, shape (H, W, 3), is largest."""
    rows, columns = (length // CELL for length in gain.shape[:2])
    cells = gain[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3).sum(axis=(1, 3, 4))
    row, column = (CELL * place + CELL // 2 for place in divmod(int(cells.argmax()), columns))
    middle = CROP // 2
    return min(max(row, middle), gain.shape[0] - middle), min(max(column, middle), gain.shape[1] - middle)


def cut(picture: Picture, center: Place) -> Picture:
    """Return the crop around a point."""
    top, left = (middle - CROP // 2 for middle in center)
    return picture[top : top + CROP, left : left + CROP]


def save(pictures: dict[str, Picture], center: Place, name: str) -> None:
    """Write the same crop of all pictures side by side, each with a label above it."""
    edge = CROP * ENLARGED
    sheet = Image.new("RGB", (len(pictures) * edge, edge + LABEL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=LABEL * 0.6)
    for place, (label, picture) in enumerate(pictures.items()):
        draw.text(((place + 0.5) * edge, LABEL / 2), label, fill="black", font=font, anchor="mm")
        enlarged = Image.fromarray(cut(picture, center)).resize((edge, edge), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (place * edge, LABEL))
    path = FOLDER / f"{name}.jpg"
    sheet.save(path, quality=80)
    print(f"wrote {path.relative_to(FOLDER.parents[1])}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
