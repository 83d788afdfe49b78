"""Exchange messages of JSON and raw arrays through a pipe between processes that do not trust each other.

A message consists of the length of its JSON (8 bytes, big-endian), the JSON, and the bytes of the arrays that the JSON
announces. The receiver checks everything: any unexpected value raises one of `NONSENSE`.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO, FileIO
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwdenoise.io.source import MAX_PIXELS

#: A value that is not checked yet.
Unchecked: TypeAlias = Any

#: Errors raised by malformed messages and invalid values.
NONSENSE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)

_Pipe: TypeAlias = FileIO | BytesIO

_LENGTH_BYTES = 8
# Far more profiles, private data and texts than any camera or editor writes into a photo.
_LONGEST_JSON = 2**28
# Three doubles for each pixel of the largest photo.
_MOST_BYTES = MAX_PIXELS * 3 * 8
_TYPES = frozenset({"uint8", "uint16", "uint32", "float16", "float32", "float64"})


class Message(NamedTuple):
    """A message on the pipe."""

    table: Mapping[str, Any]
    arrays: Sequence[NDArray[Any]] = ()


def write_message(pipe: _Pipe, message: Message) -> None:
    """Write a message to an unbuffered pipe.

    In its table, bytes become base64, and arrays and data classes become lists of their values.
    """
    arrays = [np.ascontiguousarray(array, array.dtype.newbyteorder("=")) for array in message.arrays]
    announced = [[array.dtype.name, *array.shape] for array in arrays]
    head = json.dumps({**message.table, "arrays": announced}, default=_plain).encode("ascii")
    _write_all(pipe, memoryview(len(head).to_bytes(_LENGTH_BYTES, "big") + head))
    for array in arrays:
        _write_all(pipe, array.reshape(-1).view(np.uint8).data)


def read_message(pipe: _Pipe) -> Message:
    """Read a message from an unbuffered pipe.

    Raises
    ------
    EOFError
        If the pipe ends.
    NONSENSE
        If the message is malformed.
    """
    head = bytearray(_LENGTH_BYTES)
    _read_all(pipe, memoryview(head))
    head = bytearray(whole(int.from_bytes(head, "big"), 2, _LONGEST_JSON))
    _read_all(pipe, memoryview(head))
    table = json.loads(head)
    arrays = [_announced(*announced) for announced in table.pop("arrays")]
    for array in arrays:
        _read_all(pipe, array.reshape(-1).view(np.uint8).data)
    return Message(table, arrays)


def expect(condition: bool) -> None:
    """Raise ValueError unless the condition holds."""
    if not condition:
        message = "the message is malformed"
        raise ValueError(message)


def one_of(value: Unchecked, known: Collection[Any]) -> Any:  # noqa: ANN401 -- one of `known`
    """Return an integer or string if it is one of the known values."""
    expect(type(value) in (int, str) and value in known)
    return value


def flag(value: Unchecked) -> bool:
    """Return the value if it is true or false."""
    expect(type(value) is bool)
    return bool(value)


def whole(value: Unchecked, low: int, high: int) -> int:
    """Return the value if it is an integer in the range."""
    expect(type(value) is int and low <= value <= high)
    return int(value)


def finite(value: Unchecked) -> float:
    """Return the value if it is a finite number."""
    expect(type(value) in (int, float) and math.isfinite(value))
    return float(value)


def positive(value: Unchecked) -> float:
    """Return the value if it is a finite number above 0."""
    expect(finite(value) > 0)
    return float(value)


def text(value: Unchecked) -> str:
    """Return the value if it is a string that UTF-8 can encode."""
    expect(type(value) is str)
    return str(value.encode("utf-8"), "utf-8")


def unpacked_bytes(value: Unchecked) -> bytes:
    """Decode bytes from a table."""
    return b64decode(value, validate=True)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- what photos hold, and what JSON does
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode("ascii")
    return value.tolist() if isinstance(value, np.ndarray) else [*vars(value).values()]


def _announced(kind: Unchecked, *shape: Unchecked) -> NDArray[Any]:
    """Return an empty array to read into, if a photo may have its type and size."""
    dtype = np.dtype(one_of(kind, _TYPES))
    size = math.prod(whole(side, 1, _MOST_BYTES) for side in shape)
    expect(size * dtype.itemsize <= _MOST_BYTES)
    return np.empty(shape, dtype)


def _write_all(pipe: _Pipe, rest: memoryview) -> None:
    while rest:
        rest = rest[pipe.write(rest) :]


def _read_all(pipe: _Pipe, rest: memoryview) -> None:
    while rest:
        count = pipe.readinto(rest)
        if not count:
            raise EOFError
        rest = rest[count:]
