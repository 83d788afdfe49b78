"""Damage files like failing disks, interrupted copies and attackers do."""

import random
import struct
import zlib
from collections.abc import Callable

Mutation = Callable[[bytearray, random.Random], None]

#: Numbers that make sizes, counts and offsets overflow or point to themselves.
ODD_NUMBERS = (0, 1, 2, 7, 8, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
#: Number of bytes at the start of a file, where damage has most effect because the file describes itself there.
_HEAD = 1024
_MOST_MUTATIONS = 6
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def mutated(sample: bytes, rng: random.Random) -> bytes:
    """Return a damaged copy."""
    data = bytearray(sample)
    for _ in range(rng.randint(1, _MOST_MUTATIONS)):
        rng.choice(_MUTATIONS)(data, rng)
    if data.startswith(_SIGNATURE) and rng.random() < 0.7:
        return with_checksums(bytes(data))
    return bytes(data)


def with_checksums(png: bytes) -> bytes:
    """Return a PNG with corrected checksums; otherwise readers stop at the first wrong checksum."""
    place, parts = len(_SIGNATURE), [_SIGNATURE]
    while place + 12 <= len(png):
        end = place + 8 + int.from_bytes(png[place : place + 4], "big")
        parts += [png[place:end], struct.pack(">I", zlib.crc32(png[place + 4 : end]))]
        place = end + 4
    return b"".join(parts)


def _place(data: bytearray, rng: random.Random) -> int:
    return rng.randrange(min(len(data), rng.choice((64, _HEAD, len(data)))) or 1)


def _flip_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 8) if data else 0):
        data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _set_number(data: bytearray, rng: random.Random) -> None:
    size, place = rng.choice((1, 2, 4)), _place(data, rng)
    number = rng.choice((*ODD_NUMBERS, len(data), place, rng.getrandbits(32))) % 256**size
    data[place : place + size] = number.to_bytes(size, rng.choice(("big", "little")))


def _set_digit(data: bytearray, rng: random.Random) -> None:
    if data:
        data[_place(data, rng)] = rng.choice(b'0123456789-.eE"{}[]:,\\nul tf\xff\x00')


def _cut_off(data: bytearray, rng: random.Random) -> None:
    if rng.random() < 0.3:
        del data[rng.randrange(len(data) + 1) :]


def _splice(data: bytearray, rng: random.Random) -> None:
    start, target = _place(data, rng), _place(data, rng)
    block = data[start : start + rng.choice((2, 12, 64, 512))]
    data[target : target + rng.choice((0, len(block)))] = block


def _drop(data: bytearray, rng: random.Random) -> None:
    place = _place(data, rng)
    del data[place : place + rng.choice((1, 2, 4, 12, 64))]


def _fill(data: bytearray, rng: random.Random) -> None:
    place = _place(data, rng)
    size = min(rng.choice((2, 4, 12, 128)), len(data) - place)
    data[place : place + size] = bytes([rng.choice((0, 0xFF, 0x41))]) * size


_MUTATIONS: tuple[Mutation, ...] = (_flip_bits, _set_number, _set_number, _set_digit, _cut_off, _splice, _drop, _fill)
