import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from rwdenoise.noise.curve import NoiseCurve, measure_noise_curve
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.view.noise_plot import draw_noise_curve
from tests.photos import raw_photo
from tests.unit.noise.test_curve import picture


def curve(*, kind: str = "raw", count: int = 400) -> NoiseCurve:
    rng = np.random.default_rng(0)
    signals = rng.uniform(0, 1, count).astype(np.float32)
    return NoiseCurve(
        kind=kind,
        colors=rng.integers(0, 3, count).astype(np.uint8),
        signals=signals,
        variances=((2e-3 * signals + 1e-5) * rng.chisquare(40, count) / 40).astype(np.float32),
        flat=rng.uniform(size=count) < 0.8,
        profile=NoiseProfile(2e-3, 1e-5) if kind == "raw" else None,
        stated=NoiseProfile(3e-3, 1e-5) if kind == "raw" else None,
    )


def words_in(svg: bytes) -> set[str]:
    texts = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return {"".join(text.itertext()).strip() for text in texts}


@pytest.mark.parametrize("kind", ["raw", "developed"])
@pytest.mark.parametrize("dark", [False, True])
def test_a_png_has_its_size_and_its_paper(kind: str, dark: bool) -> None:
    image = Image.open(BytesIO(draw_noise_curve(curve(kind=kind), kind="png", dark=dark))).convert("RGB")
    assert image.size == (1200, 720)
    corner = image.getpixel((2, 717))
    assert (max(corner) < 40) if dark else (min(corner) == 255)


def test_an_svg_says_what_is_drawn() -> None:
    words = words_in(draw_noise_curve(curve(), kind="svg"))
    assert {"measured: shot 0.002, read 1e-05", "stated: shot 0.003, read 1e-05", "clipped at white"} <= words
    assert {"red blocks", "green blocks", "blue blocks", "blocks with texture", "stops below white"} <= words
    assert {"0", "1", "2", "3"} <= words


def test_an_svg_of_a_developed_picture_has_steps_of_8_bits() -> None:
    words = words_in(draw_noise_curve(curve(kind="developed"), kind="svg"))
    assert {"0", "128", "255", "median", "brightness, steps of 8 bits"} <= words
    assert not any(word.startswith("stated") for word in words)


def test_an_svg_needs_nothing_from_elsewhere_and_is_small() -> None:
    svg = draw_noise_curve(curve(count=4000), kind="svg")
    assert len(svg) < 300_000
    links = [value for node in ET.fromstring(svg).iter() for key, value in node.attrib.items() if key.endswith("href")]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_curve_gives_the_same_bytes(kind: str) -> None:
    assert draw_noise_curve(curve(), kind=kind) == draw_noise_curve(curve(), kind=kind)


def test_drawing_changes_no_settings_of_the_program() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    draw_noise_curve(curve(), kind="png", dark=True)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    "photo",
    [raw_photo(size=(8, 8)), picture(np.zeros((8, 8, 3), np.uint8)), picture(np.zeros((640, 640, 1), np.uint8))],
)
def test_photos_that_tell_nothing_are_drawn_all_the_same(photo) -> None:
    assert draw_noise_curve(measure_noise_curve(photo), kind="svg").startswith(b"<?xml")


def test_a_photo_without_noise_is_drawn() -> None:
    silent = replace(curve(), variances=np.zeros(400, np.float32), profile=NoiseProfile(0.0, 0.0), stated=None)
    assert draw_noise_curve(silent, kind="png").startswith(b"\x89PNG")
