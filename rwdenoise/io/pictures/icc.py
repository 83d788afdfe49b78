"""The color spaces of developed pictures: tone curves and exactly matching ICC profiles."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rwdenoise.errors import SettingsError
from rwdenoise.photo.color import U16_MAX, decode_srgb

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

D65 = (0.3127, 0.3290)
D50 = (0.3457, 0.3585)
#: White point of every ICC profile, XYZ (ICC.1:2022, 7.2.16).
PCS_WHITE = np.array([0.9642, 1.0, 0.8249])
# Linear Bradford cone responses (ICC.1:2022, annex E).
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_KNOTS = 1024


def decode_bt709(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert ITU-R BT.2020 values, 0..1, to linear light, 0..1 (table 4, with the exact constants)."""
    alpha, beta = 1.09929682680944, 0.018053968510807
    return np.where(encoded < 4.5 * beta, encoded / 4.5, ((encoded + alpha - 1) / alpha) ** (1 / 0.45))


def decode_romm(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert ProPhoto (ROMM) values, 0..1, to linear light, 0..1 (ISO 22028-2:2013)."""
    return np.where(encoded < 16 / 512, encoded / 16, encoded**1.8)


@dataclass(frozen=True)
class ColorSpace:
    """A color space with three primaries."""

    title: str
    primaries: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    """CIE xy of red, green and blue."""
    white: tuple[float, float]
    """CIE xy of the white point."""
    decode: Curve
    """Increasing curve from encoded 0..1 to linear light 0..1."""


#: The values of ``--color``. Primaries: IEC 61966-2-1, SMPTE EG 432-1, ITU-R BT.2020, ISO 22028-2.
COLOR_SPACES: dict[str, ColorSpace] = {
    "srgb": ColorSpace("sRGB", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65, decode_srgb),
    "display-p3": ColorSpace("Display P3", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65, decode_srgb),
    "rec2020": ColorSpace("Rec. 2020", ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)), D65, decode_bt709),
    "prophoto": ColorSpace("ProPhoto RGB", ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), D50, decode_romm),
}


def color_space(name: str) -> ColorSpace:
    """Return the color space with a name.

    Raises
    ------
    SettingsError
        If there is no such color space.
    """
    if name not in COLOR_SPACES:
        names = ", ".join(COLOR_SPACES)
        message = f"There is no color space {name!r}; expected one of {names}."
        raise SettingsError(message, hint=f"Use one of {names}.")
    return COLOR_SPACES[name]


def encoding_table(name: str) -> NDArray[np.uint16]:
    """Return a table, shape (65536,), from linear light 0..65535 to encoded values 0..65535."""
    encoded = np.linspace(0, 1, U16_MAX + 1)
    light = color_space(name).decode(encoded)
    return np.rint(np.interp(np.linspace(0, 1, U16_MAX + 1), light, encoded) * U16_MAX).astype(np.uint16)


def profile(name: str) -> bytes:
    """Create the ICC profile of a color space: version 2 with matrix and curve, readable by all programs.

    Raises
    ------
    SettingsError
        If there is no such color space.

    Notes
    -----
    The three colors share a curve, a table of 1024 values with an error of less than 1e-5.
    """
    space = color_space(name)
    columns = to_pcs(space).T
    curve = np.rint(space.decode(np.linspace(0, 1, _KNOTS)) * U16_MAX).astype(">u2").tobytes()
    colors = {tag: _xyz(column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    trc = struct.pack(">4s4xI", b"curv", _KNOTS) + curve
    return _assemble(
        {b"desc": _description(space.title), b"cprt": b"text\0\0\0\0No copyright, use freely\0"}
        | {b"wtpt": _xyz(PCS_WHITE)}
        | colors
        | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), trc)
    )


def to_pcs(space: ColorSpace) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to XYZ under D50, shape (3, 3), adapted by Bradford's method."""
    primaries = np.array([_xyz_of(xy) for xy in space.primaries]).T
    to_xyz = primaries * np.linalg.solve(primaries, _xyz_of(space.white))
    gains = (BRADFORD @ PCS_WHITE) / (BRADFORD @ _xyz_of(space.white))
    adapted: NDArray[np.float64] = np.linalg.solve(BRADFORD, gains[:, np.newaxis] * BRADFORD) @ to_xyz
    return adapted


def _xyz_of(xy: tuple[float, float]) -> NDArray[np.float64]:
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz(color: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(color)


def _fixed(numbers: NDArray[np.float64]) -> bytes:
    """Encode numbers for ICC: big-endian, in steps of 1/65536."""
    return bytes(np.rint(numbers * 65536).astype(">i4").tobytes())


def _description(title: str) -> bytes:
    text = title.encode("ascii") + b"\0"
    # A textDescriptionType has Unicode and Macintosh texts after the ASCII text; both may be empty.
    return struct.pack(">4s4xI", b"desc", len(text)) + text + bytes(8 + 3 + 67)


def _assemble(entries: dict[bytes, bytes]) -> bytes:
    """Return header, table and data of a profile; equal data is stored once (ICC.1:2001-04, 6.2)."""
    start = 128 + 4 + 12 * len(entries)
    places: dict[bytes, int] = {}
    body = b""
    for data in entries.values():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
    table = b"".join(struct.pack(">4sII", tag, places[data], len(data)) for tag, data in entries.items())
    size = start + len(body)
    made = (2026, 1, 1, 0, 0, 0)
    head = struct.pack(">I4xI4s4s4s6H4s", size, 0x02100000, b"mntr", b"RGB ", b"XYZ ", *made, b"acsp")
    return (
        (head.ljust(68, b"\0") + _fixed(PCS_WHITE)).ljust(128, b"\0") + struct.pack(">I", len(entries)) + table + body
    )
