"""Convert samples of developed pictures to the display domain and back, according to their ICC profile."""

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

# With this number of knots, a polyline differs from the usual power curves by less than 1e-6.
_KNOTS = 1025
# Maximum slope at black, as color engines limit it too: the infinite slope of a pure power would amplify the rounding
# of float32 to whole steps of the picture.
_STEEPEST = 32
#: Curves continue as straight lines up to here, far brighter than any light in a photo.
_FAR = 1e6
# Minimum difference of two knots, minimum span of an invertible curve, and maximum condition of a matrix.
_FLAT, _LEAST_SPAN, _WORST_CONDITION = 1e-9, 0.01, 1000
# Profiles named sRGB differ from each other by about this (rounding, adaptation, tables): 1/255.
_SAME = 0.004
# More tags than any profile has (ICC.1:2022 defines 60).
_MAX_TAGS = 200
# Values converted at once: they fit into the cache and need little memory.
_AT_ONCE = 2**17

# ICC.1:2022, 10.18: parameters of function types 0 to 4: Y = (aX + b)^g + e for X >= d, and cX + f below.
_PARAMETERS = ("g", "gab", "gabe", "gabcd", "gabcdef")


def _unchanged(colors: Colors) -> Colors:
    return colors


#: Samples that are already in the display domain.
DISPLAY = Encoding(_unchanged, _unchanged)
#: Samples in linear light with sRGB primaries, or gray.
LINEAR = Encoding(encode_extended_srgb, decode_srgb)

# The encoding of each curve with sRGB primaries, and the function that decodes the curve.
_CURVES: dict[str, tuple[Encoding, Callable[[Floats], Floats]]] = {
    "linear": (LINEAR, lambda encoded: encoded),
    "perceptual": (DISPLAY, decode_srgb),
}
#: Curves that image editors use for layers.
CURVES = ("non-linear", *_CURVES)
# Errors of reading damaged or unsupported profiles.
_NOT_USABLE = (struct.error, KeyError, ValueError, np.linalg.LinAlgError)


def encoding_of(icc: bytes | None, *, gray: bool, floating: bool) -> Encoding:
    """Return the encoding of the samples of a picture.

    Parameters
    ----------
    icc : bytes or None
        ICC profile of version 2 or 4: gray with a curve, or RGB with a matrix and curves.
    gray : bool
        Whether the picture has one color channel instead of three.
    floating : bool
        Whether its samples are floats. Without a profile, floats are linear sRGB and integers are sRGB, as in editors.

    Notes
    -----
    Samples are used without conversion if the profile is sRGB within 1/255, and if it is damaged, unsupported (color
    tables, Lab, CMYK) or does not match the picture: their unconverted appearance is then close enough.
    """
    if icc is None:
        return LINEAR if floating else DISPLAY
    try:
        profile = _read_profile(icc, gray=gray)
    except _NOT_USABLE:
        return DISPLAY
    return DISPLAY if profile.is_srgb else Encoding(profile.to_display, profile.from_display)


def encoding_under(icc: bytes | None, *, gray: bool, curve: str) -> Encoding:
    """Return the encoding of a layer, whose curve in an image editor may differ from that of its profile.

    Parameters
    ----------
    icc, gray
        As for `encoding_of`.
    curve : str
        One of `CURVES`: ``non-linear`` is that of the profile, ``linear`` none, ``perceptual`` that of sRGB. The
        primaries are those of the profile. Without a profile, primaries and curve are those of sRGB.
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
    """A rising polyline, mirrored below black and continued straight above white."""

    encoded: Floats
    light: Floats

    def decode(self, encoded: Colors) -> Floats:
        return np.interp(encoded, self.encoded, self.light)

    def encode(self, light: Floats) -> Floats:
        return np.interp(light, self.light, self.encoded)


@dataclass(frozen=True)
class _Profile:
    """One curve and a 1 x 1 matrix, or three curves and the matrix from their light to linear sRGB."""

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
    """Convert all rows, a few at a time, on all cores."""
    converted = np.empty(colors.shape, np.float32)
    rows = max(1, _AT_ONCE * len(colors) // max(1, colors.size))

    def convert_rows(top: int) -> None:
        converted[top : top + rows] = convert(colors[top : top + rows])

    on_every_core(convert_rows, range(0, len(colors), rows))
    return converted


def _read_profile(icc: bytes, *, gray: bool) -> _Profile:
    """Read an invertible profile; any other raises one of `_NOT_USABLE`."""
    if icc[16:24] != (b"GRAYXYZ " if gray else b"RGB XYZ "):
        raise ValueError(icc[16:24])
    (count,) = struct.unpack_from(">I", icc, 128)
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * index) for index in range(min(count, _MAX_TAGS))]
    tags = {tag: icc[start : start + size] for tag, start, size in entries}
    if gray:
        return _Profile((_read_curve(tags[b"kTRC"]),), np.eye(1))
    columns = [np.frombuffer(tags[tag], ">i4", count=3, offset=8) / 65536 for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix = np.asarray(np.linalg.solve(to_pcs(COLOR_SPACES["srgb"]), np.transpose(columns)), np.float64)
    if np.linalg.cond(matrix) > _WORST_CONDITION:
        raise ValueError(matrix)
    return _Profile(tuple(_read_curve(tags[tag]) for tag in (b"rTRC", b"gTRC", b"bTRC")), matrix)


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
        # These types are constant below the start of the power function.
        p |= {"d": -p["b"] / p["a"] if p["a"] else 0.0, "f": p["e"]}
    power = np.maximum(p["a"] * ramp + p["b"], 0) ** p["g"] + p["e"]
    return np.asarray(np.where(ramp >= p["d"], power, p["c"] * ramp + p["f"]), np.float64)


def _invertible(encoded: Floats, light: Floats) -> _Curve:
    """Return the curve through these knots without its flat parts, with its continuation."""
    if not np.isfinite(light).all() or np.diff(light).min() < 0 or light[-1] - light[0] < _LEAST_SPAN:
        raise ValueError(light)
    light = np.maximum(light, light[0] + encoded / _STEEPEST)
    rises = np.concatenate([[True], np.diff(light) > _FLAT])
    encoded, light = encoded[rises], light[rises]
    last = (light[-1] - light[-2]) / (encoded[-1] - encoded[-2])
    encoded, light = np.append(encoded, _FAR), np.append(light, light[-1] + last * (_FAR - encoded[-1]))
    return _Curve(np.concatenate([-encoded[:0:-1], encoded]), np.concatenate([2 * light[0] - light[:0:-1], light]))
