"""Draw pictures for the docs, all of them or some: ``python -m scripts.docs_pictures [NAME...]``.

Plots come from the tables of docs/quality.md, photos from the built-in scene with the default weights. Other commands
draw the other pictures: `ELSEWHERE` lists them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.quality.plots import plot_curve
from bench.quality.rows import Row
from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import load_denoiser
from rwdenoise.denoising.diffusion import schedule
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from scripts.controls import denoised, shown

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "pictures"
#: Commands that draw the other pictures.
ELSEWHERE = {
    "strength.jpg": "python -m scripts.controls",
    "chroma.jpg": "python -m scripts.controls",
    "detail.jpg": "python -m scripts.controls",
    "gimp-dialog.png": "python -m tests.gimp.picture",
    "speed.png": "python -m bench.speed",  # As speed-peers.png.
    "preview.jpg": "python -m scripts.preview_picture",
    "noise-curve.png": "python -m scripts.noise_curve_pictures",
    "noise-curve-developed.png": "python -m scripts.noise_curve_pictures",
    **dict.fromkeys(
        ("report-index.jpg", "report-photo.jpg", "report-removed.jpg", "report-phone.jpg"),
        "python -m scripts.report_screenshots",
    ),
}

ISO = 12800
HEIGHT, WIDTH = 1024, 1536
#: Point where the scene's hair, stars, chart and edges meet, as (row, column) in px.
PANELS_MEET = (682, 512)
#: Edge lengths of the crops in px, and factor by which they are enlarged.
WIDE, NARROW, ENLARGED = 240, 120, 2
#: Gap between pictures, in px.
GAP = 4
LABEL = 24
#: Number of sampling steps in the picture of the diffusion.
STEPS = 4
#: Methods in the plot of quality: label, and start of the name in the table of docs/quality.md.
COMPARED = {"rwdenoise": "rwdenoise cfa-best", "BM3D per plane": "BM3D", "PMRID": "PMRID", "noisy": "nothing"}

Picture = NDArray[np.uint8]


def main(*names: str) -> None:
    """Draw the named pictures, or all of them."""
    for name in names or MADE:
        if name not in MADE:
            sys.exit(f"This command does not draw {name}. It is drawn by: {ELSEWHERE.get(name, 'no command')}")
        MADE[name](FOLDER / name)
        print(f"wrote docs/pictures/{name}, {(FOLDER / name).stat().st_size // 1000} kB")


def draw_side_by_side(path: Path) -> None:
    """Draw the scene noisy, denoised, and without noise."""
    noisy, clean = scene()
    pictures = {"noisy": shown(noisy), "denoised": denoised(load_denoiser(), noisy, Settings()), "truth": shown(clean)}
    save({label: cut(picture, WIDE) for label, picture in pictures.items()}, path)


def draw_walk(path: Path) -> None:
    """Draw x_t at each time t of the sampling; each picture is a run of its own that stops at t (strength 1 - t)."""
    noisy, _ = scene()
    denoiser = load_denoiser()
    pictures = {
        f"t = {t:g}": denoised(denoiser, noisy, Settings(steps=max(1, round(STEPS * (1 - t))), strength=1 - t))
        for t in schedule(STEPS)
    }
    save({label: cut(picture, NARROW) for label, picture in pictures.items()}, path)


def draw_steps(path: Path) -> None:
    """Plot the gain of each number of steps."""
    plot_curve([_as_row(cells) for cells in table("Steps")], path)


def draw_quality(path: Path) -> None:
    """Plot PSNR and texture over shot noise, for our program and for peers that denoise mosaics."""
    from matplotlib.figure import Figure

    rows = [row for row in table("Pictures") if row["sensor"] == "Bayer"]
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    measures = (("mosaic psnr", "PSNR of the mosaic, dB"), ("mosaic texture", "texture kept"))
    for ax, (measure, label) in zip(figure.subplots(1, 2), measures, strict=True):
        for words, begins in COMPARED.items():
            mine = [row for row in rows if row["method"].startswith(begins)]
            if words == "noisy" and measure == "mosaic texture":
                continue
            thick = 2.5 if words == "rwdenoise" else 1.2
            ax.plot([row["shot"] for row in mine], [float(row[measure]) for row in mine], "o-", lw=thick, label=words)
        ax.set(title=label, xlabel="shot noise")
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    figure.savefig(path, dpi=110)


MADE: Mapping[str, Callable[[Path], None]] = {
    "side-by-side.jpg": draw_side_by_side,
    "walk.jpg": draw_walk,
    "steps.png": draw_steps,
    "quality.png": draw_quality,
}


@cache
def scene() -> tuple[RawPhoto, RawPhoto]:
    """Return the built-in scene as a RAW photo, noisy and without noise."""
    rng = np.random.default_rng(0)
    noisy, clean = simulate_raw(draw_scene(HEIGHT, WIDTH, rng=rng), cfa=RGGB, iso=ISO, rng=rng)
    return noisy, clean


def table(heading: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the table under a heading of docs/quality.md."""
    page = (DOCS / "quality.md").read_text(encoding="utf-8")
    below = page.split(f"\n## {heading}\n")[1]
    lines = [line for line in below.split("\n## ")[0].splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return (dict(zip(header, row, strict=True)) for row in rows)


def _as_row(cells: Mapping[str, str]) -> Row:
    numbers = ("mosaic psnr", "mosaic texture", "seconds")
    return {key.replace(" ", "_"): float(cell) if key in numbers else cell for key, cell in cells.items()}


def cut(picture: Picture, edge: int) -> Picture:
    """Return a square crop around the point where the scene's panels meet."""
    top, left = (middle - edge // 2 for middle in PANELS_MEET)
    return picture[top : top + edge, left : left + edge]


def save(pictures: Mapping[str, Picture], path: Path) -> None:
    """Write pictures of the same size side by side, enlarged, each with a label above it."""
    edge = ENLARGED * next(iter(pictures.values())).shape[0]
    sheet = Image.new("RGB", (len(pictures) * (edge + GAP) - GAP, edge + LABEL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=LABEL * 0.6)
    for place, (label, picture) in enumerate(pictures.items()):
        draw.text((place * (edge + GAP) + edge / 2, LABEL / 2), label, fill="black", font=font, anchor="mm")
        enlarged = Image.fromarray(picture).resize((edge, edge), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (place * (edge + GAP), LABEL))
    sheet.save(path, quality=85)


if __name__ == "__main__":
    main(*sys.argv[1:])
