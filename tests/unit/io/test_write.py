"""`write_photo`: every format, whole or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from rwdenoise.errors import OutputExistsError, PhotoAccessError, PhotoWriteError, SettingsError
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.write import FORMATS, write_photo
from tests.photos import PROVENANCE, raw_photo

FIRST_BYTES = {"dng": b"II*\0", "tiff": b"II*\0", "jpeg": b"\xff\xd8", "png": b"\x89PNG"}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "photo"
    write_photo(raw_photo(), target, provenance=PROVENANCE, format=kind, warn=pytest.fail)
    assert target.read_bytes().startswith(FIRST_BYTES[kind])
    assert b"cfa-test 1.0" in target.read_bytes()


def test_the_source_is_never_the_target(tmp_path: Path) -> None:
    target = tmp_path / "photo.dng"
    write_photo(raw_photo(), target, provenance=PROVENANCE)
    photo, before = read_raw(target), target.read_bytes()
    with pytest.raises(OutputExistsError):
        write_photo(photo, target, provenance=PROVENANCE)
    assert target.read_bytes() == before


def test_a_source_that_is_gone_is_told_and_none_is_needed(tmp_path: Path) -> None:
    write_photo(raw_photo(), tmp_path / "source.dng", provenance=PROVENANCE)
    photo = read_raw(tmp_path / "source.dng")
    (tmp_path / "source.dng").unlink()
    with pytest.raises(PhotoAccessError, match=r"source\.dng does not exist"):
        write_photo(photo, tmp_path / "out.dng", provenance=PROVENANCE)
    assert list(tmp_path.iterdir()) == []
    write_photo(replace(photo, source=None), tmp_path / "out.dng", provenance=PROVENANCE)
    assert read_raw(tmp_path / "out.dng").cfa == photo.cfa


@pytest.mark.parametrize(("kind", "color"), [("gif", "srgb"), ("tiff", "cmyk")])
def test_unknown_words_are_refused(tmp_path: Path, kind: str, color: str) -> None:
    with pytest.raises(SettingsError):
        write_photo(raw_photo(), tmp_path / "photo", provenance=PROVENANCE, format=kind, color=color)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(PhotoWriteError, match="does not exist"):
        write_photo(raw_photo(), tmp_path / "no" / "photo.dng", provenance=PROVENANCE)
