"""Decode RAW files with LibRaw through rawpy; limit sizes, and convert all errors."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import NamedTuple

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, PhotoError, UnsupportedPhotoError
from rwdenoise.io.source import COPY_AGAIN, MAX_PIXELS
from rwdenoise.photo.cfa import BLUE, GREEN, RED, tile_pattern
from rwdenoise.photo.color import SRGB_TO_XYZ, U16_MAX

#: A black frame takes one bit per pixel in lossless JPEG; wavelet codecs need less, but never this little.
_MAX_PIXELS_PER_BYTE = 64

# The stderr of the process, to which LibRaw writes messages about damaged files.
_ERROR_STREAM = 2
# The two messages of LibRaw's default data callback (libraw_datastream.cpp, 0.22).
_CHATTER = re.compile(rb"[^\n]*: (?:Unexpected end of file|data corrupted at -?\d+)\n")
_ONE_AT_A_TIME = threading.Lock()

# Colors of LibRaw's filter numbers for an RGBG sensor; the second green is green.
_COLORS = np.array([RED, GREEN, BLUE, GREEN])
# Far enough from black and white for all matrices.
_GRAY, _MORE = 0.4, 0.1

_CONVERT = "Convert the photo to DNG with the camera maker's program or Adobe DNG Converter, without lossy compression."


class Meaning(NamedTuple):
    """Our error, message and hint for an error of LibRaw."""

    error: type[PhotoError]
    words: str
    hint: str


_DAMAGED = Meaning(CorruptPhotoError, "is damaged: LibRaw cannot decode its pixels", COPY_AGAIN)
CUT_OFF = Meaning(CorruptPhotoError, "is cut off or damaged: it ends before its pixels do", COPY_AGAIN)
UNKNOWN = Meaning(UnsupportedPhotoError, "comes from a camera or has a compression that LibRaw does not know", _CONVERT)
_NO_PIXELS = Meaning(UnsupportedPhotoError, "holds no RAW picture that LibRaw can decode", _CONVERT)
_TOO_BIG = Meaning(
    UnsupportedPhotoError,
    "needs more memory than is available",
    "Close other programs, or use a machine with more memory.",
)

#: All error classes of rawpy; a test checks completeness.
LIBRAW_ERRORS: dict[type[Exception], Meaning] = {
    rawpy.LibRawError: _DAMAGED,
    rawpy.LibRawFatalError: _DAMAGED,
    rawpy.LibRawNonFatalError: _DAMAGED,
    rawpy.LibRawUnspecifiedError: _DAMAGED,
    rawpy.LibRawDataError: _DAMAGED,
    rawpy.LibRawBadCropError: _DAMAGED,
    rawpy.LibRawCancelledByCallbackError: _DAMAGED,
    rawpy.LibRawIOError: CUT_OFF,
    rawpy.LibRawInputClosedError: CUT_OFF,
    rawpy.LibRawFileUnsupportedError: UNKNOWN,
    rawpy.LibRawNotImplementedError: UNKNOWN,
    rawpy.NotSupportedError: UNKNOWN,
    rawpy.LibRawRequestForNonexistentImageError: _NO_PIXELS,
    rawpy.LibRawOutOfOrderCallError: _NO_PIXELS,
    rawpy.LibRawNoThumbnailError: _NO_PIXELS,
    rawpy.LibRawUnsupportedThumbnailError: _NO_PIXELS,
    rawpy.LibRawUnsufficientMemoryError: _TOO_BIG,
    rawpy.LibRawTooBigError: _TOO_BIG,
    rawpy.LibRawMemPoolOverflowError: _TOO_BIG,  # LibRaw converts bad_alloc of C++ to this.
    MemoryError: _TOO_BIG,
    # rawpy raises these for error numbers of the system, and for data that it does not support.
    OSError: CUT_OFF,
    RuntimeError: UNKNOWN,
}


_NO_PREVIEW: tuple[type[Exception], ...] = (*LIBRAW_ERRORS, ValueError, TypeError)


def photo_error(error: Exception, name: str, *, unknown: Meaning = UNKNOWN) -> PhotoError:
    """Convert an error of rawpy to ours, by its nearest known class.

    For files unknown to LibRaw, `unknown` replaces the general meaning, because the caller knows more about the file.
    """
    kind = next(kind for kind in type(error).__mro__ if kind in LIBRAW_ERRORS)
    meaning = LIBRAW_ERRORS[kind] if LIBRAW_ERRORS[kind] is not UNKNOWN else unknown
    said = error.args[0] if error.args else type(error).__name__
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return meaning.error(f"{name} {meaning.words} ({said}).", hint=meaning.hint)


@contextmanager
def unpacked(data: bytes, *, name: str, unknown: Meaning = UNKNOWN) -> Iterator[rawpy.RawPy]:
    """Decode a RAW file in memory, and close it at the end.

    Sizes are checked before LibRaw allocates anything.

    Parameters
    ----------
    data : bytes
        The complete file.
    name : str
        Name of the file in messages.
    unknown : Meaning
        The error for a kind of file unknown to LibRaw.

    Raises
    ------
    CorruptPhotoError, UnsupportedPhotoError
        For all errors of LibRaw.
    """
    raw = rawpy.RawPy()
    try:
        with without_libraw_chatter():
            raw.open_buffer(BytesIO(data))
            refuse_absurd(raw.sizes.raw_height, raw.sizes.raw_width, len(data), name=name)
            raw.unpack()
        yield raw
    except tuple(LIBRAW_ERRORS) as error:
        raise photo_error(error, name, unknown=unknown) from error
    finally:
        raw.close()


def refuse_absurd(height: int, width: int, size: int, *, name: str) -> None:
    """Raise CorruptPhotoError if `height` x `width` px are too many for `size` bytes or for memory."""
    pixels = height * width
    if pixels > MAX_PIXELS:
        message = f"{name} states {width} x {height} pixels; the total must be at most {MAX_PIXELS}."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)
    if pixels > size * _MAX_PIXELS_PER_BYTE:
        message = f"{name} is cut off or damaged: {size} bytes cannot hold {width} x {height} pixels."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)


def measured_matrix(raw: rawpy.RawPy, filters: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Measure the matrix XYZ -> camera, shape (3, 3), that LibRaw uses for the camera. This overwrites the mosaic.

    For a few old cameras (Kodak DC50, DC120), LibRaw has a matrix that rawpy does not expose. The mosaic or stack of
    color planes is therefore filled with gray, plus some red, green and blue in one third each, and developed: the
    differences give the matrix.

    Parameters
    ----------
    raw : rawpy.RawPy
        The unpacked file; it must not be used afterwards.
    filters : ndarray of uint8, shape (rows, columns) or (1, 1, 3)
        LibRaw's number of the filter of each site of one period, starting at the active area; for a stack, the color
        of each plane.
    """
    sizes, black = raw.sizes, max(raw.black_level_per_channel)
    span = int(raw.white_level) - black
    gray, more = round(span * _GRAY), round(span * _MORE)
    thirds = np.arange(sizes.width) * 3 // sizes.width
    if filters.ndim == 3:
        raw.raw_image[..., :3] = black + gray + more * (_COLORS[filters] == thirds[:, np.newaxis])
    else:
        sites = tile_pattern(_COLORS[filters], sizes.height, sizes.width)
        seen = raw.raw_image[sizes.top_margin :, sizes.left_margin :][: sizes.height, : sizes.width]
        seen[:] = black + gray + more * (sites == thirds)
    light = raw.postprocess(
        half_size=True,
        user_wb=[1.0] * 4,
        no_auto_bright=True,
        adjust_maximum_thr=0.0,
        gamma=(1, 1),
        output_bps=16,
        user_flip=0,
    )
    height, width = light.shape[:2]
    centers = light[height // 2, [width // 6, width // 2, width * 5 // 6]].astype(np.float64)
    camera_to_srgb = (centers.T / U16_MAX * span - gray) / more
    return np.asarray(np.linalg.inv(SRGB_TO_XYZ @ camera_to_srgb), np.float64)


def embedded_preview(data: bytes) -> bytes | None:
    """Return the largest embedded preview of a RAW file; None without one.

    Parameters
    ----------
    data : bytes
        The complete file.

    Returns
    -------
    bytes or None
        JPEG or PPM as developed by the camera, without applying the orientation. It may be damaged.
    """
    raw = rawpy.RawPy()
    try:
        with without_libraw_chatter():
            raw.open_buffer(BytesIO(data))
            thumb = raw.extract_thumb()
        if thumb.format is not rawpy.ThumbFormat.BITMAP:
            return bytes(thumb.data)
        file = BytesIO()
        Image.fromarray(np.asarray(thumb.data)).save(file, "PPM")
        return file.getvalue()
    except _NO_PREVIEW:
        # The preview is optional; an unreadable one counts as missing.
        return None
    finally:
        raw.close()


@contextmanager
def without_libraw_chatter() -> Iterator[None]:
    """Remove messages of LibRaw from stderr; pass on all other output afterwards.

    LibRaw writes from C, and rawpy has no option against it: stderr itself is therefore redirected. Output of other
    threads is delayed meanwhile. The messages contain nothing beyond the error codes of LibRaw.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as held:
        try:
            stream = os.dup(_ERROR_STREAM)
        except OSError:  # Without stderr, there is nothing to filter.
            yield
            return
        _flush()
        os.dup2(held.fileno(), _ERROR_STREAM)
        try:
            yield
        finally:
            _flush()
            os.dup2(stream, _ERROR_STREAM)
            os.close(stream)
            held.seek(0)
            _pass_on(_CHATTER.sub(b"", held.read()))


def _pass_on(words: bytes) -> None:
    with suppress(OSError):
        while words:
            words = words[os.write(_ERROR_STREAM, words) :]


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
