"""HEIF and AVIF are read: as they are shown, and with all their bits."""

import sys
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.pictures.heif import read_avif, read_heif
from rwdenoise.io.pictures.icc import profile
from tests.pictures import pixels, saved

SIZE = (48, 64)
HEIF = "HEIF pictures need pillow-heif"
AVIF = "AVIF pictures need Pillow 11.3"


def heif(array: np.ndarray, mode: str, **settings) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif", reason=HEIF)
    height, width = array.shape[:2]
    file = BytesIO()
    pillow_heif.from_bytes(mode, (width, height), array.tobytes()).save(file, quality=95, **settings)
    return file.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = 6
    return exif


def test_heif_of_8_bits() -> None:
    icc = profile("display-p3")
    photo = read_heif(heif(pixels(size=SIZE), "RGB", icc_profile=icc), name="a.heic")
    assert photo.samples.dtype == np.uint8
    assert photo.stored.icc == icc
    assert photo.extra is None
    assert np.abs(photo.samples.astype(int) - pixels(size=SIZE)).mean() < 3


def test_heif_of_10_bits_reaches_white() -> None:
    array = np.zeros((*SIZE, 3), np.uint16)
    array[:, 32:] = 65535
    photo = read_heif(heif(array, "RGB;16"), name="a.heic")
    assert photo.samples.dtype == np.uint16
    assert (photo.samples[:, 40:] > 65000).all()
    assert photo.samples.max() == 65535


def test_heif_alpha() -> None:
    photo = read_heif(heif(pixels(channels=4, size=SIZE), "RGBA"), name="a.heic")
    assert photo.extra is not None
    assert photo.extra.shape == (*SIZE, 1)


def test_heif_is_turned_already() -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason=HEIF)
    data = BytesIO()
    picture = pillow_heif.from_pillow(Image.fromarray(pixels(size=SIZE)))
    picture.save(data, quality=95, exif=turned().tobytes())
    photo = read_heif(data.getvalue(), name="a.heic")
    assert photo.orientation == 1
    assert photo.samples.shape == (64, 48, 3)
    upright = np.rot90(pixels(size=SIZE), -1)
    assert np.abs(photo.samples.astype(int) - upright).mean() < 3


def test_without_pillow_heif(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedPhotoError, match="pillow-heif is not installed") as caught:
        read_heif(b"", name="a.heic")
    assert "pip install pillow-heif" in caught.value.hint


@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_off_heif(tenth: int) -> None:
    data = heif(pixels(size=SIZE), "RGB")
    with pytest.raises(CorruptPhotoError, match=r"a\.heic is cut off"):
        read_heif(data[: len(data) * tenth // 10], name="a.heic")


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_avif_of_every_depth(bits: int) -> None:
    pytest.importorskip("PIL.AvifImagePlugin", reason=AVIF)
    array = np.zeros((*SIZE, 3), np.uint8 if bits == 8 else np.uint16)
    array[:, 32:] = 2**bits - 1
    array[:, 16:32] = 2 ** (bits - 1)
    data = bytes(imagecodecs.avif_encode(array, level=100, bitspersample=bits))
    photo = read_avif(data, name="a.avif")
    assert photo.samples.dtype == array.dtype
    white = np.iinfo(array.dtype).max
    assert photo.samples[0, 40, 0] == white
    assert abs(photo.samples[0, 20, 0] / white - 0.5) < 0.01


def test_avif_says_how_it_is_turned() -> None:
    pytest.importorskip("PIL.AvifImagePlugin", reason=AVIF)
    data = saved(pixels(size=SIZE), "AVIF", exif=turned().tobytes(), quality=95, icc_profile=profile("srgb"))
    photo = read_avif(data, name="a.avif")
    assert photo.orientation == 6
    assert photo.samples.shape == (*SIZE, 3)
    assert photo.stored.icc == profile("srgb")


def test_avif_animations_are_refused() -> None:
    pytest.importorskip("PIL.AvifImagePlugin", reason=AVIF)
    more = [Image.fromarray(pixels(size=SIZE)[::-1])]
    data = saved(pixels(size=SIZE), "AVIF", save_all=True, append_images=more)
    with pytest.raises(UnsupportedPhotoError, match="animation"):
        read_avif(data, name="a.avif")


@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_off_avif(tenth: int) -> None:
    pytest.importorskip("PIL.AvifImagePlugin", reason=AVIF)
    data = saved(pixels(size=SIZE), "AVIF")
    with pytest.raises(CorruptPhotoError, match=r"a\.avif is cut off"):
        read_avif(data[: len(data) * tenth // 10], name="a.avif")
