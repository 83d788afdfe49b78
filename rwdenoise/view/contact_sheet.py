"""Draw a contact sheet: a row for each part of a photo, a labeled column for each way to denoise it."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from rwdenoise.errors import SettingsError
from rwdenoise.io.pictures.icc import profile

Picture = NDArray[np.uint8]
Color = tuple[int, int, int]
#: Left, top, right and bottom, as shares of width and height.
Box = tuple[float, float, float, float]

#: The suffixes that a sheet may have, and the format of each.
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
#: Longest side of the small picture of the whole photo in px.
OVERVIEW = 240
#: Crops below this edge in px are enlarged, each pixel to a square of several.
SMALLEST_SHOWN = 240

# Neutral, so that no color of the photo looks other than it is; one color for what points at something.
_PAPER: Color = (30, 30, 30)
_INK: Color = (236, 236, 236)
_PALE: Color = (158, 158, 158)
_MARK: Color = (255, 190, 60)
_MARGIN, _GAP, _NARROWEST = 24, 8, 640
_TITLE, _HEADING, _TEXT = 24, 17, 15
_LEADING = 1.45
_QUALITY = 95


@dataclass(frozen=True)
class Row:
    """One part of the photo."""

    title: str
    note: str
    """A remark, for example where it lies."""
    box: Box
    """Its place in the overview."""
    pictures: Sequence[Picture]
    """One for each column, all of the same size."""


@dataclass(frozen=True)
class Heading:
    """What stands above the rows."""

    title: str
    notes: Sequence[str]
    overview: Picture
    """The whole photo, small."""


def sheet_format(target: Path) -> str:
    """Return the format that belongs to the name of a sheet, ``"PNG"`` or ``"JPEG"``.

    Raises
    ------
    SettingsError
        If it promises another one, or none.
    """
    if target.suffix.lower() not in FORMATS:
        message = f"A sheet cannot be written as {target.name}; its name must end in {', '.join(FORMATS)}."
        raise SettingsError(message, hint="Name a PNG or JPEG file with -o.")
    return FORMATS[target.suffix.lower()]


def draw_sheet(heading: Heading, *, columns: Sequence[str], rows: Sequence[Row]) -> Image.Image:
    """Return the sheet.

    Parameters
    ----------
    heading : Heading
    columns : sequence of str
        What stands above each column.
    rows : sequence of Row
        At least one.
    """
    grown = [[_enlarged(picture) for picture in row.pictures] for row in rows]
    cell = max(picture.width for pictures in grown for picture in pictures)
    width = max(_NARROWEST, 2 * _MARGIN + len(columns) * (cell + _GAP) - _GAP)
    strips = [_head(heading, rows, width), _captions(columns, cell, width)]
    strips += [
        _strip(number, row, pictures, cell, width)
        for number, (row, pictures) in enumerate(zip(rows, grown, strict=True), 1)
    ]
    sheet = Image.new("RGB", (width, sum(strip.height for strip in strips) + _MARGIN - _GAP), _PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet


def encode_sheet(sheet: Image.Image, format: str) -> bytes:
    """Return the sheet as a file of one of `FORMATS`, with the profile of sRGB; JPEG with full color resolution."""
    file = BytesIO()
    options = {"quality": _QUALITY, "subsampling": 0} if format == "JPEG" else {}
    sheet.save(file, format, icc_profile=profile("srgb"), **options)
    return file.getvalue()


def _head(heading: Heading, rows: Sequence[Row], width: int) -> Image.Image:
    """Draw the overview with the crops marked in it, and the text beside it."""
    overview = Image.fromarray(heading.overview)
    for number, row in enumerate(rows, 1):
        _mark(overview, number, row.box)
    words = _TITLE * _LEADING + len(heading.notes) * _TEXT * _LEADING
    strip = Image.new("RGB", (width, max(overview.height, round(words)) + 2 * _MARGIN), _PAPER)
    strip.paste(overview, (_MARGIN, _MARGIN))
    left, top = _MARGIN + overview.width + _MARGIN, float(_MARGIN)
    room = width - left - _MARGIN
    top = _write(strip, (left, top), heading.title, size=_TITLE, color=_INK, room=room)
    for note in heading.notes:
        top = _write(strip, (left, top), note, size=_TEXT, color=_PALE, room=room)
    return strip


def _mark(overview: Image.Image, number: int, box: Box) -> None:
    """Draw the frame of a crop, and its number where it fits: in the corner."""
    draw = ImageDraw.Draw(overview)
    left, top, right, bottom = (round(share * (edge - 1)) for share, edge in zip(box, overview.size * 2, strict=True))
    draw.rectangle((left, top, right, bottom), outline=_MARK, width=2)
    label = str(number)
    wide = draw.textlength(label, font=_font(_TEXT))
    draw.rectangle((left, top, left + wide + 6, top + _TEXT + 3), fill=_MARK)
    draw.text((left + 4, top + 1), label, fill=_PAPER, font=_font(_TEXT))


def _captions(columns: Sequence[str], cell: int, width: int) -> Image.Image:
    strip = Image.new("RGB", (width, round(_HEADING * _LEADING) + _GAP), _PAPER)
    for index, column in enumerate(columns):
        left = _MARGIN + index * (cell + _GAP)
        _write(strip, (left, 0), column, size=_HEADING, color=_INK, room=cell)
    return strip


def _strip(number: int, row: Row, pictures: Sequence[Image.Image], cell: int, width: int) -> Image.Image:
    """Draw a row: a line that names it, and its pictures below."""
    line = round(_TEXT * _LEADING) + 2
    height = max(picture.height for picture in pictures)
    strip = Image.new("RGB", (width, line + height + 2 * _GAP), _PAPER)
    name = f"{number}  {row.title}"
    _write(strip, (_MARGIN, 0), name, size=_TEXT, color=_MARK, room=width - 2 * _MARGIN)
    after = _MARGIN + _font(_TEXT).getlength(_plain(name)) + 2 * _GAP
    scale = pictures[0].width // row.pictures[0].shape[1]
    note = f"{row.note}, enlarged {scale} times" if scale > 1 else row.note
    _write(strip, (after, 0), note, size=_TEXT, color=_PALE, room=width - _MARGIN - after)
    for index, picture in enumerate(pictures):
        strip.paste(picture, (_MARGIN + index * (cell + _GAP), line))
    return strip


def _enlarged(picture: Picture) -> Image.Image:
    scale = -(-SMALLEST_SHOWN // max(picture.shape[:2]))
    return Image.fromarray(np.repeat(np.repeat(picture, scale, axis=0), scale, axis=1))


def _write(strip: Image.Image, place: tuple[float, float], text: str, *, size: int, color: Color, room: float) -> float:
    """Write a line, shortened to fit, and return where the next one begins."""
    words, font = _plain(text), _font(size)
    if font.getlength(words) > room:
        fitting = bisect_right(range(len(words)), room, key=lambda length: font.getlength(f"{words[:length]}..."))
        words = f"{words[: max(0, fitting - 1)]}..."
    ImageDraw.Draw(strip).text(place, words, fill=color, font=font)
    return place[1] + size * _LEADING


def _plain(text: str) -> str:
    """Return the text in ASCII, which is all that Pillow's own font has."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore" if text.isascii() else "replace").decode()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)  # type: ignore[return-value]  # Pillow's wheels have FreeType
