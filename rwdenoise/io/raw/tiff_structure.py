"""The directories of a TIFF-like file, read without touching its pixels and without trusting it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from rwdenoise.io.source import FilePart
from rwdenoise.photo.tag import DTYPES, SIZES, SUB_IFDS, Tag

Directory = Mapping[int, Tag]
Bytes = bytes | FilePart

#: TIFF proper, Panasonic RW2, Olympus ORF (two kinds): they differ in this number alone.
_MAGIC = (42, 0x55, 0x4F52, 0x5352)
#: More directories than any camera writes; a file with more is playing games.
_MAX_DIRECTORIES = 64
_ENTRY = 12
_ORDERS = {b"II": "<", b"MM": ">"}


def read_directories(data: Bytes) -> tuple[Directory, ...]:
    """Return all directories of a TIFF-like file: the main chain first, then the SubIFDs.

    Entries that point outside the file are left out. Nothing is raised, whatever the bytes are.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    tuple of mappings from tag number to tag
        Empty where the file is no TIFF.
    """
    order = _ORDERS.get(data[:2])
    if order is None or len(data) < 8 or _whole(data, 2, f"{order}u2") not in _MAGIC:
        return ()
    found: dict[int, Directory] = {}
    waiting = [_whole(data, 4, f"{order}u4")]
    while waiting and len(found) < _MAX_DIRECTORIES:
        offset = waiting.pop(0)
        if offset in found or not 8 <= offset <= len(data) - 2:
            continue
        found[offset] = {tag.code: tag for tag in _entries(data, offset, order)}
        end = offset + 2 + _whole(data, offset, f"{order}u2") * _ENTRY
        waiting += [_whole(data, end, f"{order}u4")] if end + 4 <= len(data) else []
        children = found[offset].get(SUB_IFDS)
        waiting += [] if children is None else [int(value) for value in children.values[:_MAX_DIRECTORIES]]
    return tuple(found.values())


def read_directory(data: bytes, offset: int) -> Directory:
    """Return the one directory at byte `offset` of a TIFF-like file, empty where there is none."""
    if data[:2] not in _ORDERS or not 8 <= offset <= len(data) - 2:
        return {}
    return {tag.code: tag for tag in _entries(data, offset, _ORDERS[data[:2]])}


def _entries(data: Bytes, offset: int, order: str) -> Iterator[Tag]:
    for index in range(_whole(data, offset, f"{order}u2")):
        start = offset + 2 + index * _ENTRY
        if start + _ENTRY > len(data):
            return
        code, kind = (_whole(data, start + shift, f"{order}u2") for shift in (0, 2))
        size = SIZES.get(kind, 0) * _whole(data, start + 4, f"{order}u4")
        place = start + 8 if size <= 4 else _whole(data, start + 8, f"{order}u4")
        if size > 0 and place + size <= len(data):
            stored = np.frombuffer(data[place : place + size], DTYPES[kind].replace("<", order))
            yield Tag(code, kind, stored.astype(DTYPES[kind]).tobytes())


def _whole(data: Bytes, offset: int, form: str) -> int:
    kind = np.dtype(form)
    # Of a file that is cut off at this moment there are no bytes, which is a ValueError.
    return int(np.frombuffer(data[offset : offset + kind.itemsize], kind).item())
