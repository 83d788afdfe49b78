"""Running out of a device's memory, whatever the library that noticed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from rwdenoise.errors import DeviceMemoryError

# What PyTorch's allocators say when memory ends, what oneDNN says, and last what C++ says, as in OpenVINO; on CPUs
# these are plain RuntimeErrors.
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
)


@contextlib.contextmanager
def within_memory(device: str) -> Iterator[None]:
    """Turn what is raised for lack of memory into our error.

    Raises
    ------
    DeviceMemoryError
        If the device runs out of memory.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _error(device) from error
    except RuntimeError as error:
        if not any(words in str(error).lower() for words in _OUT_OF_MEMORY):
            raise
        raise _error(device) from error


def _error(device: str) -> DeviceMemoryError:
    return DeviceMemoryError(f"The {device} ran out of memory.", hint="Close other programs, or use --device cpu.")
