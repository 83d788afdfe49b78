"""GIMP's default profiles for images without one: sRGB or gray with the sRGB curve, and both in linear light."""

import struct

# D50 (ICC.1:2022) and the sRGB primaries (IEC 61966-2-1) adapted to it, as XYZ.
_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {"rXYZ": (0.4361, 0.2225, 0.0139), "gXYZ": (0.3851, 0.7169, 0.0971), "bXYZ": (0.1431, 0.0606, 0.7139)}
# The sRGB curve as the ICC parametric function of type 3: g a b c d.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def built_in(gray, linear):
    """Return an ICC profile, version 4, as bytes."""
    curve = _fixed(b"para\0\0\0\0\0\0\0\0", (1.0,)) if linear else _fixed(b"para\0\0\0\0\0\3\0\0", _SRGB_CURVE)
    tags = {"wtpt": _fixed(b"XYZ \0\0\0\0", _D50)}
    if gray:
        tags["kTRC"] = curve
    else:
        tags.update((name, _fixed(b"XYZ \0\0\0\0", xyz)) for name, xyz in _PRIMARIES.items())
        tags.update(rTRC=curve, gTRC=curve, bTRC=curve)
    return _profile(b"GRAY" if gray else b"RGB ", tags)


def _fixed(head, numbers):
    return head + b"".join(struct.pack(">i", int(round(number * 65536))) for number in numbers)


def _profile(space, tags):
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name in sorted(tags):
        table += struct.pack(">4sII", name.encode("ascii"), start + len(body), len(tags[name]))
        body += tags[name]
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"GIMP", 0x04200000, b"mntr", space, b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp"
    illuminant = struct.pack(">3i", *[int(round(number * 65536)) for number in _D50])
    return (head.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + table + body
