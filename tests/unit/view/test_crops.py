"""The parts that are shown: the right ones, whole, and in the phase of the filters."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from rwdenoise.photo.cfa import BGGR, GRBG, LINEAR, MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.rgb import Encoding, RgbPhoto, Stored
from rwdenoise.photo.tiling import Area
from rwdenoise.view.crops import Crop, choose_crops, crop_at
from tests.photos import raw_photo

SIZE = 96
CFAS = [RGGB, GRBG, BGGR, X_TRANS, X_TRANS.shifted(1, 2), MONOCHROME, LINEAR]


def picture(samples: np.ndarray) -> RgbPhoto:
    return RgbPhoto(samples, None, Encoding(lambda colors: colors, lambda colors: colors), Stored("png"))


def three_places() -> RgbPhoto:
    """Return a bright calm picture: grain at the top left, small checks at the top right, dark at the bottom left."""
    rng = np.random.default_rng(0)
    tones = np.full((512, 512, 3), 0.8) + rng.normal(0, 0.002, (512, 512, 3))
    tones[:256, :256] = 0.4 + rng.normal(0, 0.05, (256, 256, 3))
    checks = (np.indices((256, 256)) // 3).sum(axis=0) % 2
    tones[:256, 256:] += 0.15 * checks[..., np.newaxis]
    tones[256:, :256] -= 0.68
    tones[480:, 480:] = 0.0
    return picture(np.rint(tones.clip(0, 1) * 65535).astype(np.uint16))


def quarter(crop: Crop) -> tuple[bool, bool]:
    return crop.area.top >= 256, crop.area.left >= 256


def test_the_noisiest_the_most_detailed_and_the_darkest_part() -> None:
    found = {crop.reason: quarter(crop) for crop in choose_crops(three_places(), size=SIZE)}
    assert found == {"noisiest": (False, False), "most detailed": (False, True), "darkest": (True, False)}


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("crop", [Area(0, 0, 301, 451), Area(3, 5, 291, 433)])
def test_parts_are_whole_apart_and_in_phase(cfa: Cfa, crop: Area) -> None:
    photo = raw_photo(cfa, size=(310, 460), active=Area(4, 6, 301, 451), crop=crop)
    areas = [crop.area for crop in choose_crops(photo, size=SIZE)]
    assert len(areas) == 3
    rows, columns = (1, 1) if cfa == LINEAR else cfa.period
    for area in areas:
        assert (area.height, area.width) == (SIZE, SIZE)
        assert (area.top % rows, area.left % columns) == (0, 0)
        assert area.top >= crop.top
        assert area.top + area.height <= crop.top + crop.height
        assert area.left >= crop.left
        assert area.left + area.width <= crop.left + crop.width
    seen = [np.zeros((301, 451), bool) for _ in areas]
    for mask, area in zip(seen, areas, strict=True):
        mask[area.slices] = True
    assert not any((one & other).any() for one, other in combinations(seen, 2))


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (40, 60), (95, 50)])
@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
def test_a_small_photo_is_shown_whole(cfa: Cfa, size: tuple[int, int]) -> None:
    assert [crop.area for crop in choose_crops(raw_photo(cfa, size=size), size=SIZE)] == [Area(0, 0, *size)]


def test_a_strip_is_shown_at_its_full_height() -> None:
    first, *_ = choose_crops(raw_photo(size=(41, 400)), size=SIZE)
    assert (first.area.height, first.area.width) == (41, SIZE)


def test_a_black_photo() -> None:
    assert choose_crops(picture(np.zeros((300, 300, 3), np.uint8)), size=SIZE)


@pytest.mark.parametrize(("row", "column", "corner"), [(150, 200, (104, 156)), (0, 0, (4, 6)), (290, 432, (198, 342))])
def test_a_chosen_part_stays_inside(row: int, column: int, corner: tuple[int, int]) -> None:
    photo = raw_photo(size=(310, 460), active=Area(4, 6, 301, 451), crop=Area(3, 5, 291, 433))
    chosen = crop_at(photo, row, column, size=SIZE)
    assert chosen == Crop("chosen", Area(*corner, SIZE, SIZE))


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
def test_a_part_is_a_photo_of_its_own(cfa: Cfa) -> None:
    photo = raw_photo(cfa, size=(60, 80), active=Area(3, 5, 50, 70))
    area = Area(7, 11, 21, 33)
    piece = photo.cut_out(area)
    np.testing.assert_array_equal(piece.planes(), photo.planes(area))
    assert piece.frame == piece.crop == Area(0, 0, 21, 33)
    if cfa != LINEAR:
        np.testing.assert_array_equal(piece.cfa.sites(21, 33), photo.cfa.sites(50, 70)[area.slices])


def test_alpha_is_cut_too() -> None:
    samples = np.arange(600, dtype=np.uint16).reshape(10, 20, 3)
    whole = replace(picture(samples), extra=samples[..., :1])
    piece = whole.cut_out(Area(2, 3, 4, 5))
    np.testing.assert_array_equal(piece.samples, samples[2:6, 3:8])
    np.testing.assert_array_equal(piece.extra, samples[2:6, 3:8, :1])
