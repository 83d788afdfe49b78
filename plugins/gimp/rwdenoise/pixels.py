"""Transfer pixels between GIMP and files: native bytes, rows from top to bottom, colors and alpha interleaved.

Pixels are transferred in strips of rows: memory use does not depend on the size of the layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp
from selection import full_runs

_ROWS = 256
# Margin around the selected area that is denoised with it, in px: the network then sees no border at the edge of the
# selection. The corner is a multiple of every network's downsampling, which makes the result independent of the corner.
_CONTEXT = 64

# Format for display: sRGB with alpha, 8 bits.
_ON_SCREEN = "R'G'B'A u8"

# Marks in babl's format names: R' has the tone curve of the profile, R~ that of sRGB; no mark means linear light.
_ENCODINGS = {"'": "non-linear", "~": "perceptual"}


@dataclass(frozen=True)
class Area:
    """Rectangle in a drawable, in px from the drawable's top left corner."""

    x: int
    y: int
    width: int
    height: int

    def grown(self, drawable: Gimp.Drawable) -> Area:
        """Return the area with its margin, clipped to the drawable."""
        left, top = (max(0, start - _CONTEXT) // _CONTEXT * _CONTEXT for start in (self.x, self.y))
        right = min(drawable.get_width(), self.x + self.width + _CONTEXT)
        bottom = min(drawable.get_height(), self.y + self.height + _CONTEXT)
        return Area(left, top, right - left, bottom - top)

    def strips(self) -> list[Gegl.Rectangle]:
        """Split the area into strips of rows."""
        bottom = self.y + self.height
        return [
            Gegl.Rectangle.new(self.x, top, self.width, min(_ROWS, bottom - top))
            for top in range(self.y, bottom, _ROWS)
        ]


def selected_area(drawable: Gimp.Drawable) -> Area | None:
    """Return the bounding box of a drawable's selected part, or all of it without a selection; None if outside."""
    inside, x, y, width, height = drawable.mask_intersect()
    return Area(x, y, width, height) if inside else None


def layout_of(drawable: Gimp.Drawable) -> dict[str, object]:
    """Return the pixel layout of a drawable as fields of a worker request.

    Notes
    -----
    The name of a format consists of its components, its type and, if the image has a profile, its color space:
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
    """Return the ICC profile of a drawable's colors; None for masks and channels of RGB images."""
    image = drawable.get_image()
    if drawable.is_gray() != (image.get_base_type() == Gimp.ImageBaseType.GRAY):
        return None
    return bytes(image.get_effective_color_profile().get_icc_profile())


def prepare(drawable: Gimp.Drawable, area: Area, folder: Path) -> dict[str, object]:
    """Write an area's pixels and profile for the worker, and return the request fields that describe them."""
    _write_file(drawable, area, folder / "pixels.in")
    profile = folder / "profile.icc"
    profile.unlink(missing_ok=True)
    if (icc := profile_of(drawable)) is not None:
        profile.write_bytes(icc)
    return {"width": area.width, "height": area.height, **layout_of(drawable)}


def to_screen(drawable: Gimp.Drawable, area: Area, data: bytes | None = None) -> bytes:
    """Return an area of the drawable, or `data` in the drawable's format, as sRGB with alpha, 8 bits."""
    rectangle = Gegl.Rectangle.new(area.x, area.y, area.width, area.height)
    buffer = drawable.get_buffer()
    if data is not None:
        name = Babl.get_name(drawable.get_format())
        buffer = Gegl.Buffer.new(name, area.x, area.y, area.width, area.height)
        buffer.set(rectangle, name, data)
    return bytes(buffer.get(rectangle, 1.0, _ON_SCREEN, Gegl.AbyssPolicy.NONE))


def to_thumbnail(drawable: Gimp.Drawable, scale: float) -> tuple[bytes, Area]:
    """Return a scaled drawable as sRGB with alpha, 8 bits, and its size as an area.

    Notes
    -----
    The thumbnail function of GIMP 3.0 itself supports only 8 bits.
    """
    width, height = (max(1, round(edge * scale)) for edge in (drawable.get_width(), drawable.get_height()))
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    data = drawable.get_buffer().get(rectangle, scale, _ON_SCREEN, Gegl.AbyssPolicy.NONE)
    return bytes(data), Area(0, 0, width, height)


def _write_file(drawable: Gimp.Drawable, area: Area, path: Path) -> None:
    """Write the pixels of an area to a file."""
    buffer = drawable.get_buffer()
    with path.open("wb") as file:
        for strip in area.strips():
            file.write(buffer.get(strip, 1.0, None, Gegl.AbyssPolicy.NONE))


def fill_shadow(drawable: Gimp.Drawable, area: Area, path: Path) -> None:
    """Read the pixels of a file into the shadow buffer, from which GIMP merges them into the drawable."""
    # The full format name: the plain encoding would convert from sRGB if the image has a profile.
    name = Babl.get_name(drawable.get_format())
    buffer = drawable.get_shadow_buffer()
    pixel = drawable.get_bpp()
    with path.open("rb") as file:
        for strip in area.strips():
            buffer.set(strip, name, file.read(strip.width * strip.height * pixel))
    buffer.flush()


def write_selected(drawable: Gimp.Drawable, area: Area, path: Path) -> None:
    """Overwrite the fully selected pixels with those of a file.

    Notes
    -----
    With a selection, GIMP blends in float32 and linear light, which slightly changes even fully selected pixels. Merge
    the shadow before this call: undoing the merge also undoes this change.
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
