"""Pixel formats of GIMP 2.10, and their conversion for plug-ins that use 8 bits."""

import struct

import gimpenums
from _gimp_host import error

# Babl's type name, struct's format code and the value of white, by precision rounded down to hundreds.
_TYPES = {
    gimpenums.PRECISION_U8_LINEAR: ("u8", "B", 2**8 - 1),
    gimpenums.PRECISION_U16_LINEAR: ("u16", "H", 2**16 - 1),
    gimpenums.PRECISION_U32_LINEAR: ("u32", "I", 2**32 - 1),
    gimpenums.PRECISION_HALF_LINEAR: ("half", "e", None),
    gimpenums.PRECISION_FLOAT_LINEAR: ("float", "f", None),
    gimpenums.PRECISION_DOUBLE_LINEAR: ("double", "d", None),
}
_SIZES = {"B": 1, "H": 2, "I": 4, "e": 2, "f": 4, "d": 8}


class Format(object):
    """Native pixel format of a drawable.

    Parameters
    ----------
    precision : int
        One of gimpenums.PRECISION_*.
    colors : int
        Number of color components: 1 or 3.
    alpha : bool

    Notes
    -----
    "Gamma" precisions and 8 bits use the sRGB curve, as in an image without its own profile. Only Python 3 can convert
    half floats; unconverted bytes work everywhere.
    """

    def __init__(self, precision, colors, alpha):
        self.precision = precision
        self.colors = colors
        self.components = colors + bool(alpha)
        self._kind, self._code, self._white = _TYPES[precision // 100 * 100]
        self._is_linear = precision % 100 == 0
        self.bpp = self.components * _SIZES[self._code]

    @property
    def name(self):
        """Babl's name of the format, such as ``R'G'B'A u16`` or ``Y float``."""
        mark = "" if self._is_linear else "'"
        colors = "".join(color + mark for color in ("RGB" if self.colors == 3 else "Y"))
        return "%s%s %s" % (colors, "A" if self.components > self.colors else "", self._kind)

    @property
    def as_8_bit(self):
        """Format for a plug-in that does not enable precision."""
        return Format(gimpenums.PRECISION_U8_GAMMA, self.colors, self.components > self.colors)

    def to_8_bit(self, data):
        """Convert native bytes to 8 bits with the sRGB curve."""
        return self.as_8_bit.encode(self._curved(self.decode(data), encode_srgb if self._is_linear else None))

    def from_8_bit(self, data):
        """Convert 8-bit bytes with the sRGB curve to native bytes."""
        return self.encode(self._curved(self.as_8_bit.decode(data), decode_srgb if self._is_linear else None))

    def blend(self, before, after, weight):
        """Blend two pixels in linear light, weighted by their opacity."""
        lights = [
            self._curved(self.decode(pixel), None if self._is_linear else decode_srgb) for pixel in (before, after)
        ]
        opacities = [light[self.colors] if self.components > self.colors else 1.0 for light in lights]
        shares = [(1 - weight) * opacities[0], weight * opacities[1]]
        opacity = sum(shares)
        mixed = [sum(share * value for share, value in zip(shares, values)) for values in zip(*lights)]
        colors = [value / opacity if opacity else 0.0 for value in mixed[: self.colors]]
        pixel = colors + [opacity] * (self.components - self.colors)
        return self.encode(self._curved(pixel, None if self._is_linear else encode_srgb))

    def decode(self, data):
        """Return the components as floats; white is 1."""
        values = struct.unpack("=%d%s" % (len(data) * self.components // self.bpp, self._code), data)
        return list(values) if self._white is None else [value / float(self._white) for value in values]

    def encode(self, values):
        """Return the native bytes of components."""
        if self._white is not None:
            values = [int(round(min(max(value, 0.0), 1.0) * self._white)) for value in values]
        return struct.pack("=%d%s" % (len(values), self._code), *values)

    def _curved(self, values, curve):
        if curve is None:
            return values
        return [curve(value) if self._is_color(index) else value for index, value in enumerate(values)]

    def _is_color(self, index):
        return index % self.components < self.colors


def encode_srgb(light):
    """Encode linear light with the sRGB curve (IEC 61966-2-1)."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def decode_srgb(encoded):
    """Decode a value with the sRGB curve (IEC 61966-2-1) to linear light."""
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


class PixelRgn(object):
    """Readable and writable bytes of an area: ``region[x, y]``, ``region[x0:x1, y]``, ``region[x0:x1, y0:y1]``."""

    def __init__(self, drawable, area, shadow):
        self.drawable = drawable
        self.x, self.y, self.w, self.h = _inside(drawable, *area)
        self.shadow = bool(shadow)
        self.bpp = drawable.bpp

    def __getitem__(self, key):
        return self.drawable._read(self._rectangle(key), self.shadow)

    def __setitem__(self, key, data):
        if not isinstance(data, bytes):
            raise TypeError("must assign string to subscript")
        rectangle = self._rectangle(key)
        if len(data) != self.bpp * rectangle[2] * rectangle[3]:
            raise TypeError("string is wrong length")
        self.drawable._write(rectangle, data, self.shadow)

    def __len__(self):
        message = "Can't get size of pixel region"
        raise error(message)

    def _rectangle(self, key):
        if not isinstance(key, tuple) or len(key) != 2:
            raise TypeError("subscript must be a 2-tuple")
        left, width = _span(key[0], self.x, self.w, "x")
        top, height = _span(key[1], self.y, self.h, "y")
        return left, top, width, height


def _inside(drawable, x, y, width, height):
    """Return the rectangle as pygimp clips it: a negative size extends to the end of the drawable."""
    x, y = min(max(x, 0), drawable.width - 1), min(max(y, 0), drawable.height - 1)
    width = drawable.width - x if width < 0 else min(width, drawable.width - x)
    height = drawable.height - y if height < 0 else min(height, drawable.height - y)
    return x, y, width, height


def _span(key, first, size, axis):
    """Return start and length of a subscript; slices count from the drawable's corner, like pixels."""
    if isinstance(key, int):
        if not first <= key < first + size:
            raise IndexError("%s subscript out of range" % axis)
        return key, 1
    if not isinstance(key, slice):
        raise TypeError("invalid %s subscript" % axis)
    end = first + size
    start = 0 if key.start is None else key.start + (end if key.start < 0 else 0)
    stop = end if key.stop is None else key.stop + (end if key.stop < 0 else 0)
    if start >= stop or start >= end or stop > end or key.step not in (None, 1):
        raise IndexError("invalid %s slice" % axis)
    start = start or first
    if start < first or stop < first:
        raise IndexError("%s subscript out of range" % axis)
    return start, stop - start
