"""Running out of memory, of a device or of the computer, whatever the library that noticed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rwdenoise.errors import DeviceMemoryError

COMPUTER = "computer"
# Devices that have no memory of their own.
_SHARING = (COMPUTER, "cpu", "openvino")
# What PyTorch's allocators say when memory ends, what oneDNN says, what C++ says, as in OpenVINO, and last libjpeg and
# libpng by way of imagecodecs: all of them RuntimeErrors.
_OUT_OF_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "could not create a primitive",
    "bad_alloc",
    "bad allocation",
    "failed to allocate",
    # No room for the stack of a thread.
    "resource temporarily unavailable",
    "insufficient memory",
)


@contextlib.contextmanager
def within_memory(device: str = COMPUTER) -> Iterator[None]:
    """Turn what is raised for lack of memory into our error.

    Raises
    ------
    DeviceMemoryError
        If the device runs out of memory.
    """
    try:
        yield
    except MemoryError as error:
        raise _error(device) from error
    except RuntimeError as error:
        if not any(words in str(error).lower() for words in _OUT_OF_MEMORY):
            raise
        raise _error(device) from error


def _error(device: str) -> DeviceMemoryError:
    if device in _SHARING:
        message, hint = "The computer ran out of memory.", "Close other programs, or use one with more memory."
    else:
        message, hint = f"The {device} ran out of memory.", "Close other programs, or use --device cpu."
    return DeviceMemoryError(message, hint=hint)
