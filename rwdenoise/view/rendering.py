"""Render photos for a screen, whole or in part: upright, before and after with the same brightness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.io.pictures.convert import to_depth
from rwdenoise.io.raw.develop import develop
from rwdenoise.io.raw.preview import camera_curve, render_small, with_square_pixels
from rwdenoise.photo.color import U16_MAX
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto, Samples
from rwdenoise.photo.tiling import Area

#: Px around an area that are developed with it: demosaicing needs a few neighbors.
MARGIN = 16
#: Least side of what is developed in px, if the photo is that large: LibRaw's good algorithm for X-Trans needs 512.
SMALLEST = 544
#: The 8-bit value that is shown for each 16-bit sRGB value, shape (65536,); the same for all colors.
ToneCurve = NDArray[np.uint8]
# Exif orientations that mirror left and right, that mirror top and bottom, and that swap both (Exif 2.32, 4.6.4).
_MIRRORED, _FLIPPED, _TURNED = {2, 3, 6, 7}, {3, 4, 7, 8}, {5, 6, 7, 8}


def tone_curve_of(photo: Photo) -> ToneCurve:
    """Return the tone curve for a photo: RAW as bright as the camera's own preview, developed pictures as they are.

    Take it from the noisy photo, and render the denoised one with it as well.
    """
    values = np.arange(U16_MAX + 1) / U16_MAX
    curve = camera_curve(render_small(photo), photo) if isinstance(photo, RawPhoto) else None
    bent = values if curve is None else np.interp(values, *curve)
    return np.rint(255 * bent).astype(np.uint8)


def render(
    photo: Photo, *, longest: int | None = None, area: Area | None = None, tone_curve: ToneCurve | None = None
) -> NDArray[np.uint8]:
    """Render a photo for the screen.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        RAW is developed: demosaiced, with the camera's white balance.
    longest : int, optional
        Px of the longest side, to which a larger picture is reduced.
    area : Area, optional
        The part to show, counted like `RawPhoto.planes` does; by default what the camera shows.
    tone_curve : ndarray of uint8, shape (65536,), optional
        From `tone_curve_of` of the noisy photo, so that before and after are equally bright; by default of this photo.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        sRGB, upright, with square pixels.
    """
    tone_curve = tone_curve_of(photo) if tone_curve is None else tone_curve
    if isinstance(photo, RgbPhoto):
        shown = tone_curve[to_depth(photo.planes(area).transpose(1, 2, 0), np.uint16)]
    elif area is None and longest is not None and _is_small_enough(photo, longest):
        shown = tone_curve[to_depth(render_small(photo, longest=2 * longest), np.uint16)]
    else:
        shown = tone_curve[_develop(photo, area or photo.crop)]
    return upright(_reduced(with_square_pixels(shown, photo.pixel_aspect), longest), photo.orientation)


def shown_box(photo: Photo, area: Area) -> tuple[float, float, float, float]:
    """Return where an area lies in the upright picture: left, top, right and bottom as shares of its edges."""
    shown = photo.shown
    top, left = (area.top - shown.top) / shown.height, (area.left - shown.left) / shown.width
    rows, columns = (top, top + area.height / shown.height), (left, left + area.width / shown.width)
    if photo.orientation in _TURNED:
        rows, columns = columns, rows
    if photo.orientation in _MIRRORED:
        columns = 1 - columns[1], 1 - columns[0]
    if photo.orientation in _FLIPPED:
        rows = 1 - rows[1], 1 - rows[0]
    return columns[0], rows[0], columns[1], rows[1]


def shown_size(photo: Photo) -> tuple[int, int]:
    """Return width and height of the upright picture in px."""
    shown = photo.shown
    aspect = photo.pixel_aspect
    size = round(shown.width * max(aspect, 1)), round(shown.height * max(1 / aspect, 1))
    return (size[1], size[0]) if photo.orientation in _TURNED else size


def stored_place(photo: Photo, x: float, y: float) -> tuple[int, int]:
    """Return row and column, counted from the corner of what the camera shows, of a pixel of the upright picture."""
    shown, (width, height) = photo.shown, shown_size(photo)
    across = 1 - x / width if photo.orientation in _MIRRORED else x / width
    down = 1 - y / height if photo.orientation in _FLIPPED else y / height
    if photo.orientation in _TURNED:
        across, down = down, across
    return round(down * shown.height), round(across * shown.width)


def _is_small_enough(photo: RawPhoto, longest: int) -> bool:
    """Tell whether a rendered pixel covers a whole period of the color filters, so that means replace demosaicing."""
    return max(photo.crop.height, photo.crop.width) >= longest * max(photo.period)


def _develop(photo: RawPhoto, area: Area) -> NDArray[np.uint16]:
    """Develop a part of a photo to 16-bit sRGB, neither rotated nor resampled; shape (H, W, 3)."""
    top, height = _widened(area.top, area.height, photo.frame.height)
    left, width = _widened(area.left, area.width, photo.frame.width)
    piece = photo.cut_out(Area(top, left, height, width))
    picture = develop(replace(piece, orientation=1, pixel_aspect=1.0)).samples
    return picture[Area(area.top - top, area.left - left, area.height, area.width).slices]


def _widened(start: int, length: int, whole: int) -> tuple[int, int]:
    """Return start and length of the rows or columns that must be developed to get some of them."""
    wanted = min(max(length + 2 * MARGIN, SMALLEST), whole)
    return max(0, min(start - (wanted - length) // 2, whole - wanted)), wanted


def _reduced(picture: NDArray[np.uint8], longest: int | None) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if longest is None or max(height, width) <= longest:
        return picture
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def upright(picture: Samples, orientation: int) -> Samples:
    """Return a picture, shape (H, W, ...), rotated and mirrored as its Exif orientation says."""
    if orientation in _TURNED:
        picture = picture.swapaxes(0, 1)
    if orientation in _MIRRORED:
        picture = picture[:, ::-1]
    if orientation in _FLIPPED:
        picture = picture[::-1]
    return np.ascontiguousarray(picture)
