"""LibRaw's errors, limits and words on the terminal."""

import os
import threading

import numpy as np
import pytest
import rawpy

from rwdenoise.errors import CorruptPhotoError, PhotoError, UnsupportedPhotoError
from rwdenoise.io.raw.dng import encode_bare_dng, encode_dng
from rwdenoise.io.raw.libraw import (
    LIBRAW_ERRORS,
    embedded_preview,
    measured_matrix,
    photo_error,
    refuse_absurd,
    unpacked,
    without_libraw_chatter,
)
from rwdenoise.io.raw.preview import decode_preview
from rwdenoise.photo.color import camera_to_srgb
from tests.photos import MATRIX, PREVIEW, PROVENANCE, raw_photo


def error_classes() -> list[type[Exception]]:
    found = [getattr(rawpy, name) for name in dir(rawpy)]
    return [c for c in found if isinstance(c, type) and issubclass(c, Exception) and c.__module__.startswith("rawpy")]


def test_rawpy_has_error_classes() -> None:
    assert len(error_classes()) >= 19
    assert rawpy.LibRawIOError in error_classes()


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_every_error_class_is_mapped(kind: type[Exception]) -> None:
    assert kind in LIBRAW_ERRORS
    error = photo_error(kind(b"Input/output error"), "a.NEF")
    assert isinstance(error, PhotoError)
    assert str(error).startswith("a.NEF ")
    assert "Input/output error" in str(error)
    assert error.hint.endswith(".")


def test_an_unmapped_subclass_counts_as_its_parent() -> None:
    class NewError(rawpy.LibRawDataError): ...

    assert isinstance(photo_error(NewError("new"), "a.NEF"), CorruptPhotoError)


@pytest.mark.parametrize("data", [b"text", b"II*\0" * 20, bytes(1000)])
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(PhotoError), unpacked(data, name="a.NEF"):
        pass


def test_sizes_are_refused_before_anything_is_decoded() -> None:
    with pytest.raises(CorruptPhotoError, match="65000 x 65000"):
        refuse_absurd(65000, 65000, 2**31, name="a.NEF")
    with pytest.raises(CorruptPhotoError, match="10 bytes cannot hold 100 x 100"):
        refuse_absurd(100, 100, 10, name="a.NEF")
    refuse_absurd(11664, 8750, 10**8, name="the largest sensor")


def test_the_matrix_that_rawpy_hides_is_measured() -> None:
    photo = raw_photo(size=(120, 180), black=0.0, white=16383.0)
    with unpacked(encode_bare_dng(photo), name="a.dng") as raw:
        found = measured_matrix(raw, np.array([[0, 1], [3, 2]], np.uint8))
    np.testing.assert_allclose(camera_to_srgb(found), camera_to_srgb(MATRIX), atol=0.005)


def test_the_embedded_preview_is_found() -> None:
    dng = encode_dng(raw_photo(), preview=PREVIEW, provenance=PROVENANCE)
    found = decode_preview(embedded_preview(dng))
    assert found is not None
    assert found.shape == PREVIEW.shape
    assert np.abs(found.astype(int) - PREVIEW).max() <= 2
    assert embedded_preview(encode_bare_dng(raw_photo())) is None
    assert embedded_preview(b"no photo") is None


def test_libraw_is_silent_and_others_are_heard(capfd: pytest.CaptureFixture[str]) -> None:
    def speak() -> None:
        os.write(2, b"another thread\n")

    with without_libraw_chatter():
        os.write(2, b"unknown file: Unexpected end of file\na.NEF: data corrupted at 1378\nmine\n")
        other = threading.Thread(target=speak)
        other.start()
        other.join()
    assert capfd.readouterr().err == "mine\nanother thread\n"


def test_the_error_stream_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnsupportedPhotoError), without_libraw_chatter():
        raise UnsupportedPhotoError("x", hint="y.")
    os.write(2, b"later\n")
    assert capfd.readouterr().err == "later\n"
