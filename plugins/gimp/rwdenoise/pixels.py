"""Pixels between GIMP and files: native bytes, rows from top to bottom, colors and alpha interleaved.

Strips of rows keep the memory small, whatever the size of the layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp
from selection import full_runs

_ROWS = 256
# What a selected area is denoised with around it, so that the result does not change where the selection ends. Its
# corner is a multiple of every network's downsampling, so that the result does not depend on where it begins.
_CONTEXT = 64

# What a screen shows: sRGB with alpha, 8 bits.
_ON_SCREEN = "R'G'B'A u8"

# Babl marks the curve of a component: R' that of the profile, R~ that of sRGB; nothing is linear light.
_ENCODINGS = {"'": "non-linear", "~": "perceptual"}


@dataclass(frozen=True)
class Area:
    """A rectangle of a drawable, in px from its own top left corner."""

    x: int
    y: int
    width: int
    height: int

    def grown(self, drawable: Gimp.Drawable) -> Area:
        """Return the area with context around it, as far as the drawable goes."""
        left, top = (max(0, start - _CONTEXT) // _CONTEXT * _CONTEXT for start in (self.x, self.y))
        right = min(drawable.get_width(), self.x + self.width + _CONTEXT)
        bottom = min(drawable.get_height(), self.y + self.height + _CONTEXT)
        return Area(left, top, right - left, bottom - top)

    def strips(self) -> list[Gegl.Rectangle]:
        """Return the area in strips of a few rows."""
        bottom = self.y + self.height
        return [
            Gegl.Rectangle.new(self.x, top, self.width, min(_ROWS, bottom - top))
            for top in range(self.y, bottom, _ROWS)
        ]


def selected_area(drawable: Gimp.Drawable) -> Area | None:
    """Return what encloses the selected part of a drawable, without a selection all of it; None if nothing is."""
    inside, x, y, width, height = drawable.mask_intersect()
    return Area(x, y, width, height) if inside else None


def layout_of(drawable: Gimp.Drawable) -> dict[str, object]:
    """Return how the pixels of a drawable lie in memory, in the worker's words.

    Notes
    -----
    The name of a format is that of its components and type, and where there is a profile the name of its color space:
    ``R'G'B'A u16``, ``Y float``, ``R~G~B~ half-space``.
    """
    components, kind = Babl.format_get_encoding(drawable.get_format()).split(" ")
    alpha = drawable.has_alpha()
    return {
        "channels": (1 if drawable.is_gray() else 3) + alpha,
        "alpha": alpha,
        "type": kind,
        "encoding": next((name for mark, name in _ENCODINGS.items() if mark in components), "linear"),
    }


def profile_of(drawable: Gimp.Drawable) -> bytes | None:
    """Return the ICC profile that the colors of a drawable refer to; masks and channels of RGB images have none."""
    image = drawable.get_image()
    if drawable.is_gray() != (image.get_base_type() == Gimp.ImageBaseType.GRAY):
        return None
    return bytes(image.get_effective_color_profile().get_icc_profile())


def prepare(drawable: Gimp.Drawable, area: Area, folder: Path) -> dict[str, object]:
    """Put an area's pixels and profile where the worker looks for them, and return the words that describe them."""
    _write_file(drawable, area, folder / "pixels.in")
    profile = folder / "profile.icc"
    profile.unlink(missing_ok=True)
    if (icc := profile_of(drawable)) is not None:
        profile.write_bytes(icc)
    return {"width": area.width, "height": area.height, **layout_of(drawable)}


def to_screen(drawable: Gimp.Drawable, area: Area, data: bytes | None = None) -> bytes:
    """Return an area as sRGB with alpha, 8 bits: what the drawable holds, or `data` in the drawable's own format."""
    rectangle = Gegl.Rectangle.new(area.x, area.y, area.width, area.height)
    buffer = drawable.get_buffer()
    if data is not None:
        name = Babl.get_name(drawable.get_format())
        buffer = Gegl.Buffer.new(name, area.x, area.y, area.width, area.height)
        buffer.set(rectangle, name, data)
    return bytes(buffer.get(rectangle, 1.0, _ON_SCREEN, Gegl.AbyssPolicy.NONE))


def to_thumbnail(drawable: Gimp.Drawable, scale: float) -> tuple[bytes, Area]:
    """Return a drawable in small, likewise, and how large that is.

    Notes
    -----
    GIMP 3.0 itself makes thumbnails of 8 bits only.
    """
    width, height = (max(1, round(edge * scale)) for edge in (drawable.get_width(), drawable.get_height()))
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    data = drawable.get_buffer().get(rectangle, scale, _ON_SCREEN, Gegl.AbyssPolicy.NONE)
    return bytes(data), Area(0, 0, width, height)


def _write_file(drawable: Gimp.Drawable, area: Area, path: Path) -> None:
    """Write the pixels of an area into a file."""
    buffer = drawable.get_buffer()
    with path.open("wb") as file:
        for strip in area.strips():
            file.write(buffer.get(strip, 1.0, None, Gegl.AbyssPolicy.NONE))


def fill_shadow(drawable: Gimp.Drawable, area: Area, path: Path) -> None:
    """Put the pixels of a file where GIMP keeps them until they are merged with the drawable."""
    # The full name: the bare encoding would convert from sRGB where the image has a profile.
    name = Babl.get_name(drawable.get_format())
    buffer = drawable.get_shadow_buffer()
    pixel = drawable.get_bpp()
    with path.open("rb") as file:
        for strip in area.strips():
            buffer.set(strip, name, file.read(strip.width * strip.height * pixel))
    buffer.flush()


def write_selected(drawable: Gimp.Drawable, area: Area, path: Path) -> None:
    """Write the pixels of a file over those that are fully selected.

    Notes
    -----
    Where there is a selection GIMP blends, in float32 and linear light, and what is fully selected comes out a little
    different. The shadow must have been merged before: undoing that undoes this, too.
    """
    name, pixel = Babl.get_name(drawable.get_format()), drawable.get_bpp()
    _, left, top = drawable.get_offsets()
    buffer, selection = drawable.get_buffer(), drawable.get_image().get_selection().get_buffer()
    with path.open("rb") as file:
        for strip in area.strips():
            there = Gegl.Rectangle.new(strip.x + left, strip.y + top, strip.width, strip.height)
            mask = bytes(selection.get(there, 1.0, "Y float", Gegl.AbyssPolicy.NONE))
            exact = file.read(strip.width * strip.height * pixel)
            merged = bytearray(buffer.get(strip, 1.0, None, Gegl.AbyssPolicy.NONE))
            for run in full_runs(mask, pixel):
                merged[run] = exact[run]
            buffer.set(strip, name, bytes(merged))
    buffer.flush()
