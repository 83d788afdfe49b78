"""Test that TIFFs of every layout are read correctly and written back unchanged; damaged ones give only our errors."""

from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.tiff import encode_tiff, read_tiff
from rwdenoise.photo.rgb import RgbPhoto
from tests.profiles import LINEAR_CURVE, rgb_profile

TYPES = ["uint8", "uint16", "uint32", "float16", "float32", "float64"]
PREDICTED = ["lzw", "zlib", "deflate", "zstd", "lzma"]
PROFILES = {"none": None, "prophoto": profile("prophoto"), "linear": rgb_profile(LINEAR_CURVE)}


def pixels_of(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).uniform(0, 1, shape)
    return (values * np.iinfo(dtype).max if dtype.startswith("u") else values).astype(dtype)


@st.composite
def tiffs(draw: Any) -> tuple[bytes, np.ndarray]:
    """Return a TIFF and its pixels, shape (H, W, C)."""
    colors, kinds = draw(st.sampled_from([1, 3])), draw(st.sampled_from([(), (1,), (2,), (0, 2)]))
    count = colors + len(kinds)
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    pixels = pixels_of((height, width, count), draw(st.sampled_from(TYPES)), draw(st.integers(0, 99)))
    compression = draw(st.sampled_from(["none", "packbits", *PREDICTED]))
    separate = count > 1 and draw(st.booleans())
    file = BytesIO()
    tifffile.imwrite(
        file,
        np.moveaxis(pixels, 2, 0) if separate else pixels.reshape(*pixels.shape[: 2 + (count > 1)]),
        photometric="rgb" if colors == 3 else "minisblack",
        planarconfig=None if count == 1 else "separate" if separate else "contig",
        extrasamples=kinds or None,
        compression=compression,
        predictor=compression in PREDICTED and draw(st.booleans()),
        **draw(st.sampled_from([{"tile": (16, 32)}, {"rowsperstrip": 7}, {}])),
        byteorder=draw(st.sampled_from("<>")),
        bigtiff=draw(st.booleans()),
        iccprofile=PROFILES[draw(st.sampled_from(list(PROFILES)))],
        resolution=((draw(st.integers(1, 2**32 - 1)), draw(st.integers(1, 9999))), (300, 1)),
        resolutionunit=draw(st.integers(1, 3)),
        extratags=[(274, 3, 1, draw(st.integers(1, 8)), True)],
        metadata=None,
    )
    return file.getvalue(), pixels


def whole(photo: RgbPhoto) -> np.ndarray:
    return photo.samples if photo.extra is None else np.dstack([photo.samples, photo.extra])


@settings(max_examples=300, deadline=None)
@given(tiffs())
def test_an_unchanged_photo_is_stored_as_it_was(made: tuple[bytes, np.ndarray]) -> None:
    data, pixels = made
    photo = read_tiff(data, name="a.tif")
    assert photo.samples.dtype == pixels.dtype
    assert photo.samples.dtype.isnative
    np.testing.assert_array_equal(whole(photo), pixels)
    again = read_tiff(encode_tiff(photo.with_planes(photo.planes())), name="a.tif")
    np.testing.assert_array_equal(whole(again), pixels)
    assert (again.samples.shape, again.samples.dtype) == (photo.samples.shape, photo.samples.dtype)
    assert (again.stored, again.orientation) == (photo.stored, photo.orientation)


@pytest.mark.parametrize("icc", PROFILES.values(), ids=PROFILES.keys())
@pytest.mark.parametrize("dtype", TYPES)
def test_changed_planes_come_back_within_half_a_step(dtype: str, icc: bytes | None) -> None:
    file = BytesIO()
    pixels = pixels_of((20, 30, 4), dtype, 7)
    tifffile.imwrite(file, pixels, photometric="rgb", extrasamples=(2,), iccprofile=icc, metadata=None)
    photo = read_tiff(file.getvalue(), name="a.tif")
    wanted = photo.planes() * np.float32(0.5) + np.float32(0.25) * photo.planes().mean(axis=0)
    again = read_tiff(encode_tiff(photo.with_planes(wanted)), name="a.tif")
    meant = photo.encoding.from_display(wanted.transpose(1, 2, 0)).astype(np.float64)
    if dtype.startswith("u"):
        most = np.iinfo(dtype).max
        stored, meant, half = again.samples / most, meant.clip(0, 1), 0.5 / most
    else:
        stored, half = again.samples.astype(np.float64), np.finfo(dtype).eps / 2
    # The planes are float32, which is less precise than some types.
    assert np.abs(stored - meant).max() <= half + 2e-6
    np.testing.assert_array_equal(again.extra, pixels[..., 3:])


def jpeg_tiff() -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, pixels_of((40, 33, 3), "uint8", 1), photometric="ycbcr", compression="jpeg", metadata=None)
    return file.getvalue()


JPEG = jpeg_tiff()


@settings(max_examples=500, deadline=None)
@given(
    data=st.one_of(tiffs().map(lambda made: made[0]), st.just(JPEG)),
    flips=st.lists(st.tuples(st.integers(0, 2**16), st.booleans(), st.integers(0, 255)), max_size=4),
    end=st.one_of(st.none(), st.integers(0, 2**12)),
)
def test_damaged_files_give_our_errors_only(data: bytes, flips: list[tuple[int, bool, int]], end: int | None) -> None:
    damaged = bytearray(data)
    for place, in_header, value in flips:
        damaged[place % min(len(data), 400 if in_header else len(data))] = value
    with suppress(CorruptPhotoError, UnsupportedPhotoError):
        photo = read_tiff(bytes(damaged[:end]), name="a.tif")
        assert photo.planes().shape == (3, *photo.samples.shape[:2])
        encode_tiff(photo)


@settings(max_examples=300)
@given(st.one_of(st.binary(), st.binary().map(lambda rest: b"II*\0\x08\0\0\0" + rest)))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((CorruptPhotoError, UnsupportedPhotoError)):
        read_tiff(data, name="a.tif")
