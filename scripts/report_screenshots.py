"""Take the screenshots of docs/report.md: ``python -m scripts.report_screenshots``; this takes a few minutes.

The photos are simulated from the built-in scene and denoised with a report, which is then shown in Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation import scene
from rwdenoise.simulation.raw_photo import simulate_raw

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
HEIGHT, WIDTH = 768, 1152
#: ISO of the photo of the whole scene, and further subjects with their ISO.
ISO = 12800
PANELS: tuple[tuple[scene.Panel, float], ...] = (
    (scene.dead_leaves, 25600),
    (scene.hair, 3200),
    (scene.stars, 6400),
    (scene.gradients, 6400),
    (scene.fabric, 12800),
)
DESKTOP: Mapping[str, Any] = {"viewport": {"width": 1200, "height": 760}}
PHONE: Mapping[str, Any] = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2, "has_touch": True}
QUALITY = 66


def main() -> None:
    """Take all screenshots."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder)
        denoise(folder)
        take_pictures(folder / "report.html")


def simulate(folder: Path) -> None:
    """Write the photos, and a truncated one."""
    rng = np.random.default_rng(8)
    pictures = [(scene.draw_scene(HEIGHT, WIDTH, rng=rng), ISO), *((draw(panel, rng), iso) for panel, iso in PANELS)]
    for number, (picture, iso) in enumerate(pictures, 1):
        photo, _ = simulate_raw(picture, cfa=RGGB, iso=iso, rng=rng)
        write_photo(photo, folder / f"IMG_{number:04}.dng", provenance=None)
    whole = (folder / "IMG_0001.dng").read_bytes()
    (folder / "IMG_0000.dng").write_bytes(whole[: len(whole) // 2])


def draw(panel: scene.Panel, rng: np.random.Generator) -> scene.Picture:
    """Draw one panel of the scene at the size of a photo."""
    return scene.average_down(panel(HEIGHT * scene.OVERSAMPLING, WIDTH * scene.OVERSAMPLING, rng))


def denoise(folder: Path) -> None:
    """Denoise the photos as a user does."""
    program = shutil.which("rwdenoise", path=str(Path(sys.executable).parent)) or "rwdenoise"
    command = (program, "--no-journal", "-o", "denoised", "--report", "report.html", "--config", "")
    photos = sorted(path.name for path in folder.glob("*.dng"))
    subprocess.run((*command, *photos), cwd=folder, check=False)


def take_pictures(report: Path) -> None:
    """Take screenshots of the report."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path) as browser:
        for name, act in TAKEN.items():
            with browser.new_context(**(PHONE if "phone" in name else DESKTOP)) as session:
                page = session.new_page()
                page.emulate_media(color_scheme="light" if "removed" in name else "dark")
                page.goto(report.as_uri())
                act(page)
                save(page.screenshot(), FOLDER / name)


def show_index(page: Page) -> None:
    """Show the index of all photos."""


def show_photo(page: Page) -> None:
    """Show the first photo with its slider."""
    page.click(".cards a >> nth=0")


def show_removed(page: Page) -> None:
    """Show the residual of the photo that lost most structure, and the details below."""
    page.set_viewport_size({"width": 1080, "height": 1480})
    page.select_option(".order", "structure")
    page.click(".direction")
    page.click(".cards a >> nth=0")
    page.keyboard.press("r")


TAKEN = {
    "report-index.jpg": show_index,
    "report-photo.jpg": show_photo,
    "report-removed.jpg": show_removed,
    "report-phone.jpg": show_photo,
}


def save(png: bytes, path: Path) -> None:
    """Write a screenshot as JPEG: noise would make a PNG of a megabyte."""
    Image.open(BytesIO(png)).convert("RGB").save(path, quality=QUALITY, optimize=True)
    print(f"wrote docs/pictures/{path.name}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
