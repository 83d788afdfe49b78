"""Test that directories are read back as written, and that no bytes make the reader raise."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng import encode_dng
from rwdenoise.io.raw.tiff_structure import Picture, assemble, read_directories
from rwdenoise.photo.tag import DOUBLE, RATIONAL, SHORT, Tag
from tests.photos import PREVIEW, PROVENANCE, raw_photo

DNG = encode_dng(raw_photo(), preview=PREVIEW, provenance=PROVENANCE)
VALUES = st.lists(st.integers(0, 255), min_size=1, max_size=9)


def written(data: bytes) -> list[dict[int, Tag]]:
    return [dict(directory) for directory in read_directories(data)]


@given(main=VALUES, child=VALUES, pieces=st.lists(st.binary(max_size=9), min_size=1, max_size=3))
def test_directories_come_back(main: list[int], child: list[int], pieces: list[bytes]) -> None:
    first, second = tags.numbers(1000, SHORT, main), tags.rationals(1001, child, signed=True)
    data = assemble(Picture([first], [b"pixels"]), Picture([second], pieces))
    above, below = written(data)
    assert above[1000] == first
    assert below[1001] == second
    np.testing.assert_array_equal(below[1001].values, child)
    places, lengths = (below[code].values.astype(int) for code in (tags.STRIP_OFFSETS, tags.STRIP_BYTE_COUNTS))
    assert [data[p : p + n] for p, n in zip(places, lengths, strict=True)] == pieces


@given(values=VALUES)
def test_big_endian_values_are_turned_around(values: list[int]) -> None:
    entries = np.array(values, ">u2").tobytes()
    head = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x03\xe8\0\x03" + len(values).to_bytes(4, "big")
    inline = len(entries) <= 4
    data = head + (entries.ljust(4, b"\0") if inline else b"\0\0\0\x1a") + bytes(4) + (b"" if inline else entries)
    assert written(data)[0][1000].values.tolist() == values


@settings(max_examples=300)
@given(st.one_of(st.binary(), st.binary().map(lambda rest: b"II*\0\x08\0\0\0" + rest)))
def test_any_bytes_are_read_without_complaint(data: bytes) -> None:
    assert isinstance(read_directories(data), tuple)


@settings(max_examples=200)
@given(place=st.integers(0, len(DNG) - 1), value=st.integers(0, 255), end=st.integers(0, len(DNG)))
def test_damaged_files_are_read_without_complaint(place: int, value: int, end: int) -> None:
    damaged = bytearray(DNG)
    damaged[place] = value
    assert len(read_directories(bytes(damaged[:end]))) <= 64


def test_a_file_that_refers_to_itself_ends() -> None:
    data = b"II*\0\x08\0\0\0" + b"\0\0" + (8).to_bytes(4, "little")
    assert len(read_directories(data)) == 1


def test_text_and_unknown_tags() -> None:
    assert tags.ascii_text(1, "Canon").text == "Canon"
    assert np.isnan(Tag(1, RATIONAL, bytes(8)).values[0])
    assert tags.numbers(1, DOUBLE, (1, 2)).length == 2
