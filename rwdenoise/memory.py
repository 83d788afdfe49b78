"""Recognize out-of-memory errors of all libraries, for a device or the computer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rwdenoise.errors import DeviceMemoryError

COMPUTER = "computer"
# Devices without memory of their own.
_SHARING = (COMPUTER, "cpu", "openvino")
# Messages of the RuntimeErrors that mean out of memory: from the allocators of PyTorch, from oneDNN, from C++ (as in
# OpenVINO), and from libjpeg and libpng through imagecodecs.
_OUT_OF_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "could not create a primitive",
    "bad_alloc",
    "bad allocation",
    "failed to allocate",
    # No memory for the stack of a thread.
    "resource temporarily unavailable",
    "insufficient memory",
)


@contextlib.contextmanager
def within_memory(device: str = COMPUTER) -> Iterator[None]:
    """Turn the out-of-memory errors of all libraries into `DeviceMemoryError`.

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
        message, hint = "The computer ran out of memory.", "Close other programs, or use a computer with more memory."
    else:
        message, hint = f"The device {device} ran out of memory.", "Close other programs, or use --device cpu."
    return DeviceMemoryError(message, hint=hint)
