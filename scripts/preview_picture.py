"""Draw docs/pictures/preview.jpg, a preview of the scene at high ISO: ``python -m scripts.preview_picture``."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import load_denoiser
from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from rwdenoise.view.preview import preview_photo

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "preview.jpg"
ISO = 12800
HEIGHT, WIDTH = 1536, 2304
#: Edge length of the crops, in px: three of them fit on a page.
SIZE = 264
STRENGTHS = (0.5, 0.8, 1.0)
QUALITY = 85


def main() -> None:
    """Draw the picture."""
    scene = draw_scene(HEIGHT, WIDTH, rng=np.random.default_rng(0))
    photo, _ = simulate_raw(scene, cfa=RGGB, iso=ISO, rng=np.random.default_rng(1))
    with TemporaryDirectory() as folder:
        source = Path(folder) / "IMG_1.dng"
        write_photo(photo, source, provenance=None)
        variants = [Settings(strength=strength) for strength in STRENGTHS]
        sheet = Path(folder) / "sheet.png"
        preview_photo(source, sheet, denoiser=lambda _: load_denoiser(), variants=variants, size=SIZE)
        with Image.open(sheet) as picture:
            picture.save(TARGET, quality=QUALITY)


if __name__ == "__main__":
    main()
