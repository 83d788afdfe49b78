"""Make the pictures of the docs: ``python -m scripts.docs_pictures [NAME...]``, all of them or some.

Plots are drawn from the tables of docs/quality.md, photos from the built-in scene with the default weights. Others are
made elsewhere: `ELSEWHERE` says by what.
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
#: What makes the pictures that are not made here.
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
#: Where the scene's hair, stars, chart and edges meet, as (row, column) in px.
PANELS_MEET = (682, 512)
#: Edges of the crops in px, and how much they are enlarged.
WIDE, NARROW, ENLARGED = 240, 120, 2
#: Between pictures, in px.
GAP = 4
LABEL = 24
#: Steps of the walk that is shown.
STEPS = 4
#: What the plot of the quality compares: words for it, and how the table of docs/quality.md begins to call it.
COMPARED = {"rwdenoise": "rwdenoise cfa-best", "BM3D per plane": "BM3D", "PMRID": "PMRID", "noisy": "nothing"}

Picture = NDArray[np.uint8]


def main(*names: str) -> None:
    """Make the pictures that are named, or all."""
    for name in names or MADE:
        if name not in MADE:
            sys.exit(f"{name} is not made here, but by: {ELSEWHERE.get(name, 'nothing')}")
        MADE[name](FOLDER / name)
        print(f"wrote docs/pictures/{name}, {(FOLDER / name).stat().st_size // 1000} kB")


def draw_side_by_side(path: Path) -> None:
    """Show the scene noisy, denoised, and as it is."""
    noisy, clean = scene()
    pictures = {"noisy": shown(noisy), "denoised": denoised(load_denoiser(), noisy, Settings()), "truth": shown(clean)}
    save({label: cut(picture, WIDE) for label, picture in pictures.items()}, path)


def draw_walk(path: Path) -> None:
    """Show x_t at each time of a walk; its strength is where it stops, so each is a walk of its own."""
    noisy, _ = scene()
    denoiser = load_denoiser()
    pictures = {
        f"t = {t:g}": denoised(denoiser, noisy, Settings(steps=max(1, round(STEPS * (1 - t))), strength=1 - t))
        for t in schedule(STEPS)
    }
    save({label: cut(picture, NARROW) for label, picture in pictures.items()}, path)


def draw_steps(path: Path) -> None:
    """Plot what each number of steps buys."""
    plot_curve([_as_row(cells) for cells in table("Steps")], path)


def draw_quality(path: Path) -> None:
    """Plot PSNR and texture over the noise, of ours and of peers that denoise mosaics."""
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
    """Return the built-in scene as a RAW photo, noisy and clean."""
    rng = np.random.default_rng(0)
    noisy, clean = simulate_raw(draw_scene(HEIGHT, WIDTH, rng=rng), cfa=RGGB, iso=ISO, rng=rng)
    return noisy, clean


def table(heading: str) -> Iterator[dict[str, str]]:
    """Give the rows of the table below a heading of docs/quality.md."""
    page = (DOCS / "quality.md").read_text(encoding="utf-8")
    below = page.split(f"\n## {heading}\n")[1]
    lines = [line for line in below.split("\n## ")[0].splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return (dict(zip(header, row, strict=True)) for row in rows)


def _as_row(cells: Mapping[str, str]) -> Row:
    numbers = ("mosaic psnr", "mosaic texture", "seconds")
    return {key.replace(" ", "_"): float(cell) if key in numbers else cell for key, cell in cells.items()}


def cut(picture: Picture, edge: int) -> Picture:
    """Return a square around where the scene's panels meet."""
    top, left = (middle - edge // 2 for middle in PANELS_MEET)
    return picture[top : top + edge, left : left + edge]


def save(pictures: Mapping[str, Picture], path: Path) -> None:
    """Write pictures of one size side by side, enlarged, each below its label."""
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
