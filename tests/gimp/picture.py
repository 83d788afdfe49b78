"""Take the screenshot docs/pictures/gimp-dialog.png in real GIMP: ``python -m tests.gimp.picture [WEIGHTS]``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from rwdenoise import Settings, denoise_photo, load_denoiser, read_picture, write_photo
from rwdenoise.photo.cfa import BAYER_PHASES
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.gimp.screen import open_screen
from tests.gimp.tree import ROOT, GimpTree, find_tree, worker_command

PICTURE = ROOT / "docs/pictures/gimp-dialog.png"
WINDOW = Path(__file__).with_name("window.py")
WIDTH, HEIGHT = 1500, 1000
ISO = 12800
_SECONDS = 120
# Time until the preview is complete on a busy machine.
_SECONDS_TO_SETTLE = 40


def main(*weights: str) -> None:
    """Open the dialog on a simulated noisy photo, and take a screenshot of it."""
    options = [word for name in weights for word in ("--weights", name)]
    with tempfile.TemporaryDirectory() as name, open_screen() as screen:
        gimp = GimpTree(find_tree("3.0"), Path(name))
        gimp.prepare()
        gimp.install("rwdenoise", worker_command("-m", "rwdenoise_cli", "worker", *options))
        pixels = gimp.folder / "photo.pixels"
        pixels.write_bytes((_noisy_photo(gimp.folder) // 257).astype(np.uint8).tobytes())
        process = gimp.start(WINDOW, {"size": (WIDTH, HEIGHT), "pixels": [str(pixels)]}, display=screen.display)
        dialog = screen.wait_for("Denoise photo", seconds=_SECONDS)
        time.sleep(_SECONDS_TO_SETTLE)
        screen.picture(dialog, PICTURE)
        screen.press(dialog, "Escape")
        process.communicate(timeout=_SECONDS)


def _noisy_photo(folder: Path) -> np.ndarray:
    rng = np.random.default_rng(3)
    # Leaves and fabric in the middle, where the preview starts.
    scene = np.roll(draw_scene(HEIGHT, WIDTH, rng=rng), (HEIGHT // 3, WIDTH // 6), axis=(1, 2))
    raw, _ = simulate_raw(scene, cfa=BAYER_PHASES[0], iso=ISO, rng=rng)
    write_photo(raw, folder / "photo.dng", provenance=None)
    developed = folder / "photo.tif"
    denoise_photo(folder / "photo.dng", developed, denoiser=load_denoiser(), settings=Settings(strength=0))
    return read_picture(developed).samples


if __name__ == "__main__":
    main(*sys.argv[1:])
