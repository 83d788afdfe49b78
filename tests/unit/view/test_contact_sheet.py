"""The sheet: every crop is on it pixel for pixel, and every name finds its room."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rwdenoise.errors import SettingsError
from rwdenoise.view.contact_sheet import Heading, Row, draw_sheet, encode_sheet, sheet_format

OVERVIEW = np.full((160, 240, 3), 90, np.uint8)


def row(*, size: tuple[int, int], columns: int, seed: int = 0) -> Row:
    rng = np.random.default_rng(seed)
    pictures = [rng.integers(0, 256, (*size, 3)).astype(np.uint8) for _ in range(columns)]
    return Row("noisiest", "at 10,20", (0.1, 0.2, 0.4, 0.5), pictures)


def sheet(*rows: Row, title: str = "IMG_1.NEF", columns: int = 2) -> np.ndarray:
    drawn = draw_sheet(
        Heading(title, ["a camera"], OVERVIEW), columns=["noisy", *["denoised"] * (columns - 1)], rows=rows
    )
    return np.asarray(drawn)


def holds(picture: np.ndarray, part: np.ndarray) -> bool:
    """Tell whether a picture holds a part, looking where its first row may begin."""
    height, width = part.shape[:2]
    starts = np.argwhere((picture[: 1 - height or None, : 1 - width or None] == part[0, 0]).all(axis=2))
    return any(np.array_equal(picture[y : y + height, x : x + width], part) for y, x in starts)


def test_every_crop_is_there_pixel_for_pixel() -> None:
    rows = [row(size=(250, 300), columns=3, seed=seed) for seed in range(2)]
    drawn = sheet(*rows, columns=3)
    assert all(holds(drawn, picture) for one in rows for picture in one.pictures)


def test_small_crops_are_enlarged_by_whole_numbers() -> None:
    one = row(size=(100, 90), columns=2)
    grown = np.repeat(np.repeat(one.pictures[1], 3, axis=0), 3, axis=1)
    assert holds(sheet(one), grown)


@pytest.mark.parametrize("columns", [1, 2, 9])
def test_the_sheet_is_as_wide_as_its_columns(columns: int) -> None:
    width = sheet(row(size=(300, 300), columns=columns), columns=columns).shape[1]
    assert width >= max(640, columns * 300)


@pytest.mark.parametrize("title", ["x" * 4000, "фото 写真.NEF", "", "Übermut é.jpg"])
def test_names_of_any_kind(title: str) -> None:
    one = row(size=(300, 300), columns=2)
    assert sheet(one, title=title).shape == sheet(one).shape


def test_crops_of_different_shape_share_a_sheet() -> None:
    rows = [row(size=(300, 280), columns=2), row(size=(280, 300), columns=2)]
    drawn = sheet(*rows)
    assert all(holds(drawn, picture) for one in rows for picture in one.pictures)


@pytest.mark.parametrize(("format", "furthest"), [("PNG", 0), ("JPEG", 40)])
def test_files_hold_the_sheet_in_srgb(format: str, furthest: int) -> None:
    drawn = draw_sheet(Heading("a", [], OVERVIEW), columns=["noisy"], rows=[row(size=(1, 1), columns=1)])
    opened = Image.open(BytesIO(encode_sheet(drawn, format)))
    assert opened.format == format
    assert opened.info["icc_profile"]
    assert np.abs(np.asarray(opened).astype(int) - np.asarray(drawn)).max() <= furthest


def test_formats() -> None:
    assert [sheet_format(Path(name)) for name in ("a.PNG", "b.jpg", "c.jpeg")] == ["PNG", "JPEG", "JPEG"]
    with pytest.raises(SettingsError, match=r"\.png, \.jpg, \.jpeg"):
        sheet_format(Path("a.tif"))
