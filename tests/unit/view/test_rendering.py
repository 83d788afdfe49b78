"""What is shown: upright, a part just as in the whole, before and after equally bright."""

from dataclasses import replace

import numpy as np
import pytest

from rwdenoise.io.raw.libraw import embedded_preview
from rwdenoise.io.raw.preview import decode_preview
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.cfa import BGGR, LINEAR, MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.color import encode_srgb
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area
from rwdenoise.view.crops import crop_at
from rwdenoise.view.rendering import render, shown_box, shown_size, stored_place, tone_curve_of
from tests.fakes import fake_picture
from tests.photos import flat_photo, raw_photo

ORIENTATIONS = range(1, 9)
SIDE = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}


def smooth_photo(cfa: Cfa, *, size: tuple[int, int]) -> RawPhoto:
    """Return a photo of gentle waves."""
    photo = flat_photo(cfa, level=0.2, size=size)
    y, x = np.indices(size)
    waves = 1 + 0.5 * np.sin(y / 17) * np.cos(x / 23)
    return replace(photo, mosaic=np.rint(photo.mosaic * waves).astype(np.uint16))


@pytest.mark.parametrize("cfa", [RGGB, BGGR, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("area", [Area(300, 301, 60, 71), Area(0, 0, 50, 64), Area(630, 641, 70, 79)])
def test_a_part_is_what_it_is_in_the_whole(cfa: Cfa, area: Area) -> None:
    photo = smooth_photo(cfa, size=(700, 720))
    np.testing.assert_allclose(render(photo, area=area).astype(int), render(photo)[area.slices], atol=1)


def test_what_the_camera_crops_is_not_shown() -> None:
    photo = replace(flat_photo(level=0.3), crop=Area(10, 20, 400, 500))
    assert render(photo).shape == (400, 500, 3)
    assert shown_size(photo) == (500, 400)


@pytest.mark.parametrize("longest", [None, 500, 100])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_upright_at_every_size(orientation: int, longest: int | None) -> None:
    photo = flat_photo(level=0.1, orientation=orientation)
    photo.mosaic[:100, :100] *= 5
    picture = render(photo, longest=longest)
    upright = (600, 640) if orientation < 5 else (640, 600)
    scale = (longest or 640) / 640
    assert picture.shape[:2] == tuple(round(edge * scale) for edge in upright)
    row, column = SIDE[orientation]
    assert picture[row, column].min() > 1.5 * np.median(picture)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_part_lies_where_its_box_says(orientation: int) -> None:
    rng = np.random.default_rng(orientation)
    picture = fake_picture()
    whole = replace(picture, samples=rng.integers(0, 256, (40, 60, 3)).astype(np.uint8), orientation=orientation)
    area = Area(8, 12, 16, 24)
    width, height = shown_size(whole)
    left, top, right, bottom = np.rint(np.array(shown_box(whole, area)) * [width, height, width, height]).astype(int)
    np.testing.assert_array_equal(render(whole)[top:bottom, left:right], render(whole, area=area))


@pytest.mark.parametrize("aspect", [1.0, 2.0, 0.5])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_pixel_that_is_pointed_at_is_found_again(orientation: int, aspect: float) -> None:
    photo = replace(flat_photo(level=0.1, orientation=orientation), crop=Area(3, 5, 590, 620), pixel_aspect=aspect)
    area = Area(102, 206, 64, 64)
    width, height = shown_size(photo)
    left, top, right, bottom = shown_box(photo, area)
    place = stored_place(photo, round((left + right) / 2 * width), round((top + bottom) / 2 * height))
    assert crop_at(photo, *place, size=64).area == area


def test_pixels_that_are_not_square_are_stretched() -> None:
    photo = replace(flat_photo(level=0.3), pixel_aspect=0.5)
    assert render(photo, area=Area(0, 0, 100, 100)).shape[:2] == (200, 100)


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("longest", [None, 90])
def test_a_gray_wall_is_as_bright_as_it_is(cfa: Cfa, longest: int | None) -> None:
    wanted = 255 * float(encode_srgb(np.float32(0.3)))
    assert np.abs(render(flat_photo(cfa, level=0.3), longest=longest)[8:-8, 8:-8] - wanted).max() <= 1.5


def test_linear_photos_are_shown() -> None:
    assert render(raw_photo(LINEAR, size=(90, 120)), longest=60).shape == (45, 60, 3)


def test_developed_pictures_are_shown_as_they_are() -> None:
    picture = fake_picture()
    np.testing.assert_array_equal(render(picture), picture.samples)


def test_before_and_after_have_the_same_curve() -> None:
    noisy, brighter = flat_photo(level=0.2), flat_photo(level=0.4)
    negative = tone_curve_of(noisy)[::-1]
    assert render(brighter, tone_curve=negative).mean() < render(noisy, tone_curve=negative).mean()


@pytest.mark.parametrize("name", ["canon-g2-0304.CRW", "canon-s40-0119.CRW"])
def test_as_bright_as_the_camera_s_own(data, name: str) -> None:
    path = data / "raw" / name
    camera, ours = decode_preview(embedded_preview(path.read_bytes())), render(read_raw(path))
    assert np.quantile(ours, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(camera, [0.1, 0.5, 0.9]), abs=14)
