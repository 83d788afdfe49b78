"""ICC profiles for tests, with any tone curves and primaries."""

import struct

from rwdenoise.io.pictures.icc import COLOR_SPACES, to_pcs

ADOBE_RGB_COLUMNS = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB_COLUMNS = tuple(tuple(column) for column in to_pcs(COLOR_SPACES["srgb"]).T)

LINEAR_CURVE = struct.pack(">4s4xI", b"curv", 0)


def fixed(*numbers: float) -> bytes:
    return b"".join(round(number * 65536).to_bytes(4, "big", signed=True) for number in numbers)


def gamma_curve(gamma: float) -> bytes:
    return struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))


def table_curve(values: list[int]) -> bytes:
    return struct.pack(f">4s4xI{len(values)}H", b"curv", len(values), *values)


def formula_curve(kind: int, *parameters: float) -> bytes:
    return struct.pack(">4s4xH2x", b"para", kind) + fixed(*parameters)


def assemble(kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a profile with these tags; `kind` is its color space followed by its connection space."""
    start, table, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI4s8s12x4s", start + len(body), 0x04400000, b"mntr", kind, b"acsp")
    return (
        (head.ljust(68, b"\0") + fixed(0.9642, 1, 0.8249)).ljust(128, b"\0")
        + bytes([0, 0, 0, len(tags)])
        + table
        + body
    )


def rgb_profile(*curves: bytes, columns: tuple[tuple[float, ...], ...] = SRGB_COLUMNS) -> bytes:
    """Return an RGB profile with one curve for all colors, or with three curves."""
    tags = {
        name: b"XYZ \0\0\0\0" + fixed(*column)
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    return assemble(
        b"RGB XYZ ", tags | dict(zip((b"rTRC", b"gTRC", b"bTRC"), curves * (3 // len(curves)), strict=True))
    )


def gray_profile(curve: bytes) -> bytes:
    return assemble(b"GRAYXYZ ", {b"kTRC": curve})
