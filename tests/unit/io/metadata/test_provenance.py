"""A result says itself what it was made from, whatever its format."""

from dataclasses import replace
from pathlib import Path

import pytest

from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.read import read_picture
from rwdenoise.io.write import write_photo, write_picture
from tests.photos import PROVENANCE, raw_photo
from tests.pictures import pixels, saved, write

DIGEST, KEY = "0123456789abcdef" * 4, "fedcba9876543210" * 2
MADE = replace(PROVENANCE, source_digest=DIGEST, method_key=KEY)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """Return a result that says what it was made from."""
    write_photo(raw_photo(), tmp_path / "result.dng", provenance=MADE, warn=pytest.fail)
    return tmp_path / "result.dng"


@pytest.mark.parametrize("format", ["dng", "tiff", "jpeg", "png"])
def test_results_of_raw_photos(tmp_path: Path, format: str) -> None:
    write_photo(raw_photo(), tmp_path / "result", provenance=MADE, format=format, warn=pytest.fail)
    assert made_from(tmp_path / "result") == (DIGEST, KEY)


@pytest.mark.parametrize("format", ["tiff", "jpeg", "png", "webp"])
def test_results_of_pictures(tmp_path: Path, format: str) -> None:
    photo = read_picture(write(tmp_path / "a.png", saved(pixels(), "PNG")))
    write_picture(photo, tmp_path / "result", provenance=MADE, format=format, warn=pytest.fail)
    assert made_from(tmp_path / "result") == (DIGEST, KEY)


@pytest.mark.parametrize("format", ["png", "jpeg", "tiff"])
def test_a_result_of_a_result_tells_of_itself_only(tmp_path: Path, format: str) -> None:
    first = write(tmp_path / "a", saved(pixels(), format.upper()))
    for name, provenance in (("b", MADE), ("c", replace(MADE, source_digest="f" * 64, noise=None)), ("d", None)):
        write_picture(read_picture(first), tmp_path / name, provenance=provenance, warn=pytest.fail)
        first = tmp_path / name
    assert [made_from(tmp_path / name) for name in ("b", "c", "d")] == [(DIGEST, KEY), ("f" * 64, KEY), None]
    told = b"<rwd:Shot>", b"rwd:Shot="
    assert [any(words in (tmp_path / name).read_bytes() for words in told) for name in ("b", "c", "d")] == [
        True,
        False,
        False,
    ]


def test_photos_of_others_say_nothing(tmp_path: Path) -> None:
    assert made_from(write(tmp_path / "a.jpg", saved(pixels(), "JPEG"))) is None
    write_photo(raw_photo(), tmp_path / "a.dng", provenance=PROVENANCE, warn=pytest.fail)
    assert made_from(tmp_path / "a.dng") is None


@pytest.mark.parametrize("content", [b"", b"no photo", b"II*\0\x08\0\0\0\xff\xff", b"\xff\xd8\xff\xe1\xff\xff"])
def test_what_is_no_photo_says_nothing(tmp_path: Path, content: bytes) -> None:
    assert made_from(write(tmp_path / "a", content)) is None


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert made_from(tmp_path / "missing.dng") is None
    assert made_from(tmp_path) is None


def test_a_result_that_is_cut_off_says_all_or_nothing(result: Path) -> None:
    whole = result.read_bytes()
    for end in range(0, len(whole), len(whole) // 50):
        result.write_bytes(whole[:end])
        assert made_from(result) in (None, (DIGEST, KEY))
