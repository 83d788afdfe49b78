"""Limits and errors of the decoders Pillow, imagecodecs and pillow-heif."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from rwdenoise.errors import CorruptPhotoError
from rwdenoise.io.source import COPY_AGAIN, MAX_PIXELS, too_large

#: Errors of the libraries on damaged files; those of imagecodecs are RuntimeErrors.
DECODER_ERRORS: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, RuntimeError, EOFError, LookupError, TypeError, ArithmeticError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)


@contextmanager
def decoding(name: str, kind: str) -> Iterator[None]:
    """Convert errors of a decoder to ours.

    Parameters
    ----------
    name : str
        Name of the file in messages.
    kind : str
        Format for messages, such as ``"JPEG"``.

    Raises
    ------
    CorruptPhotoError
        If the file cannot be decoded.
    UnsupportedPhotoError
        If memory is insufficient.
    """
    try:
        yield
    except MemoryError as error:
        raise too_large(name) from error
    except DECODER_ERRORS as error:
        raise cut_off(name, f"it cannot be decoded as {kind} ({error})") from error


def cut_off(name: str, reason: str) -> CorruptPhotoError:
    """Return the error for an incomplete or damaged file, with the reason."""
    return CorruptPhotoError(f"{name} is cut off or damaged: {reason}.", hint=COPY_AGAIN)


def refuse_size(height: int, width: int, *, name: str) -> None:
    """Raise CorruptPhotoError for a picture of `height` x `width` px without pixels or with too many."""
    if not 0 < height * width <= MAX_PIXELS:
        message = f"{name} states {width} x {height} pixels; the total must be from 1 to {MAX_PIXELS}."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)
