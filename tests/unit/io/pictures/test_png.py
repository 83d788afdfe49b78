"""PNG: 8 and 16 bits, alpha, and the chunks that say what the numbers mean."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.png import Chunk, encode_png, profile_chunk, read_png, with_chunks
from tests.pictures import changed, opened, pixels, saved

PHYS = Chunk(b"pHYs", struct.pack(">IIB", 11811, 11000, 1))
KEPT = [
    Chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)),
    Chunk(b"gAMA", struct.pack(">I", 45455)),
    Chunk(b"cICP", bytes([1, 13, 0, 1])),
    PHYS,
    Chunk(b"tEXt", b"Author\0somebody"),
]


def chunks_of(data: bytes) -> list[Chunk]:
    found, place = [], 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        found.append(Chunk(data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def made(header: bytes, *chunks: Chunk) -> bytes:
    """Return a PNG of exactly these chunks."""
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header
    start += struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return with_chunks(start, [*chunks, Chunk(b"IEND", b"")])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_every_pixel_comes_back(channels: int, depth: type) -> None:
    array = pixels(channels=channels, depth=depth)
    photo = read_png(imagecodecs.png_encode(array), name="a.png")
    assert photo.samples.dtype == depth
    assert photo.samples.shape[2] == (1 if channels < 3 else 3)
    assert (photo.extra is not None) == (channels in (2, 4))
    again = imagecodecs.png_decode(encode_png(photo))
    np.testing.assert_array_equal(again.reshape(array.shape), array)


def test_16_bit_rgb_stays_16_bit() -> None:
    array = pixels(depth=np.uint16)
    data = bytes(imagecodecs.png_encode(array))
    assert np.asarray(opened(data)).dtype == np.uint8  # Pillow does not, and does not say so.
    np.testing.assert_array_equal(read_png(data, name="a.png").samples, array)


def test_interlaced() -> None:
    # Adam7 of 2 x 2 px has three passes with one or two pixels: (0, 0), then (0, 1), then row 1.
    passes = b"\0\x0a" + b"\0\x14" + b"\0\x1e\x28"
    data = made(struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 1), Chunk(b"IDAT", zlib.compress(passes)))
    assert read_png(data, name="a.png").samples[..., 0].tolist() == [[10, 20], [30, 40]]


def test_color_and_density_go_along() -> None:
    icc = profile("prophoto")
    data = with_chunks(imagecodecs.png_encode(pixels(depth=np.uint16)), [profile_chunk(icc), *KEPT])
    photo = read_png(data, name="a.png")
    assert photo.stored.icc == icc
    again = chunks_of(encode_png(changed(photo)))
    assert [chunk for chunk in again if chunk.kind not in (b"IHDR", b"IDAT", b"IEND")] == [profile_chunk(icc), *KEPT]


def test_what_exiv2_writes_is_left_to_it() -> None:
    xmp = Chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")
    data = with_chunks(imagecodecs.png_encode(pixels()), [xmp, Chunk(b"eXIf", b"II*\0"), PHYS])
    assert read_png(data, name="a.png").stored.details["chunks"] == (PHYS,)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.new("1", (9, 9)), "a 1-bit scan"),
        (Image.new("P", (9, 9)), "a picture with 1 indexed colors"),
        (Image.fromarray(pixels()).quantize(16), "a picture with 16 indexed colors"),
    ],
)
def test_scans_and_palettes_are_refused(image: Image.Image, words: str, tmp_path) -> None:
    image.save(tmp_path / "a.png")
    with pytest.raises(UnsupportedPhotoError, match=words):
        read_png((tmp_path / "a.png").read_bytes(), name="a.png")


def test_few_bits_are_refused() -> None:
    for bits in (2, 4):
        data = made(struct.pack(">IIBBBBB", 2, 1, bits, 0, 0, 0, 0), Chunk(b"IDAT", zlib.compress(b"\0\0")))
        with pytest.raises(UnsupportedPhotoError, match=f"a {bits}-bit scan"):
            read_png(data, name="a.png")


@pytest.mark.parametrize(("kind", "words"), [(b"acTL", "an animation"), (b"tRNS", "one transparent color")])
def test_animations_and_color_keys_are_refused(kind: bytes, words: str) -> None:
    data = with_chunks(imagecodecs.png_encode(pixels()), [Chunk(kind, bytes(8))])
    with pytest.raises(UnsupportedPhotoError, match=words):
        read_png(data, name="a.png")


@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_off(tenth: int) -> None:
    data = imagecodecs.png_encode(pixels(depth=np.uint16))
    with pytest.raises(CorruptPhotoError, match=r"a\.png is cut off"):
        read_png(data[: len(data) * tenth // 10], name="a.png")


def test_every_checksum_counts() -> None:
    data = bytearray(with_chunks(imagecodecs.png_encode(pixels()), [PHYS]))
    for place in (20, 45, len(data) // 2):
        damaged = data.copy()
        damaged[place] ^= 1
        with pytest.raises(CorruptPhotoError, match="checksum"):
            read_png(bytes(damaged), name="a.png")


@pytest.mark.parametrize("side", [0, 20_000, 60_000])
def test_a_header_that_lies(side: int) -> None:
    data = made(struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), Chunk(b"IDAT", zlib.compress(bytes(3000))))
    with pytest.raises(CorruptPhotoError, match=f"{side} x {side}"):
        read_png(data, name="a.png")


def test_one_color_is_no_lie() -> None:
    photo = read_png(saved(np.full((3000, 3000, 3), 7, np.uint8), "PNG"), name="a.png")
    assert (photo.samples == 7).all()
