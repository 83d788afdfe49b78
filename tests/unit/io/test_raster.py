"""Every developed picture comes back as it was, or as the format that is asked for."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, SettingsError, UnsupportedPhotoError
from rwdenoise.io.formats import PICTURE_SUFFIXES
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.png import profile_chunk, with_chunks
from rwdenoise.io.raster import PICTURE_FORMATS, encode_picture, read_picture
from tests.pictures import changed, opened, pixels, saved, write


def tiff(path: Path, array: np.ndarray, **settings) -> Path:
    tifffile.imwrite(path, array, photometric="rgb", metadata=None, **settings)
    return path


FILES = {
    "gray.jpg": lambda: saved(pixels(channels=1), "JPEG"),
    "rgb.JPEG": lambda: saved(pixels(), "JPEG", quality=70, subsampling=2),
    "gray-16.png": lambda: bytes(imagecodecs.png_encode(pixels(channels=1, depth=np.uint16))),
    "rgba.png": lambda: saved(pixels(channels=4), "PNG"),
    "rgb-16.png": lambda: bytes(imagecodecs.png_encode(pixels(depth=np.uint16))),
    "lossless.webp": lambda: saved(pixels(channels=4), "WEBP", lossless=True, exact=True),
    "lossy.webp": lambda: saved(pixels(channels=4), "WEBP", quality=60),
}


@pytest.mark.parametrize("name", list(FILES))
def test_an_identity_pass_is_exact(tmp_path: Path, name: str) -> None:
    photo = read_picture(write(tmp_path / name, FILES[name]()))
    same = photo.with_planes(photo.planes())
    again = read_picture(write(tmp_path / f"again-{name}", encode_picture(same)))
    np.testing.assert_array_equal(again.samples, photo.samples)
    np.testing.assert_array_equal(again.extra, photo.extra)
    assert again.samples.dtype == photo.samples.dtype
    assert again.stored == photo.stored


def test_an_identity_pass_of_tiff_is_exact(tmp_path: Path) -> None:
    photo = read_picture(tiff(tmp_path / "a.tif", pixels(channels=4, depth=np.uint16), iccprofile=profile("prophoto")))
    again = read_picture(write(tmp_path / "b.tif", encode_picture(photo)))
    np.testing.assert_array_equal(again.samples, photo.samples)
    np.testing.assert_array_equal(again.extra, photo.extra)
    assert again.stored == photo.stored


def test_a_changed_jpeg_is_encoded_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", saved(pixels(), "JPEG"))
    photo = read_picture(path)
    assert encode_picture(photo) == path.read_bytes()
    assert encode_picture(photo, quality=30) != path.read_bytes()
    assert encode_picture(changed(photo)) != path.read_bytes()
    path.unlink()
    assert np.abs(np.asarray(opened(encode_picture(photo))).astype(int) - photo.samples).max() < 5


def test_what_is_known_of_a_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.update({0x010F: "Maker", 0x0110: "Model 1", 0x0112: 6})
    exif.get_ifd(0x8769)[0x8827] = 800
    photo = read_picture(write(tmp_path / "a.jpg", saved(pixels(), "JPEG", exif=exif)))
    assert (photo.make, photo.model, photo.iso) == ("Maker", "Model 1", 800)
    assert photo.orientation == 6
    assert photo.source == tmp_path / "a.jpg"
    assert photo.samples.shape == (75, 101, 3)  # Not turned.


class TestConversion:
    @pytest.mark.parametrize("format", PICTURE_FORMATS)
    def test_16_bits_and_alpha(self, tmp_path: Path, format: str) -> None:
        array = pixels(channels=4, depth=np.uint16)
        icc = profile("display-p3")
        source = "b.png" if format == "tiff" else "b.tif"
        if format == "tiff":
            write(tmp_path / source, with_chunks(imagecodecs.png_encode(array), [profile_chunk(icc)]))
        else:
            tiff(tmp_path / source, array, iccprofile=icc, extrasamples=["unassalpha"], resolution=(240, 120))
        data = encode_picture(read_picture(tmp_path / source), format=format)
        suffix = next(suffix for suffix, kind in PICTURE_SUFFIXES.items() if kind == format)
        again = read_picture(write(tmp_path / f"out{suffix}", data))
        deep = format in ("tiff", "png")
        assert again.samples.dtype == (np.uint16 if deep else np.uint8)
        expected = array[..., :3] if deep else (array[..., :3] + np.uint32(128)) // 257
        assert np.abs(again.samples.astype(int) - expected).mean() <= (0 if deep else 2)
        assert again.stored.icc == icc
        assert (again.extra is None) == (format == "jpeg")
        if format == "jpeg":
            assert opened(data).info["dpi"] == (240, 120)
        if format == "tiff":
            assert again.stored.details["extrasamples"] == (2,)

    def test_floats_without_a_profile_become_srgb(self, tmp_path: Path) -> None:
        light = np.full((8, 9, 3), 0.2140411, np.float32)  # Linear light of sRGB 0.5.
        light[0, 0] = [-1, 2, 0]
        photo = read_picture(tiff(tmp_path / "a.tif", light))
        again = read_picture(write(tmp_path / "a.png", encode_picture(photo, format="png")))
        assert again.samples.dtype == np.uint16
        assert np.abs(again.samples[4, 4].astype(int) - 32768).max() < 20
        assert again.samples[0, 0].tolist() == [0, 65535, 0]
        assert again.stored.icc == profile("srgb")

    def test_gray_becomes_rgb_in_webp(self, tmp_path: Path) -> None:
        photo = read_picture(write(tmp_path / "a.png", saved(pixels(channels=1), "PNG")))
        assert opened(encode_picture(photo, format="webp")).mode == "RGB"

    def test_masks_are_no_alpha(self, tmp_path: Path) -> None:
        photo = read_picture(tiff(tmp_path / "a.tif", pixels(channels=4), extrasamples=["unspecified"]))
        assert opened(encode_picture(photo, format="png")).mode == "RGB"

    def test_premultiplied_alpha_fits_only_into_tiff(self, tmp_path: Path) -> None:
        photo = read_picture(tiff(tmp_path / "a.tif", pixels(channels=4), extrasamples=["assocalpha"]))
        with pytest.raises(SettingsError, match="multiplied"):
            encode_picture(photo, format="png")
        assert opened(encode_picture(photo, format="jpeg")).mode == "RGB"

    @pytest.mark.parametrize(("format", "quality"), [("heif", None), ("gif", None), ("jpeg", 0), ("webp", 101)])
    def test_what_cannot_be_written(self, tmp_path: Path, format: str, quality: int | None) -> None:
        photo = read_picture(write(tmp_path / "a.png", saved(pixels(), "PNG")))
        with pytest.raises(SettingsError):
            encode_picture(photo, format=format, quality=quality)

    def test_an_avif_is_written_as_something_else(self, tmp_path: Path) -> None:
        pytest.importorskip("PIL.AvifImagePlugin", reason="AVIF pictures need Pillow 11.3")
        photo = read_picture(write(tmp_path / "a.avif", saved(pixels(), "AVIF")))
        with pytest.raises(SettingsError, match="AVIF") as caught:
            encode_picture(photo)
        assert "--format" in caught.value.hint
        again = read_picture(write(tmp_path / "a.png", encode_picture(photo, format="png")))
        np.testing.assert_array_equal(again.samples, photo.samples)


class TestRefusals:
    def test_the_wrong_suffix(self, tmp_path: Path) -> None:
        with pytest.raises(UnsupportedPhotoError, match=r"scan\.png is a JPEG picture, whatever") as caught:
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
        with pytest.raises(CorruptPhotoError, match="no picture"):
            read_picture(write(tmp_path / "a.jpg", content))

    def test_every_suffix_is_known(self) -> None:
        known = {".tif", ".tiff", ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".heic", ".heif", ".hif", ".avif"}
        assert set(PICTURE_SUFFIXES) == known
