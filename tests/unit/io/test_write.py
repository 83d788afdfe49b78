"""Every photo in every format, whole or not at all; a picture comes back as it was."""

import builtins
import hashlib
import io
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from rwdenoise.errors import OutputExistsError, PhotoAccessError, PhotoWriteError, SettingsError
from rwdenoise.io.formats import PICTURE_OUTPUTS, PICTURE_SUFFIXES, RAW_OUTPUTS
from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.png import profile_chunk, with_chunks
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.read import read_photo, read_picture
from rwdenoise.io.write import encode_picture, write_photo
from tests.photos import PROVENANCE, raw_photo
from tests.pictures import changed, developed, opened, pixels, saved, write

FIRST_BYTES = {"dng": b"II*\0", "tiff": b"II*\0", "jpeg": b"\xff\xd8", "png": b"\x89PNG", "webp": b"RIFF"}


@pytest.mark.parametrize("kind", RAW_OUTPUTS)
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


def test_a_source_that_is_gone_is_needed_only_if_nothing_was_kept_of_it(tmp_path: Path) -> None:
    write_photo(raw_photo(), tmp_path / "source.dng", provenance=PROVENANCE)
    photo = read_raw(tmp_path / "source.dng")
    (tmp_path / "source.dng").unlink()
    with pytest.raises(PhotoAccessError, match=r"source\.dng does not exist"):
        write_photo(replace(photo, origin=None), tmp_path / "out.dng", provenance=PROVENANCE)
    assert list(tmp_path.iterdir()) == []
    for kept in (photo, replace(photo, source=None, origin=None)):
        write_photo(kept, tmp_path / "out.dng", provenance=PROVENANCE, overwrite=True)
        assert read_raw(tmp_path / "out.dng").cfa == photo.cfa


@pytest.mark.parametrize(("name", "kind"), [("a.dng", "dng"), ("a.dng", "tiff"), ("a.jpg", "jpeg"), ("a.jpg", "png")])
def test_a_source_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str) -> None:
    source = tmp_path / name
    write_photo(raw_photo(), source, provenance=None, format="dng" if name == "a.dng" else "jpeg")
    asked = []
    real = open

    def counted(path, *args, **settings):
        asked.append(path)
        return real(path, *args, **settings)

    for module in (io, builtins):
        monkeypatch.setattr(module, "open", counted)
    photo = read_photo(source)
    photo = photo.with_planes(photo.planes() * np.float32(0.5))
    write_photo(photo, tmp_path / "out", provenance=PROVENANCE, format=kind, warn=pytest.fail)
    assert asked.count(source) == 1
    assert photo.origin.digest == hashlib.sha256(source.read_bytes()).hexdigest()


@pytest.mark.parametrize(("kind", "color"), [("gif", "srgb"), ("tiff", "cmyk")])
def test_unknown_words_are_refused(tmp_path: Path, kind: str, color: str) -> None:
    with pytest.raises(SettingsError):
        write_photo(raw_photo(), tmp_path / "photo", provenance=PROVENANCE, format=kind, color=color)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(PhotoWriteError, match="does not exist"):
        write_photo(raw_photo(), tmp_path / "no" / "photo.dng", provenance=PROVENANCE)


@pytest.fixture
def ramp() -> np.ndarray:
    gray = np.linspace(0, 65535, 61 * 47).reshape(61, 47, 1)
    return np.rint(gray * np.array([1, 0.7, 0.3])).astype(np.uint16)


def test_a_developed_tiff(ramp: np.ndarray) -> None:
    data = developed(ramp, "tiff")
    np.testing.assert_array_equal(tifffile.imread(BytesIO(data)), ramp)
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages.first
        assert page.iccprofile == profile("srgb")
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.predictor == tifffile.PREDICTOR.HORIZONTAL
        assert page.planarconfig == tifffile.PLANARCONFIG.CONTIG
        assert not page.is_tiled


def test_a_developed_png(ramp: np.ndarray) -> None:
    data = developed(ramp, "png")
    np.testing.assert_array_equal(imagecodecs.png_decode(data), ramp)
    assert Image.open(BytesIO(data)).info["icc_profile"] == profile("srgb")


def test_a_developed_jpeg(ramp: np.ndarray) -> None:
    opened = Image.open(BytesIO(developed(ramp, "jpeg")))
    assert opened.info["icc_profile"] == profile("srgb")
    assert {layer[1:3] for layer in opened.layer} == {(1, 1)}
    assert np.abs(np.asarray(opened).astype(int) - to_depth(ramp, np.uint8)).mean() < 1
    assert len(developed(ramp, "jpeg", quality=50)) < len(developed(ramp, "jpeg"))


def test_a_jpeg_of_pure_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 65536, (200, 300, 3)).astype(np.uint16)
    assert Image.open(BytesIO(developed(noise, "jpeg"))).size == (300, 200)


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
    @pytest.mark.parametrize("format", PICTURE_OUTPUTS)
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
