"""JPEG: the same tables, subsampling and density come out, and nothing gray of what was cut off."""

import struct
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, SettingsError, UnsupportedPhotoError
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.jpeg import encode_jpeg, read_jpeg
from tests.pictures import changed, opened, pixels, saved

KINDS = {
    "4:4:4": {"quality": 97, "subsampling": 0},
    "4:2:2": {"quality": 83, "subsampling": 1, "dpi": (240, 240)},
    "4:2:0": {"quality": 60, "subsampling": 2, "comment": b"a tree"},
    "progressive": {"quality": 91, "subsampling": 2, "progressive": True},
    "profile": {"quality": 90, "icc_profile": profile("display-p3") + bytes(70_000)},
    "stored as RGB": {"quality": 90, "subsampling": 0, "keep_rgb": True},
    "own tables": {"qtables": [[3] * 64, [7] * 32 + [9] * 32]},
}


@pytest.mark.parametrize("settings", KINDS.values(), ids=list(KINDS))
def test_the_same_compression(settings: dict) -> None:
    before = saved(pixels(), "JPEG", **settings)
    photo = read_jpeg(before, name="a.jpg")
    np.testing.assert_array_equal(photo.samples, np.asarray(opened(before)))
    first, second = opened(before), opened(encode_jpeg(changed(photo)))
    assert second.layer == first.layer
    assert second.quantization == first.quantization
    for key in ("icc_profile", "dpi", "jfif_density", "jfif_unit", "progressive", "comment", "adobe_transform"):
        assert second.info.get(key) == first.info.get(key), key
    np.testing.assert_allclose(np.asarray(second), changed(photo).samples, atol=40)


def test_gray() -> None:
    photo = read_jpeg(saved(pixels(channels=1), "JPEG", quality=95), name="a.jpg")
    assert photo.samples.shape == (75, 101, 1)
    again = opened(encode_jpeg(changed(photo)))
    assert again.mode == "L"


def test_pixels_per_cm() -> None:
    data = bytearray(saved(pixels(), "JPEG", dpi=(300, 300)))
    data[13:18] = struct.pack(">BHH", 2, 118, 120)
    again = encode_jpeg(changed(read_jpeg(bytes(data), name="a.jpg")))
    assert again[13:18] == data[13:18]


def test_a_quality_that_is_asked_for() -> None:
    photo = read_jpeg(saved(pixels(), "JPEG", quality=95, subsampling=2), name="a.jpg")
    again = opened(encode_jpeg(photo, quality=40))
    assert again.quantization == opened(saved(pixels(), "JPEG", quality=40)).quantization
    assert again.layer[0][1:3] == (2, 2)


@pytest.mark.parametrize("progressive", [False, True])
def test_noise_of_the_finest_tables_is_no_reason_to_fail(progressive: bool) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    fine = saved(pixels(size=(200, 300)), "JPEG", qtables=[[1] * 64], subsampling=0, progressive=progressive)
    again = encode_jpeg(read_jpeg(fine, name="a.jpg").with_samples(noise))
    assert np.abs(np.asarray(opened(again)).astype(int) - noise).max() <= 4


def test_odd_subsamplings_keep_all_color() -> None:
    data = bytes(imagecodecs.jpeg8_encode(pixels(), level=90, subsampling="440"))
    again = opened(encode_jpeg(changed(read_jpeg(data, name="a.jpg"))))
    assert {layer[1:3] for layer in again.layer} == {(1, 1)}


def test_cmyk_is_refused() -> None:
    file = BytesIO()
    Image.new("CMYK", (40, 30)).save(file, "JPEG")
    with pytest.raises(UnsupportedPhotoError, match="CMYK"):
        read_jpeg(file.getvalue(), name="a.jpg")


@pytest.mark.parametrize(
    ("marker", "bits", "word"),
    [(0xC3, 8, "lossless"), (0xC9, 8, "arithmetic"), (0xC1, 12, "12 bits"), (0xC5, 8, "hier")],
)
def test_other_codings_are_refused(marker: int, bits: int, word: str) -> None:
    data = bytearray(saved(pixels(), "JPEG"))
    place = data.index(b"\xff\xc0")
    data[place + 1], data[place + 4] = marker, bits
    with pytest.raises(UnsupportedPhotoError, match=word):
        read_jpeg(bytes(data), name="a.jpg")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_off(tenth: int, progressive: bool) -> None:
    data = saved(pixels(size=(300, 400)), "JPEG", progressive=progressive)
    with pytest.raises(CorruptPhotoError, match=r"a\.jpg is cut off"):
        read_jpeg(data[: len(data) * tenth // 10], name="a.jpg")


def test_without_its_last_pixels() -> None:
    data = saved(pixels(), "JPEG")
    with pytest.raises(CorruptPhotoError, match="cut off"):
        read_jpeg(data[:-20], name="a.jpg")


@pytest.mark.parametrize("side", [60_000, 20_000])
def test_a_header_that_lies(side: int) -> None:
    data = bytearray(saved(pixels(), "JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", side, side)
    with pytest.raises(CorruptPhotoError, match=f"{side} x {side}"):
        read_jpeg(bytes(data), name="a.jpg")


def test_broken_metadata_is_none_of_its_business() -> None:
    data = saved(pixels(), "JPEG")
    broken = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
        for marker, content in (
            (0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
            (0xED, b"Photoshop 3.0\x008BIM\x04\x04\xff\xff"),
        )
    )
    photo = read_jpeg(data[:2] + broken + data[2:], name="a.jpg")
    np.testing.assert_array_equal(photo.samples, np.asarray(opened(data)))


def test_too_large_a_picture() -> None:
    photo = read_jpeg(saved(pixels(), "JPEG"), name="a.jpg")
    with pytest.raises(SettingsError, match="65501"):
        encode_jpeg(photo.with_samples(np.zeros((1, 65501, 3), np.uint8)))
