"""Test that a photo written as DNG is read back unchanged, for any sensor and any active area."""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.choices import Settings
from rwdenoise.io.raw.dng import encode_bare_dng, encode_dng
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import BAYER_PHASES, LINEAR, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area
from tests.photos import PREVIEW, PROVENANCE, raw_photo

X_TRANS_PHASES = [X_TRANS.shifted(top, left) for top in range(6) for left in range(6)]
SENSORS = st.one_of(
    st.sampled_from(BAYER_PHASES), st.sampled_from(X_TRANS_PHASES), st.sampled_from([MONOCHROME, LINEAR])
)
HEIGHT, WIDTH = 270, 300


@st.composite
def areas(draw: st.DrawFn, height: int, width: int, least: int = 40) -> Area:
    top = draw(st.integers(0, height - least))
    left = draw(st.integers(0, width - least))
    return Area(top, left, draw(st.integers(least, height - top)), draw(st.integers(least, width - left)))


def round_trip(photo: RawPhoto, encoded: bytes) -> RawPhoto:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "photo.dng")
        path.write_bytes(encoded)
        return read_raw(path)


def sensor_photo(cfa: Cfa, **given) -> RawPhoto:
    """Return a photo with a black level; except linear photos, as viewers ignore the black level of linear DNGs."""
    photo = raw_photo(cfa, **given)
    return dataclasses.replace(photo, black=np.zeros((1, 1, 3), np.float32)) if cfa == LINEAR else photo


def assert_same(photo: RawPhoto, back: RawPhoto) -> None:
    for name in ("mosaic", "black"):
        np.testing.assert_array_equal(getattr(photo, name), getattr(back, name), err_msg=name)
    for name in ("cfa", "white", "active", "crop", "orientation", "make", "model", "iso"):
        assert getattr(photo, name) == getattr(back, name), name
    assert back.white_balance == pytest.approx(photo.white_balance, rel=1e-5)
    if photo.color_matrix is None:
        assert back.color_matrix is None
    else:
        np.testing.assert_allclose(back.color_matrix, photo.color_matrix, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    cfa=SENSORS,
    size=st.tuples(st.integers(40, 600), st.integers(40, 600)),
    orientation=st.integers(1, 8),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_everything_comes_back(
    cfa: Cfa, size: tuple[int, int], orientation: int, seed: int, data: st.DataObject
) -> None:
    active = data.draw(areas(*size))
    crop = data.draw(areas(active.height, active.width, 20))
    photo = sensor_photo(cfa, size=size, active=active, crop=crop, orientation=orientation, seed=seed)
    assert_same(photo, round_trip(photo, encode_dng(photo, preview=PREVIEW, provenance=PROVENANCE)))


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, MONOCHROME, LINEAR])
def test_a_dng_without_preview_comes_back_too(cfa: Cfa) -> None:
    photo = sensor_photo(cfa, size=(HEIGHT, WIDTH), active=Area(7, 13, 251, 281))
    assert_same(photo, round_trip(photo, encode_bare_dng(photo)))


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, MONOCHROME])
def test_changed_planes_are_kept_in_finer_steps(cfa: Cfa) -> None:
    photo = raw_photo(cfa, size=(HEIGHT, WIDTH), active=Area(7, 13, 251, 281))
    wanted = np.clip(photo.planes(), 0, 1) + np.float32(0.2 / 4095)
    back = round_trip(photo, encode_dng(photo.with_planes(wanted), preview=PREVIEW, provenance=PROVENANCE))
    assert back.white > photo.white
    assert np.abs(back.planes() - wanted).max() < 0.06 / 4095 * 1.2


def test_a_copy_of_a_copy_says_the_same(tmp_path: Path) -> None:
    write_photo(raw_photo(), tmp_path / "second.dng", provenance=PROVENANCE)
    second = read_raw(tmp_path / "second.dng")
    assert second.dng_tags
    write_photo(second, tmp_path / "third.dng", provenance=PROVENANCE)
    third = read_raw(tmp_path / "third.dng")
    assert third.dng_tags == second.dng_tags
    assert_same(second, third)


@pytest.mark.parametrize(
    ("strength", "chroma", "left"), [(0.0, None, 1.0), (0.5, None, 0.25), (1.0, None, 0.01), (1.0, 0.5, 0.25)]
)
def test_the_noise_that_is_left_is_stated(strength: float, chroma: float | None, left: float) -> None:
    provenance = dataclasses.replace(PROVENANCE, settings=Settings(strength=strength, chroma=chroma))
    photo = raw_photo()
    back = round_trip(photo, encode_dng(photo, preview=PREVIEW, provenance=provenance))
    assert back.noise is not None
    assert back.noise.shot == pytest.approx(1e-3 * left)
    assert back.noise.read == pytest.approx(1e-5 * left)
