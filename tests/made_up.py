"""Make up comparisons for reports, without reading or denoising a photo."""

from io import BytesIO

import numpy as np
from PIL import Image

from rwdenoise.photo.tiling import Area
from rwdenoise.view.report.content import Comparison, Picture, View, encode, encode_crop, encode_drawing, thumbnail_of

#: Size of the whole photo and edge length of the crops, in px.
WIDTH, HEIGHT, CROP = 960, 640, 160
MARK = Area(64, 96, 32, 64)


def comparison(name: str, *, iso: float = 6400, marks: int = 0, title: str = "The whole photo") -> Comparison:
    """Return a photo before and after, with two crops."""
    rng = np.random.default_rng(0)
    whole = view(title, rng, (HEIGHT, WIDTH), scale=0.5, marks=(MARK, Area(0, 0, 32, 32))[:marks])
    return Comparison(
        name=name,
        about=f"Camera · ISO {iso:g}",
        thumbnail=thumbnail_of(whole.after),
        views=(whole, *(view(reason, rng, (CROP, CROP)) for reason in ("Noisiest", "Darkest"))),
        curve=encode_drawing(_png(rng)),
        facts=(("Denoising", (("weights", "cfa-best 1.2"), ("steps", "4"))),),
        iso=iso,
        noise=iso / 1e5,
        seconds=1e4 / iso,
        structure=marks / 100,
    )


def view(title: str, rng: np.random.Generator, size: tuple[int, int], **details) -> View:
    """Return a view: a noisy ramp before, the ramp after, and the noise."""
    ramp = np.broadcast_to(np.linspace(40, 215, size[1])[:, np.newaxis], (*size, 3))
    noise = rng.normal(0, 25, (*size, 3))
    pictures = ((ramp + noise), ramp, 128 + noise)
    return View(title, *(encode_crop(picture.clip(0, 255).astype(np.uint8)) for picture in pictures), **details)


def photo_full_of_detail(longest: int, quality: int) -> Picture:
    """Return a picture with so much detail that it takes more bytes than typical ones."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (longest // 6, longest // 4, 3)).astype(np.uint8)
    return encode(np.repeat(np.repeat(coarse, 4, axis=0), 4, axis=1), quality=quality)


def _png(rng: np.random.Generator) -> bytes:
    file = BytesIO()
    Image.fromarray(rng.integers(0, 2, (72, 120), np.uint8) * 255).save(file, "PNG")
    return file.getvalue()
