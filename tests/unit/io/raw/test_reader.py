"""What is read from real files and from damaged ones."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.errors import CorruptPhotoError, PhotoError, UnsupportedPhotoError
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng import encode_dng
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.photo.cfa import BGGR, GRBG, RGGB
from rwdenoise.photo.tag import LONG
from rwdenoise.photo.tiling import Area
from tests.photos import PREVIEW, PROVENANCE, raw_photo


def test_canon_g2(data: Path) -> None:
    photo = read_raw(data / "raw" / "canon-g2-0304.CRW")
    assert (photo.make, photo.model, photo.iso) == ("Canon", "Canon PowerShot G2", 50)
    assert photo.mosaic.shape == (1728, 2376)
    assert photo.cfa == RGGB
    assert photo.active == Area(6, 12, 1720, 2312)
    assert photo.crop == Area(8, 20, 1704, 2272)
    np.testing.assert_array_equal(photo.black, np.full((2, 2), 32))
    assert photo.white == 1023
    assert photo.white_balance == pytest.approx((1687 / 1036, 1, 1655 / 1036))
    masked = photo.masked()
    assert masked is not None
    assert np.median(np.abs(masked)) < 0.002


def test_nikon_d1_has_its_white_balance_in_the_pixels(data: Path) -> None:
    photo = read_raw(data / "raw" / "nikon-d1.NEF")
    assert photo.cfa == BGGR
    assert photo.white_balance == (1, 1, 1)
    assert photo.iso == 200


@pytest.mark.parametrize("name", ["kodak-dc120.KDC", "kodak-dc50.KDC"])
def test_kodak_has_a_matrix_and_a_white_balance(data: Path, name: str) -> None:
    photo = read_raw(data / "raw" / name)
    assert photo.cfa == GRBG
    assert photo.white_balance == (1, 1, 1)
    assert photo.color_matrix is not None
    assert np.linalg.cond(photo.color_matrix) < 20
    assert (photo.pixel_aspect > 1) == (name == "kodak-dc120.KDC")


def test_a_dng_speaks_for_itself(data: Path) -> None:
    photo = read_raw(data / "raw" / "canon-kissx4-colorchart.dng")
    assert photo.black.max() == 2056
    assert photo.active == Area(26, 152, 1156, 1734)
    assert photo.white_balance == pytest.approx((2.477, 1, 2.477 / 1.462), rel=1e-3)
    assert photo.color_matrix is not None
    assert photo.color_matrix[0].tolist() == [0.6461, -0.1164, -0.0857]
    assert tags.COLOR_MATRIX_1 in {tag.code for tag in photo.dng_tags}


def test_every_broken_file_gives_one_clear_error(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = sorted((data / "raw" / "broken").iterdir())
    assert len(files) >= 6
    for file in files:
        with pytest.raises(PhotoError) as caught:
            read_raw(file)
        assert file.name in str(caught.value)
        assert "\n" not in str(caught.value)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_gopro_is_named(data: Path) -> None:
    with pytest.raises(UnsupportedPhotoError, match="GoPro"):
        read_raw(data / "raw" / "broken" / "gopro-hero6-unsupported.GPR")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("name", ["canon-g2-0304.CRW", "nikon-d1.NEF", "kodak-dc50.KDC", "canon-kissx4-colorchart.dng"])
def test_files_that_are_cut_off(data: Path, tmp_path: Path, name: str, share: float) -> None:
    whole = (data / "raw" / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CorruptPhotoError, match="cut off"):
        read_raw(path)


def test_the_suffix_does_not_matter(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "photo.txt"
    shutil.copy(data / "raw" / "kodak-dc50.KDC", path)
    assert read_raw(path).model.endswith("DC50 Zoom Camera")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(99), "JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG"),
        (b"just text\n" * 99, "not a camera RAW photo"),
    ],
)
def test_other_kinds_of_files(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "photo.NEF"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match=words):
        read_raw(path)


def dng_with(tmp_path: Path, code: int, value: bytes) -> Path:
    """Return a DNG of ours where the value of a tag of the mosaic, four bytes, is another."""
    encoded = encode_dng(raw_photo(size=(270, 300)), preview=PREVIEW, provenance=PROVENANCE)
    place = encoded.rindex(code.to_bytes(2, "little") + LONG.to_bytes(2, "little") + b"\1\0\0\0")
    path = tmp_path / "photo.dng"
    path.write_bytes(encoded[: place + 8] + value + encoded[place + 12 :])
    return path


@pytest.mark.parametrize("code", [tags.IMAGE_WIDTH, tags.IMAGE_LENGTH])
def test_absurd_dimensions_are_refused(tmp_path: Path, code: int) -> None:
    with pytest.raises(CorruptPhotoError, match="pixels"):
        read_raw(dng_with(tmp_path, code, b"\xff\xff\xff\x7f"))


def test_a_white_level_of_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptPhotoError, match="white level"):
        read_raw(dng_with(tmp_path, tags.WHITE_LEVEL, b"\1\0\0\0"))


def test_a_black_level_that_is_no_number_is_refused(tmp_path: Path) -> None:
    encoded = encode_dng(raw_photo(black=777.0), preview=PREVIEW, provenance=PROVENANCE)
    level = (777).to_bytes(4, "little") + (1).to_bytes(4, "little")
    assert encoded.count(level) == 1
    path = tmp_path / "photo.dng"
    path.write_bytes(encoded.replace(level, bytes(8)))
    with pytest.raises(CorruptPhotoError, match="nan"):
        read_raw(path)
