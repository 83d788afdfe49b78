"""Pillow, imagecodecs and pillow-heif: how large a picture may be, and all their errors in one place."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from rwdenoise.errors import CorruptPhotoError
from rwdenoise.io.source import COPY_AGAIN, MAX_PIXELS, too_large

#: What the libraries raise on damaged files; imagecodecs' own errors are RuntimeErrors.
DECODER_ERRORS: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, RuntimeError, EOFError, LookupError, TypeError, ArithmeticError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)


@contextmanager
def decoding(name: str, kind: str) -> Iterator[None]:
    """Turn what a decoder raises into one of our errors.

    Parameters
    ----------
    name : str
        What to call the file in messages.
    kind : str
        What it is decoded as, such as ``"JPEG"``.

    Raises
    ------
    CorruptPhotoError
        If it cannot be decoded.
    UnsupportedPhotoError
        If there is too little memory for it.
    """
    try:
        yield
    except MemoryError as error:
        raise too_large(name) from error
    except DECODER_ERRORS as error:
        raise cut_off(name, f"it cannot be decoded as {kind} ({error})") from error


def cut_off(name: str, reason: str) -> CorruptPhotoError:
    """Return the error that says: this file is not whole, and why we think so."""
    return CorruptPhotoError(f"{name} is cut off or damaged: {reason}.", hint=COPY_AGAIN)


def refuse_size(height: int, width: int, *, name: str) -> None:
    """Refuse a picture of `height` x `width` px that has no pixels, or more than any memory should hold."""
    if not 0 < height * width <= MAX_PIXELS:
        message = f"{name} states {width} x {height} pixels; the total must be from 1 to {MAX_PIXELS}."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)
