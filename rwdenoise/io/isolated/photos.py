"""Convert photos to messages and back, for an untrusted child process that reads photos."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rwdenoise.io.formats import FORMATS
from rwdenoise.io.isolated.wire import (
    Message,
    Unchecked,
    expect,
    finite,
    flag,
    one_of,
    positive,
    text,
    unpacked_bytes,
    whole,
)
from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.io.pictures.png import Chunk
from rwdenoise.io.pictures.tiff import LOSSLESS
from rwdenoise.io.raw.dng_tags import is_inside
from rwdenoise.io.source import MAX_PIXELS
from rwdenoise.photo.cfa import CLEAR, LINEAR, MONOCHROME, RED, Cfa
from rwdenoise.photo.color import U16_MAX
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.origin import Entry, Metadata, Origin
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto, Stored
from rwdenoise.photo.tag import SIZES, Tag
from rwdenoise.photo.tiling import Area

_PERIODS = {"Bayer": (2, 2), "X-Trans": (6, 6)}
_U32_MAX = 2**32 - 1
_TABLE_SIZE = 64


def pack(photo: Photo) -> Message:
    """Convert a photo, without its source, to a message."""
    kind, names = ("raw", ("mosaic", "black")) if isinstance(photo, RawPhoto) else ("picture", ("samples", "extra"))
    arrays = [array for name in names if (array := getattr(photo, name)) is not None]
    table = {name: value for name, value in vars(photo).items() if name not in {*names, "source", "encoding"}}
    return Message({"kind": kind, **table}, arrays)


def unpack(message: Message) -> Photo:
    """Convert a message to a photo, and check all its values.

    Raises
    ------
    NONSENSE
        If no reader returns such a photo.
    """
    kinds: dict[str, Callable[[Message], Photo]] = {"raw": _raw_photo, "picture": _picture}
    return kinds[message.table["kind"]](message)


def _raw_photo(message: Message) -> RawPhoto:
    table, (mosaic, black) = message
    cfa = _cfa(*table["cfa"])
    expect(mosaic.dtype == np.uint16 and mosaic.ndim == 2 + (cfa == LINEAR) and mosaic.shape[2:] in ((), (3,)))
    expect(black.dtype == np.float32 and black.shape == ((1, 1, 3) if cfa == LINEAR else cfa.period))
    white = finite(table["white"])
    expect(bool(np.isfinite(black).all()) and white > black.max())
    active = _area(table["active"], Area(0, 0, *mosaic.shape[:2]))
    red, green, blue = (positive(gain) for gain in table["white_balance"])
    return RawPhoto(
        mosaic=mosaic,
        cfa=cfa,
        black=black,
        white=white,
        active=active,
        crop=_area(table["crop"], Area(0, 0, active.height, active.width)),
        white_balance=(red, green, blue),
        color_matrix=_matrix(table["color_matrix"], needed=cfa != MONOCHROME),
        noise=None if table["noise"] is None else NoiseProfile(*(finite(value) for value in table["noise"])),
        pixel_aspect=positive(table["pixel_aspect"]),
        dng_tags=tuple(_tag(*tag) for tag in table["dng_tags"]),
        **_common(table),
    )


def _picture(message: Message) -> RgbPhoto:
    table, (samples, *others) = message
    extra = others[0] if others else None
    expect(samples.ndim == 3 and samples.shape[2] in (1, 3) and len(others) < 2)
    expect(extra is None or (extra.ndim == 3 and extra.shape[:2] == samples.shape[:2] and extra.dtype == samples.dtype))
    format, stored_icc, stored_details = table["stored"]
    icc = None if stored_icc is None else unpacked_bytes(stored_icc)
    details = {key: _DETAILS[key](value) for key, value in stored_details.items()}
    return RgbPhoto(
        samples=samples,
        extra=extra,
        encoding=encoding_of(icc, gray=samples.shape[2] == 1, floating=samples.dtype.kind == "f"),
        stored=Stored(one_of(format, FORMATS), icc, details),
        **_common(table),
    )


def _common(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "orientation": whole(table["orientation"], 1, 8),
        "make": text(table["make"]),
        "model": text(table["model"]),
        "iso": None if table["iso"] is None else positive(table["iso"]),
        "origin": None if table["origin"] is None else _origin(*table["origin"]),
    }


def _origin(digest: Unchecked, metadata: Unchecked, rendering: Unchecked, checksum: Unchecked) -> Origin:
    exif, xmp, iptc, has_thumbnail, problem = metadata
    expect(re.fullmatch("[0-9a-f]{64}", digest) is not None and text(problem).isprintable())
    return Origin(
        digest,
        Metadata(_entries(exif), text(xmp), _entries(iptc), flag(has_thumbnail), problem),
        None if rendering is None else unpacked_bytes(rendering),
        None if checksum is None else whole(checksum, 0, _U32_MAX),
    )


def _entries(entries: Iterable[Any]) -> tuple[Entry, ...]:
    return tuple(
        Entry(text(key), whole(kind, 0, _U32_MAX), unpacked_bytes(data), unpacked_bytes(area))
        for key, kind, data, area in entries
    )


def _cfa(name: str, colors: Sequence[Sequence[int]]) -> Cfa:
    cfa = Cfa(name, tuple(tuple(whole(color, RED, CLEAR) for color in row) for row in colors))
    if cfa not in (MONOCHROME, LINEAR):
        expect(cfa.period == _PERIODS[name] and len({*map(len, colors)}) == 1)
        expect(not any(CLEAR in row for row in cfa.colors))
    return cfa


def _area(edges: Iterable[Any], frame: Area) -> Area:
    area = Area(*(whole(edge, 0, MAX_PIXELS) for edge in edges))
    expect(is_inside(area, frame))
    return area


def _matrix(rows: Unchecked, *, needed: bool) -> NDArray[np.float64] | None:
    expect((rows is not None) == needed)
    if rows is None:
        return None
    matrix = np.array([[finite(value) for value in row] for row in rows])
    expect(matrix.shape == (3, 3))
    return matrix


def _tag(code: Unchecked, kind: Unchecked, data: Unchecked) -> Tag:
    tag = Tag(whole(code, 0, U16_MAX), one_of(kind, SIZES), unpacked_bytes(data))
    expect(len(tag.data) % SIZES[tag.kind] == 0)
    return tag


def _sides(value: Iterable[Any]) -> tuple[tuple[int, int], ...]:
    sides = tuple((whole(top, 0, _U32_MAX), whole(bottom, 1, _U32_MAX)) for top, bottom in value)
    expect(len(sides) == 2)
    return sides


def _quantization(table: Iterable[Any]) -> list[int]:
    numbers = [whole(number, 0, U16_MAX) for number in table]
    expect(len(numbers) == _TABLE_SIZE)
    return numbers


def _chunk(kind: Unchecked, content: Unchecked) -> Chunk:
    chunk = Chunk(unpacked_bytes(kind), unpacked_bytes(content))
    expect(len(chunk.kind) == 4)
    return chunk


# Checks of the details that the readers of each format return.
_DETAILS: dict[str, Callable[[Any], Any]] = {
    "compression": lambda value: one_of(value, LOSSLESS),
    "predictor": flag,
    "extrasamples": lambda value: tuple(whole(kind, 0, 2) for kind in value),
    "resolution": _sides,
    "unit": lambda value: whole(value, 1, 3),
    "chunks": lambda value: tuple(_chunk(*chunk) for chunk in value),
    "qtables": lambda value: [_quantization(table) for table in value],
    "subsampling": lambda value: whole(value, 0, 2),
    "progressive": flag,
    "keep_rgb": flag,
    "comment": unpacked_bytes,
    "lossless": flag,
}
