"""Draw the noise curves of docs/inspect.md: ``python -m scripts.noise_curve_pictures``.

The RAW photo is the built-in scene at ISO 6400; the developed picture is the same photo, developed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rwdenoise.io.raw.develop import develop
from rwdenoise.noise.curve import measure_noise_curve
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.rgb import Encoding, RgbPhoto, Stored
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from rwdenoise.view.noise_plot import draw_noise_curve

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ISO = 6400
HEIGHT, WIDTH = 1536, 2304


def main() -> None:
    """Draw both curves."""
    scene = draw_scene(HEIGHT, WIDTH, rng=np.random.default_rng(0))
    noisy, _ = simulate_raw(scene, cfa=RGGB, iso=ISO, rng=np.random.default_rng(1))
    same = Encoding(lambda colors: colors, lambda colors: colors)
    developed = RgbPhoto(develop(noisy).samples, None, same, Stored("png"))
    for name, photo in (("noise-curve", noisy), ("noise-curve-developed", developed)):
        picture = draw_noise_curve(measure_noise_curve(photo), kind="png")
        (FOLDER / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
