"""What a file is, by its suffix and by its first bytes, and what can be made of it."""

from pathlib import Path

import pytest

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.formats import PICTURE_OUTPUTS, PICTURE_SUFFIXES, codec
from rwdenoise.io.read import read_picture
from tests.pictures import pixels, saved, write


def test_every_codec_is_there() -> None:
    assert all(callable(codec("read", name)) for name in PICTURE_SUFFIXES.values())
    assert all(callable(codec("encode", name)) for name in PICTURE_OUTPUTS)


class TestRefusals:
    def test_the_wrong_suffix(self, tmp_path: Path) -> None:
        with pytest.raises(UnsupportedPhotoError, match=r"scan\.png is a JPEG picture, although") as caught:
            read_picture(write(tmp_path / "scan.png", saved(pixels(), "JPEG")))
        assert "scan.jpg" in caught.value.hint

    def test_no_suffix_at_all(self, tmp_path: Path) -> None:
        assert read_picture(write(tmp_path / "scan", saved(pixels(), "JPEG"))).stored.format == "jpeg"

    @pytest.mark.parametrize("format", ["GIF", "BMP", "JPEG2000"])
    def test_other_pictures(self, tmp_path: Path, format: str) -> None:
        with pytest.raises(UnsupportedPhotoError, match=r"is a (GIF|BMP|JPEG 2000) picture"):
            read_picture(write(tmp_path / "a.png", saved(pixels(), format)))

    @pytest.mark.parametrize("content", [b"\0" * 100, b"hello", b"\xff\xd8", b"\0\0\0\x18ftypisom"])
    def test_no_pictures(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(CorruptPhotoError, match="not a picture"):
            read_picture(write(tmp_path / "a.jpg", content))

    def test_every_suffix_is_known(self) -> None:
        known = {".tif", ".tiff", ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".heic", ".heif", ".hif", ".avif"}
        assert set(PICTURE_SUFFIXES) == known
