"""A photo shows itself as planes and is rebuilt from them."""

import dataclasses

import numpy as np
import pytest

from rwdenoise.cfa import BAYER_PHASES, MONOCHROME, RGGB, X_TRANS
from rwdenoise.photo import Area, RawPhoto
from rwdenoise.scene import draw_scene
from rwdenoise.simulated import BORDER, profile_at, simulate_raw


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
