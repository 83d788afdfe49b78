"""What a report shows, ready to be written: pictures as bytes, large enough to judge by, and facts as words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.photo.tiling import Area

#: A label and its value.
Fact = tuple[str, str]

# Most photos, then the fields of `Bounds`. A report of 1 photo full of detail takes 5 MB, of 40 70 MB, of 200 135 MB;
# of usual photos half of that. A browser reads some 100 MB a second.
_BOUNDS: tuple[tuple[float, int, int, int], ...] = (
    (4, 2560, 400, 84),
    (40, 1600, 320, 78),
    (200, 960, 192, 66),
    (float("inf"), 640, 160, 60),
)
# Px of the longest side of a thumbnail: twice its size on a usual screen.
_THUMBNAIL = 400
_THUMBNAIL_QUALITY = 60


@dataclass(frozen=True)
class Picture:
    """An encoded picture."""

    data: bytes
    width: int
    height: int
    kind: str
    """The media type."""

    @property
    def uri(self) -> str:
        """The picture as a ``data:`` URI."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True)
class View:
    """The same part of a photo before and after, and what was removed."""

    title: str
    before: Picture
    after: Picture
    removed: Picture
    scale: float = 1.0
    """Size of the pictures relative to the photo."""
    marks: tuple[Area, ...] = ()
    """Where structure was removed, in px of the pictures."""

    @property
    def layers(self) -> Iterator[tuple[str, Picture]]:
        """The pictures with their names."""
        yield from (("Before", self.before), ("After", self.after), ("Removed", self.removed))


@dataclass(frozen=True)
class Comparison:
    """One photo before and after."""

    name: str
    about: str
    """A line with the main facts, shown below the name."""
    thumbnail: Picture
    views: tuple[View, ...]
    """The whole photo, then crops at 100 %."""
    curve: Picture | None = None
    """The noise curve, drawn for a light page."""
    facts: tuple[tuple[str, tuple[Fact, ...]], ...] = ()
    """Headings, and the facts below each."""
    warnings: tuple[str, ...] = ()
    iso: float | None = None
    noise: float | None = None
    """Standard deviation of the noise at middle gray, in shares of white."""
    seconds: float | None = None
    structure: float | None = None
    """Share of the blocks from which structure was removed."""


@dataclass(frozen=True)
class Bounds:
    """How large the pictures of one photo may be."""

    longest: int
    """Px of the longest side of the whole photo."""
    crop: int
    """Px of the edges of the crops."""
    quality: int
    """WebP quality of pictures that are not shown pixel by pixel."""

    @classmethod
    def for_photos(cls, photos: int) -> Self:
        """Return the bounds for a report of so many photos: the more there are, the less is spent on each."""
        return next(cls(*bounds) for most, *bounds in _BOUNDS if photos <= most)


def encode(pixels: NDArray[np.uint8], *, quality: int) -> Picture:
    """Encode a picture that is not looked at pixel by pixel.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        sRGB.
    quality : int
        From 0 to 100.
    """
    return _encode(Image.fromarray(pixels), "WebP", quality=quality)


def encode_crop(pixels: NDArray[np.uint8]) -> Picture:
    """Encode a picture, uint8 of shape (H, W, 3), whose single pixels will be looked at."""
    # WebP halves the resolution of colors, and color noise would be gone.
    return _encode(Image.fromarray(pixels), "JPEG", quality=88, subsampling="4:4:4")


def thumbnail_of(picture: Picture) -> Picture:
    """Return a smaller copy of an encoded picture."""
    with Image.open(BytesIO(picture.data)) as image:
        image.thumbnail((_THUMBNAIL, _THUMBNAIL))
        return _encode(image, "WebP", quality=_THUMBNAIL_QUALITY)


def encode_drawing(png: bytes) -> Picture:
    """Encode a drawing, given as PNG, as small as possible without loss."""
    with Image.open(BytesIO(png)) as image:
        return _encode(image.convert("RGB"), "WebP", lossless=True)


def _encode(image: Image.Image, format: str, **options: Any) -> Picture:  # noqa: ANN401 -- what Pillow takes
    file = BytesIO()
    image.save(file, format, **options)
    return Picture(file.getvalue(), *image.size, kind=f"image/{format.lower()}")
