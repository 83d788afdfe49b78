"""Test that any fault of a picture file gives one of our errors."""

from contextlib import suppress
from functools import cache
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.formats import picture_format
from rwdenoise.io.pictures.convert import to_photo
from rwdenoise.io.pictures.heif import read_avif, read_heif
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.jpeg import read_jpeg
from rwdenoise.io.pictures.png import encode_png, profile_chunk, read_png, with_chunks
from rwdenoise.io.pictures.webp import read_webp
from rwdenoise.photo.rgb import Stored
from tests.pictures import pixels, saved

SIZE = (40, 56)
READERS = {
    "jpeg": read_jpeg,
    "progressive": read_jpeg,
    "png": read_png,
    "webp": read_webp,
    "lossless": read_webp,
    "avif": read_avif,
    "heif": read_heif,
}


@cache
def whole(kind: str) -> bytes:
    icc = profile("display-p3")
    if kind == "png":
        return with_chunks(imagecodecs.png_encode(pixels(depth=np.uint16, size=SIZE)), [profile_chunk(icc)])
    if kind == "avif":
        pytest.importorskip("PIL.AvifImagePlugin", reason="AVIF pictures need Pillow 11.3")
        array = pixels(channels=4, depth=np.uint16, size=SIZE) >> 6
        return bytes(imagecodecs.avif_encode(array, bitspersample=10, level=70))
    if kind == "heif":
        pillow_heif = pytest.importorskip("pillow_heif", reason="HEIF pictures need pillow-heif")
        pillow_heif.register_heif_opener()
    more = {"progressive": True} if kind == "progressive" else {"lossless": True} if kind == "lossless" else {}
    format = {"progressive": "JPEG", "lossless": "WEBP"}.get(kind, kind.upper())
    return saved(pixels(size=SIZE), format, icc_profile=icc, **more)


@pytest.mark.parametrize("kind", list(READERS))
@settings(max_examples=150, deadline=None)
@given(draw=st.data())
def test_flipped_bits(kind: str, draw: st.DataObject) -> None:
    data = bytearray(whole(kind))
    # Most fields that can be wrong are at the start of a file.
    anywhere = st.integers(0, len(data) - 1) | st.integers(0, min(700, len(data) - 1))
    for place in draw.draw(st.lists(anywhere, min_size=1, max_size=4)):
        data[place] = draw.draw(st.integers(0, 255))
    with suppress(CorruptPhotoError, UnsupportedPhotoError):
        photo = READERS[kind](bytes(data), name="a")
        assert photo.planes().shape[1:] == photo.samples.shape[:2]


@pytest.mark.parametrize("kind", list(READERS))
@settings(max_examples=30, deadline=None)
@given(share=st.floats(0, 0.999))
def test_cut_files(kind: str, share: float) -> None:
    data = whole(kind)
    cut = data[: int(len(data) * share)]
    with pytest.raises(CorruptPhotoError):
        READERS[kind](cut, name="a")


@given(
    data=st.binary(max_size=80), magic=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftyp"])
)
def test_junk(data: bytes, magic: bytes) -> None:
    for reader in (read_jpeg, read_png, read_webp, read_avif):
        with pytest.raises((CorruptPhotoError, UnsupportedPhotoError)):
            reader(magic + data, name="a")
    with suppress(CorruptPhotoError, UnsupportedPhotoError):
        picture_format(magic + data, Path("a.jpg"))


@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4)),
    depth=st.sampled_from([np.uint8, np.uint16]),
    seed=st.integers(0, 2**16),
)
def test_png_keeps_every_number(shape: tuple[int, int, int], depth: type, seed: int) -> None:
    array = np.random.default_rng(seed).integers(0, np.iinfo(depth).max + 1, shape).astype(depth)
    photo = read_png(encode_png(to_photo(array, Stored("png"))), name="a")
    assert photo.samples.dtype == depth
    whole = photo.samples if photo.extra is None else np.concatenate([photo.samples, photo.extra], axis=2)
    np.testing.assert_array_equal(whole, array)
