"""What the numbers of a developed picture mean: from its ICC profile to the display domain and back."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rwdenoise.io.pictures.icc import COLOR_SPACES, to_pcs
from rwdenoise.parallel import on_every_core
from rwdenoise.photo.color import U16_MAX, decode_srgb, encode_extended_srgb
from rwdenoise.photo.rgb import Colors, Encoding

Floats = NDArray[np.float64]

# A polyline through so many knots is off the usual power curves by less than 1e-6.
_KNOTS = 1025
# No encoding rises faster at black, as color engines limit it, too: the infinite slope of a pure power would blow the
# rounding of float32 up to whole steps of the picture.
_STEEPEST = 32
#: The curves go on straight up to here; brighter than any light in a photo.
_FAR = 1e6
# The least difference of two knots, and the least span of a curve and the worst matrix that can be undone.
_FLAT, _LEAST_SPAN, _WORST_CONDITION = 1e-9, 0.01, 1000
# Profiles called sRGB differ from each other by about as much (rounding, adaptation, tables): 1 of 255.
_SAME = 0.004
# More tags than any profile has (ICC.1:2022 knows 60).
_MAX_TAGS = 200
# Values converted at once: the work stays in the cache, and the memory small.
_AT_ONCE = 2**17

# ICC.1:2022, 10.18: the parameters of function types 0 to 4, of Y = (aX + b)^g + e from d on, and cX + f below.
_PARAMETERS = ("g", "gab", "gabe", "gabcd", "gabcdef")


def _unchanged(colors: Colors) -> Colors:
    return colors


#: The numbers are the display domain already.
DISPLAY = Encoding(_unchanged, _unchanged)
#: Linear light of sRGB primaries, or of gray.
LINEAR = Encoding(encode_extended_srgb, decode_srgb)

# What stands for a curve where there are no other primaries than those of sRGB, and how the curve is undone.
_CURVES: dict[str, tuple[Encoding, Callable[[Floats], Floats]]] = {
    "linear": (LINEAR, lambda encoded: encoded),
    "perceptual": (DISPLAY, decode_srgb),
}
#: The curves under which image editors keep their layers.
CURVES = ("non-linear", *_CURVES)
# What reading a profile raises that is damaged or of another kind.
_NOT_USABLE = (struct.error, KeyError, ValueError, np.linalg.LinAlgError)


def encoding_of(icc: bytes | None, *, gray: bool, floating: bool) -> Encoding:
    """Return what the numbers of a picture mean.

    Parameters
    ----------
    icc : bytes or None
        Its ICC profile, version 2 or 4: of gray with a curve, or of RGB with a matrix and curves.
    gray : bool
        Whether the picture has one color channel instead of three.
    floating : bool
        Whether its samples are floats. Without a profile these are linear sRGB and whole numbers are sRGB, as editors
        take them.

    Notes
    -----
    The numbers are taken as they are where the profile is sRGB within 1/255, and where it is damaged, of another kind
    (tables of colors, Lab, CMYK) or not of this picture: what they look like on a screen is then near enough.
    """
    if icc is None:
        return LINEAR if floating else DISPLAY
    try:
        profile = _read_profile(icc, gray=gray)
    except _NOT_USABLE:
        return DISPLAY
    return DISPLAY if profile.is_srgb else Encoding(profile.to_display, profile.from_display)


def encoding_under(icc: bytes | None, *, gray: bool, curve: str) -> Encoding:
    """Return what the numbers of a layer mean, which an image editor may keep under another curve than its profile's.

    Parameters
    ----------
    icc, gray
        As for `encoding_of`.
    curve : str
        One of `CURVES`: ``non-linear``, the profile's own; ``linear``, none; ``perceptual``, that of sRGB. The
        primaries are the profile's. Without a profile, they and its curve are those of sRGB.
    """
    if curve == "non-linear":
        return encoding_of(icc, gray=gray, floating=False)
    plain, decode = _CURVES[curve]
    if icc is None or gray:
        return plain
    try:
        profile = _read_profile(icc, gray=gray)
    except _NOT_USABLE:
        return plain
    ramp = np.linspace(0, 1, _KNOTS)
    profile = replace(profile, curves=(_invertible(ramp, decode(ramp)),) * 3)
    return plain if profile.has_srgb_primaries else Encoding(profile.to_display, profile.from_display)


@dataclass(frozen=True)
class _Curve:
    """A rising polyline; beyond black it is mirrored, beyond white it goes on straight."""

    encoded: Floats
    light: Floats

    def decode(self, encoded: Colors) -> Floats:
        return np.interp(encoded, self.encoded, self.light)

    def encode(self, light: Floats) -> Floats:
        return np.interp(light, self.light, self.encoded)


@dataclass(frozen=True)
class _Profile:
    """One curve and a 1 x 1 matrix, or three curves and the matrix from their light to that of sRGB."""

    curves: tuple[_Curve, ...]
    matrix: Floats

    @property
    def is_srgb(self) -> bool:
        ramp = np.linspace(0, 1, _KNOTS, dtype=np.float32)
        shown = np.stack([encode_extended_srgb(curve.decode(ramp)) for curve in self.curves])
        return self.has_srgb_primaries and bool(abs(shown - ramp).max() < _SAME)

    @property
    def has_srgb_primaries(self) -> bool:
        return bool(abs(self.matrix - np.eye(len(self.matrix))).max() < _SAME)

    def to_display(self, colors: Colors) -> Colors:
        return _by_parts(self._shown, colors)

    def from_display(self, display: Colors) -> Colors:
        return _by_parts(self._stored, display)

    def _shown(self, colors: Colors) -> Floats:
        light = np.stack([curve.decode(colors[..., color]) for color, curve in enumerate(self.curves)], axis=-1)
        return encode_extended_srgb(light @ self.matrix.T)

    def _stored(self, display: Colors) -> Floats:
        light = decode_srgb(display.astype(np.float64)) @ np.linalg.inv(self.matrix).T
        return np.stack([curve.encode(light[..., color]) for color, curve in enumerate(self.curves)], axis=-1)


def _by_parts(convert: Callable[[Colors], Floats], colors: Colors) -> Colors:
    """Return the conversion of all rows, a few at a time on every core."""
    converted = np.empty(colors.shape, np.float32)
    rows = max(1, _AT_ONCE * len(colors) // max(1, colors.size))

    def convert_rows(top: int) -> None:
        converted[top : top + rows] = convert(colors[top : top + rows])

    on_every_core(convert_rows, range(0, len(colors), rows))
    return converted


def _read_profile(icc: bytes, *, gray: bool) -> _Profile:
    """Return a profile that can be undone; any other raises an error of `_NOT_USABLE`."""
    if icc[16:24] != (b"GRAYXYZ " if gray else b"RGB XYZ "):
        raise ValueError(icc[16:24])
    tags = _read_tags(icc)
    if gray:
        return _Profile((_read_curve(tags[b"kTRC"]),), np.eye(1))
    columns = [np.frombuffer(tags[tag], ">i4", count=3, offset=8) / 65536 for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix = np.asarray(np.linalg.solve(to_pcs(COLOR_SPACES["srgb"]), np.transpose(columns)), np.float64)
    if np.linalg.cond(matrix) > _WORST_CONDITION:
        raise ValueError(matrix)
    return _Profile(tuple(_read_curve(tags[tag]) for tag in (b"rTRC", b"gTRC", b"bTRC")), matrix)


def _read_tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * index) for index in range(min(count, _MAX_TAGS))]
    return {tag: icc[start : start + size] for tag, start, size in entries}


def _read_curve(data: bytes) -> _Curve:
    readers = {b"curv": _table, b"para": _formula}
    ramp = np.linspace(0, 1, _KNOTS)
    with np.errstate(all="ignore"):
        return _invertible(ramp, readers[data[:4]](data, ramp))


def _table(data: bytes, ramp: Floats) -> Floats:
    (count,) = struct.unpack_from(">I", data, 8)
    values = np.frombuffer(data, ">u2", count=count, offset=12)
    if count == 0:
        return ramp
    if count == 1:
        return np.asarray(ramp ** (int(values[0]) / 256), np.float64)
    return np.interp(ramp, np.linspace(0, 1, count), values / U16_MAX)


def _formula(data: bytes, ramp: Floats) -> Floats:
    (kind,) = struct.unpack_from(">H", data, 8)
    if kind >= len(_PARAMETERS):
        raise ValueError(kind)
    names = _PARAMETERS[kind]
    stored = np.frombuffer(data, ">i4", count=len(names), offset=12) / 65536
    p = {"a": 1.0, **dict.fromkeys("bcdef", 0.0), **dict(zip(names, stored.tolist(), strict=True))}
    if kind in (1, 2):
        # Below the point where the power begins these stay at its lowest value.
        p |= {"d": -p["b"] / p["a"] if p["a"] else 0.0, "f": p["e"]}
    power = np.maximum(p["a"] * ramp + p["b"], 0) ** p["g"] + p["e"]
    return np.asarray(np.where(ramp >= p["d"], power, p["c"] * ramp + p["f"]), np.float64)


def _invertible(encoded: Floats, light: Floats) -> _Curve:
    """Return the curve through these knots without its flat parts, and continued."""
    if not np.isfinite(light).all() or np.diff(light).min() < 0 or light[-1] - light[0] < _LEAST_SPAN:
        raise ValueError(light)
    light = np.maximum(light, light[0] + encoded / _STEEPEST)
    rises = np.concatenate([[True], np.diff(light) > _FLAT])
    encoded, light = encoded[rises], light[rises]
    last = (light[-1] - light[-2]) / (encoded[-1] - encoded[-2])
    encoded, light = np.append(encoded, _FAR), np.append(light, light[-1] + last * (_FAR - encoded[-1]))
    return _Curve(np.concatenate([-encoded[:0:-1], encoded]), np.concatenate([2 * light[0] - light[:0:-1], light]))
