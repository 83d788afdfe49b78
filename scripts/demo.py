"""Denoise a high-ISO RAW photo with the command line, and show figures and pictures: ``make demo``.

Without an argument, the photo is simulated from the built-in scene, which gives the truth to compare with. The argument
is a photo of your own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.measures import psnr, texture_kept
from rwdenoise.io.raw.develop import develop
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.raw import RawPhoto

FOLDER = Path("demo")
ISO = 12800
#: Edge length of the crops shown side by side, in px.
CROP = 480
#: Point where the scene's fabric, text, stars and gradients meet, as fractions of height and width.
PANELS_MEET = (1 / 3, 2 / 3)


def main() -> None:
    """Run the demo on the built-in scene, or on the photo named on the command line."""
    FOLDER.mkdir(exist_ok=True)
    if len(sys.argv) > 1:
        show(Path(sys.argv[1]))
    else:
        show_simulated()


def show_simulated() -> None:
    """Denoise the built-in scene and compare the result with the truth."""
    noisy, truth = FOLDER / "noisy.dng", FOLDER / "truth.dng"
    run("simulate", "--iso", str(ISO), "--output", str(noisy), "--truth", str(truth), "--overwrite")
    denoised, seconds = denoise(noisy)
    photos = {"noisy": read_raw(noisy), "denoised": read_raw(denoised), "truth": read_raw(truth)}
    planes = {name: photo.planes()[0] for name, photo in photos.items()}
    print(f"\n{'':10} {'PSNR':>9} {'texture kept':>13}")
    for name in ("noisy", "denoised"):
        kept = texture_kept(planes[name], planes["truth"], period=photos["truth"].cfa.period)
        print(f"{name:10} {psnr(planes[name], planes['truth']):6.2f} dB {100 * kept:11.0f} %")
    print(f"\n{seconds:.1f} s for {planes['truth'].size / 1e6:.1f} megapixels, including the start of the program.")
    save_pictures(photos, center=PANELS_MEET)


def show(source: Path) -> None:
    """Denoise the user's own photo."""
    denoised, seconds = denoise(source)
    print(f"\n{seconds:.1f} s, including the start of the program.")
    save_pictures({"before": read_raw(source), "after": read_raw(denoised)})


def denoise(source: Path) -> tuple[Path, float]:
    """Denoise a file with the default settings; return the output file and the time in seconds."""
    target = FOLDER / f"{source.stem}-denoised.dng"
    started = time.perf_counter()
    run(str(source), "--output", str(target), "--overwrite")
    return target, time.perf_counter() - started


def run(*arguments: str) -> None:
    """Run ``rwdenoise`` as a user does, and print the command."""
    program = shutil.which("rwdenoise", path=str(Path(sys.executable).parent)) or "rwdenoise"
    print("$ rwdenoise", *arguments, flush=True)
    if (status := subprocess.run([program, *arguments], check=False).returncode) != 0:
        sys.exit(status)


def save_pictures(photos: dict[str, RawPhoto], *, center: tuple[float, float] = (0.5, 0.5)) -> None:
    """Develop and write each photo, and crops of all of them side by side."""
    developed = {name: (develop(photo).samples >> 8).astype(np.uint8) for name, photo in photos.items()}
    print()
    for name, picture in developed.items():
        save(picture, FOLDER / f"{name}.png")
    crops = [crop(picture, center) for picture in developed.values()]
    save(np.concatenate(crops, axis=1), FOLDER / "side-by-side.png")


def crop(picture: NDArray[np.uint8], center: tuple[float, float]) -> NDArray[np.uint8]:
    """Crop a square around a point, given as fractions of height and width."""
    top, left = (max(0, int(edge * share) - CROP // 2) for edge, share in zip(picture.shape, center, strict=False))
    return picture[top : top + CROP, left : left + CROP]


def save(picture: NDArray[np.uint8], path: Path) -> None:
    """Write a PNG and print its path."""
    Image.fromarray(picture).save(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
