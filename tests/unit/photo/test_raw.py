"""A photo shows itself as planes and is rebuilt from them."""

import dataclasses

import numpy as np
import pytest

from rwdenoise.errors import SettingsError
from rwdenoise.photo.cfa import BAYER_PHASES, LINEAR, MONOCHROME, RGGB, X_TRANS
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area
from rwdenoise.simulation.raw_photo import BORDER, simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.photos import raw_photo


def photo(cfa=RGGB, *, white: float = 4095, black: float = 128) -> RawPhoto:
    rng = np.random.default_rng(1)
    return RawPhoto(
        mosaic=rng.integers(100, int(white) + 1, (41, 53)).astype(np.uint16),
        cfa=cfa,
        black=np.full(cfa.period, black, np.float32) + np.arange(cfa.period[1], dtype=np.float32),
        white=white,
        active=Area(3, 5, 35, 45),
        crop=Area(0, 0, 35, 45),
        white_balance=(2.0, 1.0, 1.5),
        color_matrix=np.eye(3),
    )


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, MONOCHROME])
def test_planes_are_normalized_by_site_and_not_clipped(cfa) -> None:
    raw = photo(cfa)
    planes = raw.planes()
    assert planes.shape == (1, 35, 45)
    assert planes.dtype == np.float32
    black = 128 + 2 % cfa.period[1]
    assert planes[0, 4, 2] == pytest.approx((int(raw.mosaic[7, 7]) - black) / (4095 - black), abs=1e-6)
    assert planes.min() < 0


def test_unchanged_planes_give_the_very_photo_back() -> None:
    raw = photo()
    assert raw.with_planes(raw.planes()) is raw


@pytest.mark.parametrize(("white", "scale"), [(1023, 16), (4095, 16), (16383, 4), (15360, 4), (65535, 1)])
def test_levels_are_scaled_as_far_as_16_bits_allow(white: float, scale: int) -> None:
    raw = photo(white=white, black=32)
    wanted = raw.planes() * np.float32(0.7)
    rebuilt = raw.with_planes(wanted)
    assert rebuilt.white == white * scale
    np.testing.assert_array_equal(rebuilt.black, raw.black * scale)
    np.testing.assert_allclose(rebuilt.planes(), wanted, atol=0.6 / (white * scale))
    border = np.ones(raw.mosaic.shape, bool)
    border[raw.active.slices] = False
    np.testing.assert_array_equal(rebuilt.mosaic[border], raw.mosaic[border].astype(int) * scale)
    assert raw.mosaic.max() <= white, "the source is not touched"


def test_what_is_too_bright_or_too_dark_is_cut_at_the_file_s_range_only() -> None:
    raw = photo(white=16383, black=1024)
    rebuilt = raw.with_planes(np.full_like(raw.planes(), 1.2))
    assert rebuilt.mosaic[raw.active.slices].max() == 65535
    below = raw.with_planes(np.full_like(raw.planes(), -0.02))
    np.testing.assert_allclose(below.planes(), -0.02, atol=1e-4)


def test_optical_black_tells_the_read_noise() -> None:
    scene = draw_scene(128, 192, rng=np.random.default_rng(1))
    noisy, _ = simulate_raw(scene, cfa=RGGB, iso=25600, rng=np.random.default_rng(1))
    masked = noisy.masked()
    assert masked is not None
    assert masked.std() == pytest.approx(profile_at(25600).read ** 0.5, rel=0.05)


def test_borders_that_are_not_black_are_not_taken_for_it() -> None:
    scene = draw_scene(128, 192, rng=np.random.default_rng(1))
    noisy, _ = simulate_raw(scene, cfa=RGGB, iso=25600, rng=np.random.default_rng(1))
    for value in (0, 9000):
        mosaic = noisy.mosaic.copy()
        mosaic[:, : BORDER[1]] = value
        mosaic[: BORDER[0]] = value
        assert dataclasses.replace(noisy, mosaic=mosaic).masked() is None
    assert photo().masked() is None, "too few pixels"


def linear_photo(**changes) -> RawPhoto:
    return dataclasses.replace(raw_photo(LINEAR, size=(41, 53), active=Area(3, 5, 35, 45), black=300), **changes)


def test_a_linear_photo_shows_gray_as_gray_and_white_as_white() -> None:
    photo = linear_photo()
    gains = np.array(photo.white_balance)
    for level, shown in ((1.0, 1.0), (0.214041, 0.5), (-0.01, -0.09985)):
        photo.mosaic[:] = np.rint(photo.black + level / gains * (photo.white - photo.black))
        np.testing.assert_allclose(photo.planes(), shown, atol=2e-3)
    assert photo.planes().dtype == np.float32
    assert photo.linear_planes()[:, 0, 0] == pytest.approx(-0.01 / gains, abs=2e-4)


def test_a_linear_photo_takes_changes_back_where_they_are() -> None:
    photo = linear_photo()
    wanted = photo.planes()
    wanted[:, 10:20] = wanted[:, 10:20] * np.float32(0.9) + np.float32(0.05)
    rebuilt = photo.with_planes(wanted)
    assert rebuilt.white == photo.white * 16
    unchanged = np.ones(photo.mosaic.shape, bool)
    unchanged[13:23, 5:50] = False
    np.testing.assert_array_equal(rebuilt.mosaic[unchanged], photo.mosaic[unchanged].astype(int) * 16)
    # What would have to be stored below 0 or above 65535 is cut off.
    inside = ((rebuilt.mosaic > 0) & (rebuilt.mosaic < 65535)).all(axis=2)[photo.active.slices]
    assert inside[10:20].mean() > 0.5
    np.testing.assert_allclose(rebuilt.planes()[:, inside], wanted[:, inside], atol=2e-3)
    np.testing.assert_allclose(rebuilt.linear_planes()[:, 10:20], rebuilt.linear_planes(Area(10, 0, 10, 45)))


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME, LINEAR])
def test_parts_are_the_same_as_the_whole(cfa) -> None:
    photo = linear_photo() if cfa == LINEAR else raw_photo(cfa, size=(41, 53), active=Area(3, 5, 35, 45))
    part = Area(7, 4, 12, 21)
    rows, columns = part.slices
    assert photo.frame == Area(0, 0, 35, 45)
    np.testing.assert_array_equal(photo.planes(part), photo.planes()[:, rows, columns])
    changed = photo.planes() + np.float32(0.01)
    samples = photo.samples_of(changed)
    np.testing.assert_array_equal(photo.samples_of(changed[:, rows, columns], part), samples[part.slices])
    np.testing.assert_array_equal(photo.with_samples(samples).mosaic, photo.with_planes(changed).mosaic)


def test_unchanged_planes_give_the_very_linear_photo_back() -> None:
    photo = linear_photo()
    assert photo.with_planes(photo.planes()) is photo
    assert photo.masked() is None


def test_a_linear_photo_without_matrix_cannot_be_shown() -> None:
    with pytest.raises(SettingsError, match="matrix"):
        linear_photo(color_matrix=None).planes()
