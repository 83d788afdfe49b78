"""TIFF, JPEG and PNG of photos that were developed here, as other programs read them."""

from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.raw.developed import encode_jpeg, encode_png, encode_tiff

ICC = profile("srgb")


@pytest.fixture
def picture() -> np.ndarray:
    ramp = np.linspace(0, 65535, 61 * 47).reshape(61, 47, 1)
    return np.rint(ramp * np.array([1, 0.7, 0.3])).astype(np.uint16)


def test_tiff(picture: np.ndarray) -> None:
    data = encode_tiff(picture, icc=ICC)
    np.testing.assert_array_equal(tifffile.imread(BytesIO(data)), picture)
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages.first
        assert page.iccprofile == ICC
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.predictor == tifffile.PREDICTOR.HORIZONTAL
        assert page.planarconfig == tifffile.PLANARCONFIG.CONTIG
        assert not page.is_tiled


def test_png(picture: np.ndarray) -> None:
    data = encode_png(picture, icc=ICC)
    np.testing.assert_array_equal(imagecodecs.png_decode(data), picture)
    assert Image.open(BytesIO(data)).info["icc_profile"] == ICC


def test_jpeg(picture: np.ndarray) -> None:
    opened = Image.open(BytesIO(encode_jpeg(picture, icc=ICC)))
    assert opened.info["icc_profile"] == ICC
    assert {layer[1:3] for layer in opened.layer} == {(1, 1)}
    assert np.abs(np.asarray(opened).astype(int) - to_depth(picture, np.uint8)).mean() < 1
    assert len(encode_jpeg(picture, icc=ICC, quality=50)) < len(encode_jpeg(picture, icc=ICC))


def test_a_jpeg_of_pure_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 65536, (200, 300, 3)).astype(np.uint16)
    assert Image.open(BytesIO(encode_jpeg(noise, icc=ICC))).size == (300, 200)
