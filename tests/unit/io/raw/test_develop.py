"""Developed pictures: bright as they should be, gray where gray, upright, in every color space."""

from io import BytesIO

import numpy as np
import pytest
import rawpy
from PIL import Image, ImageCms

from rwdenoise.errors import SettingsError
from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.pictures.icc import COLOR_SPACES, encoding_table, profile
from rwdenoise.io.raw.develop import develop
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, X_TRANS, Cfa
from tests.photos import flat_photo, raw_photo

LEVEL = 0.3


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, MONOCHROME])
@pytest.mark.parametrize("color", ["srgb", "prophoto"])
def test_a_gray_wall_is_gray_and_as_bright_as_it_is(cfa: Cfa, color: str) -> None:
    picture = develop(flat_photo(cfa, level=LEVEL), color=color).samples
    assert picture.dtype == np.uint16
    assert picture.shape == (600, 640, 3)
    wanted = encoding_table(color)[round(LEVEL * 65535)]
    assert np.abs(picture[20:-20, 20:-20].astype(int) - int(wanted)).max() <= 0.004 * 65535


@pytest.mark.parametrize("size", [(60, 80), (300, 511)])
def test_small_x_trans_photos(size: tuple[int, int]) -> None:
    assert develop(flat_photo(X_TRANS, level=LEVEL, size=size)).samples.shape == (*size, 3)


def test_brightness_does_not_depend_on_the_brightest_pixel() -> None:
    photo = flat_photo(level=LEVEL)
    before = develop(photo).samples
    photo.mosaic[300:304, 300:304] = 15000
    np.testing.assert_array_equal(develop(photo).samples[:100], before[:100])


def test_steps_finer_than_the_camera_s_are_seen() -> None:
    photo = raw_photo(size=(270, 300), black=0.0, white=255.0)
    planes = np.tile(np.linspace(0.2, 0.25, 300, dtype=np.float32), (1, 270, 1))
    assert len(np.unique(develop(photo.with_planes(planes)).samples[100, :, 1])) > 150


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0)), (2, (0, -1))]
)
def test_the_picture_is_upright(orientation: int, corner: tuple[int, int]) -> None:
    photo = flat_photo(level=0.1, orientation=orientation)
    photo.mosaic[:100, :100] *= 5
    picture = develop(photo).samples
    assert picture.shape == ((600, 640, 3) if orientation < 5 else (640, 600, 3))
    y, x = (5 if side == 0 else -5 for side in corner)
    assert picture[y, x].min() > 2 * np.median(picture)


def test_color_spaces_show_the_same_picture(data) -> None:
    photo = read_raw(data / "raw" / "kodak-dc50.KDC")
    srgb = ImageCms.createProfile("sRGB")
    seen = {}
    for name in COLOR_SPACES:
        picture = Image.fromarray(to_depth(develop(photo, color=name).samples, np.uint8))
        own = ImageCms.ImageCmsProfile(BytesIO(profile(name)))
        seen[name] = np.asarray(ImageCms.profileToProfile(picture, own, srgb)).astype(int)
    inside = ((seen["srgb"] > 5) & (seen["srgb"] < 250)).all(axis=2)
    for name in COLOR_SPACES:
        assert np.abs(seen[name] - seen["srgb"])[inside].mean() < 1.0, name


@pytest.mark.parametrize("name", ["canon-kissx4-colorchart.dng", "kodak-dc50.KDC"])
def test_the_same_as_libraw_makes_of_the_source(data, name: str) -> None:
    with rawpy.imread(str(data / "raw" / name)) as raw:
        theirs = raw.postprocess(use_camera_wb=True, no_auto_bright=True, adjust_maximum_thr=0, gamma=(2.4, 12.92))
    ours = to_depth(develop(read_raw(data / "raw" / name)).samples, np.uint8)
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).mean() < 0.6


def test_unknown_color_space() -> None:
    with pytest.raises(SettingsError):
        develop(raw_photo(), color="cmyk")
