"""The preview: small, not turned, in the colors and with the brightness of the camera."""

import numpy as np
import pytest

from rwdenoise.io.raw.libraw import embedded_preview
from rwdenoise.io.raw.preview import brightness_curve, decode_preview, render_preview
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.color import encode_srgb
from rwdenoise.photo.tiling import Area
from tests.photos import flat_photo, raw_photo


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, X_TRANS.shifted(1, 2), MONOCHROME])
def test_a_gray_wall_is_gray(cfa: Cfa) -> None:
    preview = render_preview(flat_photo(cfa, level=0.2, size=(121, 181), orientation=6))
    assert preview.dtype == np.uint8
    assert preview.shape[0] < preview.shape[1]
    wanted = float(encode_srgb(np.float32(0.2))) * 255
    assert np.abs(preview - wanted).max() <= 1


@pytest.mark.parametrize(("size", "longest"), [((100, 5000), 1250), ((40, 60), 30), ((3, 3), 1), ((30, 3200), 1600)])
def test_at_most_1600_pixels(size: tuple[int, int], longest: int) -> None:
    assert max(render_preview(raw_photo(RGGB, size=size)).shape[:2]) == longest


def test_an_odd_crop_keeps_the_colors() -> None:
    wall = flat_photo(level=0.2, size=(121, 181))
    cropped = raw_photo(size=(121, 181))
    cropped = type(wall)(**{**vars(wall), "crop": Area(3, 5, 101, 151)})
    assert np.ptp(render_preview(cropped).astype(int), axis=2).max() <= 1


def test_the_curve_rises_and_meets_the_model() -> None:
    rng = np.random.default_rng(3)
    picture = rng.uniform(0, 1, (80, 90, 3)).astype(np.float32).mean(axis=2, keepdims=True).repeat(3, axis=2)
    model = np.rint(picture**0.5 * 255).astype(np.uint8)
    matched = np.interp(picture, *brightness_curve(picture, model))
    assert np.abs(matched * 255 - model).mean() < 2
    order = np.argsort(picture.ravel(), kind="stable")
    assert (np.diff(matched.ravel()[order]) >= 0).all()


def test_black_bars_of_the_camera_s_preview_do_not_count() -> None:
    picture = np.linspace(0.2, 0.8, 100, dtype=np.float32)[:, None, None] * np.ones((1, 90, 3), np.float32)
    model = np.zeros((140, 90, 3), np.uint8)
    model[20:120] = np.rint(picture * 255)
    assert np.abs(np.interp(picture, *brightness_curve(picture, model)) - picture).max() < 0.02


def test_a_black_picture_stays_black() -> None:
    black = np.zeros((10, 10, 3), np.float32)
    assert np.interp(black, *brightness_curve(black, np.zeros((10, 10, 3), np.uint8))).max() == 0


@pytest.mark.parametrize("name", ["canon-g2-0304.CRW", "kodak-dc120.KDC"])
def test_as_bright_as_the_camera_s_own(data, name: str) -> None:
    path = data / "raw" / name
    camera, ours = decode_preview(embedded_preview(path.read_bytes())), render_preview(read_raw(path))
    assert camera is not None
    assert np.quantile(ours, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(camera, [0.1, 0.5, 0.9]), abs=12)
    assert ours.shape[1] / ours.shape[0] == pytest.approx(4 / 3, abs=0.04)
