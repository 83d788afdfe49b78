"""RAW without mosaic: what linear files say, whatever the type of their samples, and what is written of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import rawpy
import tifffile

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.develop import develop
from rwdenoise.io.raw.dng import encode_dng
from rwdenoise.io.raw.preview import render_preview
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.cfa import LINEAR
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tag import BYTE, DOUBLE, LONG, RATIONAL, SHORT, SRATIONAL
from rwdenoise.photo.tiling import Area
from tests.photos import GAINS, MATRIX, PREVIEW, PROVENANCE, raw_photo

SIZE = (70, 90)
LINEAR_FILES = ["PGTM2_float16", "PGTM2_float32", "PGTM2_unsigned16", "PGTM2_unsigned8", "hdr_sdr_profiles"]


def linear_dng(path: Path, pixels: np.ndarray, *more: tuple, **settings: object) -> Path:
    """Write a linear DNG as other programs do, with the tags `more`."""
    ratios = [int(part) for value in MATRIX.ravel() for part in (round(value * 10000), 10000)]
    neutral = [int(part) for gain in GAINS for part in (1000, round(1000 * gain))]
    stated = [
        (tags.DNG_VERSION, BYTE, 4, (1, 4, 0, 0), True),
        (tags.COLOR_MATRIX_1, SRATIONAL, 9, ratios, True),
        (tags.CALIBRATION_ILLUMINANT_1, SHORT, 1, 21, True),
        (tags.AS_SHOT_NEUTRAL, RATIONAL, 3, neutral, True),
    ]
    with tifffile.TiffWriter(path) as file:
        file.write(pixels, photometric="linear_raw", extratags=[*stated, *more], metadata=None, **settings)
    return path


def ramp(*, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    height, width = SIZE
    rising = np.linspace(low, high, height * width * 3).reshape(width, height, 3).transpose(1, 0, 2)
    return np.ascontiguousarray(rising)


@pytest.mark.parametrize("name", LINEAR_FILES)
def test_linear_dngs(data: Path, name: str) -> None:
    photo = read_raw(data / "raw" / "linear" / f"{name}.dng")
    assert photo.cfa == LINEAR
    assert photo.mosaic.dtype == np.uint16
    assert photo.mosaic.shape == (*photo.mosaic.shape[:2], 3)
    assert photo.frame == photo.crop
    assert photo.white == 65535
    assert photo.black.tolist() == [[[0, 0, 0]]]
    assert photo.color_matrix is not None
    assert photo.color_matrix.diagonal().tolist() == [1.037, 1, 1.212]
    assert tags.COLOR_MATRIX_1 in {tag.code for tag in photo.dng_tags}
    assert photo.masked() is None


def test_floats_keep_more_than_the_14_bits_of_libraw(data: Path) -> None:
    path = data / "raw" / "linear" / "hdr_sdr_profiles.dng"
    photo = read_raw(path)
    stored = tifffile.imread(path)
    assert np.abs(photo.linear_planes().transpose(1, 2, 0) - stored.clip(0, 1)).max() <= 0.51 / 65535


def test_a_stack_of_a_camera_without_matrix(data: Path) -> None:
    photo = read_raw(data / "raw" / "kodak-c330.raw")
    assert photo.cfa == LINEAR
    assert photo.mosaic.shape == (912, 1216, 3)
    assert photo.active == Area(0, 0, 912, 1216)
    assert photo.white_balance == (1, 1, 1)
    # LibRaw takes its colors as those of sRGB.
    assert photo.color_matrix is not None
    assert photo.color_matrix[0] == pytest.approx([3.2405, -1.5371, -0.4985], abs=1e-3)
    assert photo.planes().shape == (3, 912, 1216)


@pytest.mark.parametrize("name", [f"linear/{name}.dng" for name in LINEAR_FILES] + ["kodak-c330.raw"])
def test_the_planes_are_what_libraw_develops(data: Path, name: str) -> None:
    photo = read_raw(data / "raw" / name)
    picture = develop(photo).samples.astype(np.float64) / 65535
    planes = photo.planes().transpose(1, 2, 0)
    assert np.abs(picture - planes.clip(0, 1)).mean() < 0.1 / 255
    preview = render_preview(photo)
    assert preview.shape == planes.shape
    assert np.abs(preview / 255 - planes.clip(0, 1)).mean() < 0.6 / 255


@pytest.mark.parametrize("name", [f"linear/{name}.dng" for name in LINEAR_FILES] + ["kodak-c330.raw"])
def test_the_copy_of_a_real_photo_says_the_same(data: Path, tmp_path: Path, name: str) -> None:
    photo = read_raw(data / "raw" / name)
    path = tmp_path / "copy.dng"
    path.write_bytes(encode_dng(photo, preview=PREVIEW, provenance=PROVENANCE))
    back = read_raw(path)
    np.testing.assert_array_equal(back.mosaic, photo.mosaic)
    assert (back.cfa, back.white, back.crop) == (photo.cfa, photo.white, photo.crop)
    assert back.white_balance == pytest.approx(photo.white_balance)
    np.testing.assert_allclose(back.planes(), photo.planes(), atol=1e-4)


@pytest.mark.parametrize(
    ("type_", "settings"),
    [
        (np.float32, {}),
        (np.float32, {"compression": "zlib", "predictor": 3, "tile": (32, 32)}),
        (np.float16, {}),
        (np.float16, {"compression": "zlib", "predictor": 3}),
    ],
)
def test_floats(tmp_path: Path, type_: type, settings: dict) -> None:
    pixels = ramp().astype(type_)
    photo = read_raw(linear_dng(tmp_path / "float.dng", pixels, **settings))
    assert photo.white == 65535
    assert np.abs(photo.mosaic - pixels.astype(np.float64) * 65535).max() < 0.51


def test_floats_below_black_are_kept_and_those_above_white_cut_off(tmp_path: Path) -> None:
    pixels = ramp(low=-0.02, high=1.3).astype(np.float32)
    pixels[0, 0] = np.nan
    photo = read_raw(linear_dng(tmp_path / "float.dng", pixels))
    wanted = np.nan_to_num(pixels).clip(None, 1).transpose(2, 0, 1)
    np.testing.assert_allclose(photo.linear_planes(), wanted, atol=0.6 / 65535)
    assert photo.black.ravel().tolist() == [round(65535 * -wanted.min())] * 3


@pytest.mark.parametrize(("type_", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_whole_numbers_keep_their_values(tmp_path: Path, type_: type, white: int) -> None:
    pixels = np.rint(ramp() * white).astype(type_)
    photo = read_raw(linear_dng(tmp_path / "whole.dng", pixels))
    assert photo.white == white
    np.testing.assert_array_equal(photo.mosaic, pixels)
    assert photo.white_balance == pytest.approx(GAINS, rel=1e-3)


def test_a_linearization_table_is_applied_once(tmp_path: Path) -> None:
    table = (np.arange(256) ** 2).astype(np.uint16)
    pixels = np.rint(ramp() * 255).astype(np.uint8)
    more = ((50712, SHORT, 256, table.tolist(), True), (tags.WHITE_LEVEL, LONG, 3, (65025,) * 3, True))
    path = linear_dng(tmp_path / "table.dng", pixels, *more)
    photo = read_raw(path)
    np.testing.assert_array_equal(photo.mosaic, table[pixels])
    copy = tmp_path / "copy.dng"
    copy.write_bytes(encode_dng(photo, preview=PREVIEW, provenance=None))
    np.testing.assert_array_equal(read_raw(copy).mosaic, photo.mosaic)


def test_black_of_each_color_and_the_noise_are_those_that_the_file_states(tmp_path: Path) -> None:
    black = (256, 1, 257, 1, 517, 2)
    more = (
        (tags.BLACK_LEVEL, RATIONAL, 3, black, True),
        (tags.WHITE_LEVEL, LONG, 3, (4000,) * 3, True),
        (tags.NOISE_PROFILE, DOUBLE, 6, (1e-3, 1e-6, 2e-3, 2e-6, 3e-3, 3e-6), True),
    )
    photo = read_raw(linear_dng(tmp_path / "levels.dng", np.rint(ramp() * 4095).astype(np.uint16), *more))
    assert photo.black.tolist() == [[[256, 257, 258.5]]]
    assert photo.white == 4000
    assert photo.noise is not None
    assert photo.noise.shot == 2e-3


def test_colors_that_saturate_at_different_levels_get_the_same(tmp_path: Path) -> None:
    white = np.array([4000, 3000, 2000])
    more = ((tags.WHITE_LEVEL, LONG, 3, white.tolist(), True),)
    pixels = np.rint(ramp() * 2000).astype(np.uint16)
    photo = read_raw(linear_dng(tmp_path / "levels.dng", pixels, *more))
    np.testing.assert_allclose(photo.linear_planes().transpose(1, 2, 0), pixels / white, atol=0.6 / 65535)


def test_white_below_black_is_refused(tmp_path: Path) -> None:
    more = ((tags.WHITE_LEVEL, LONG, 3, (0, 0, 0), True),)
    with pytest.raises(CorruptPhotoError, match="white"):
        read_raw(linear_dng(tmp_path / "levels.dng", ramp().astype(np.float32), *more))


def test_floats_that_are_cut_off(tmp_path: Path) -> None:
    path = linear_dng(tmp_path / "float.dng", ramp().astype(np.float32))
    path.write_bytes(path.read_bytes()[:-20000])
    with pytest.raises(CorruptPhotoError, match="cut off"):
        read_raw(path)


def test_damaged_floats(tmp_path: Path) -> None:
    path = linear_dng(tmp_path / "float.dng", ramp().astype(np.float32), compression="zlib", predictor=3)
    encoded = bytearray(path.read_bytes())
    encoded[-5000:-4000] = bytes(1000)
    path.write_bytes(encoded)
    with pytest.raises(CorruptPhotoError, match=r"float\.dng"):
        read_raw(path)


def test_other_numbers_of_colors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "four.dng"
    with tifffile.TiffWriter(path) as file:
        version = (tags.DNG_VERSION, BYTE, 4, (1, 4, 0, 0), True)
        pixels = np.zeros((*SIZE, 4), np.uint16)
        file.write(pixels, photometric="linear_raw", extratags=[version], metadata=None, planarconfig="contig")
    with pytest.raises(UnsupportedPhotoError, match="4 samples"):
        read_raw(path)


def test_foveon_is_named(tmp_path: Path) -> None:
    path = tmp_path / "photo.X3F"
    path.write_bytes(b"FOVb" + bytes(999))
    with pytest.raises(UnsupportedPhotoError, match="Foveon"):
        read_raw(path)


@pytest.mark.parametrize("levels", [(256, 256, 256), (256, 257, 258.5)])
def test_black_is_subtracted_because_no_viewer_does_so(tmp_path: Path, levels: tuple[float, ...]) -> None:
    photo = dataclasses.replace(linear_photo(), black=np.array([[levels]], np.float32))
    path = tmp_path / "photo.dng"
    path.write_bytes(encode_dng(photo, preview=PREVIEW, provenance=None))
    with rawpy.imread(str(path)) as raw:
        assert raw.raw_type is rawpy.RawType.Stack
        assert raw.black_level_per_channel == [0, 0, 0, 0]
        assert raw.white_level == 4095 - 256
        assert raw.sizes.flip == 6
    written = read_raw(path).linear_planes()
    exact = 1e-6 if levels[2] == 256 else 0.51 / (4095 - 256)
    np.testing.assert_allclose(written, photo.linear_planes().clip(0, None), atol=exact)


def test_levels_and_colors_come_out_right_in_libraw() -> None:
    photo = linear_photo()
    picture = develop(photo).samples / 65535
    planes = np.rot90(photo.planes().transpose(1, 2, 0), -1)
    # LibRaw cuts off what is too dark or too bright before the matrix.
    light = np.rot90(photo.linear_planes().transpose(1, 2, 0), -1) * photo.white_balance
    inside = ((light > 0) & (light < 1)).all(axis=2) & (planes > 0).all(axis=2) & (planes < 1).all(axis=2)
    assert inside.mean() > 0.05
    assert np.abs(picture - planes)[inside].mean() < 0.1 / 255


def linear_photo() -> RawPhoto:
    return raw_photo(LINEAR, size=(60, 90), active=Area(0, 0, 60, 90), orientation=6)
