"""Which reader a file gets."""

from pathlib import Path

import pytest

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError
from rwdenoise.io.read import read_photo
from rwdenoise.io.write import write_photo
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto
from tests.photos import raw_photo
from tests.pictures import pixels, saved, write


def test_raw_that_is_called_tiff_is_raw(tmp_path: Path) -> None:
    write_photo(raw_photo(), tmp_path / "a.tif", provenance=None)
    assert isinstance(read_photo(tmp_path / "a.tif"), RawPhoto)


@pytest.mark.parametrize(("name", "format"), [("a.TIF", "TIFF"), ("a.jpg", "JPEG")])
def test_a_developed_picture_is_one(tmp_path: Path, name: str, format: str) -> None:
    assert isinstance(read_photo(write(tmp_path / name, saved(pixels(), format))), RgbPhoto)


@pytest.mark.parametrize(("content", "error"), [(None, PhotoAccessError), (b"", CorruptPhotoError)])
def test_a_tiff_that_is_missing_or_empty(tmp_path: Path, content: bytes | None, error: type[Exception]) -> None:
    path = tmp_path / "a.tif"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error):
        read_photo(path)
