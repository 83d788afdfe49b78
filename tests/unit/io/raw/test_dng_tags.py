"""What a DNG states, in all the forms that the specification allows."""

import numpy as np
import pytest

from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng_tags import (
    active_area,
    black_level,
    color_matrix,
    crop,
    kept_tags,
    noise_profile,
    still_valid_opcodes,
    white_balance,
    white_levels,
)
from rwdenoise.io.raw.tiff_structure import numbers, rationals
from rwdenoise.photo.tag import DOUBLE, LONG, SHORT, Tag
from rwdenoise.photo.tiling import Area


def directory(*found: Tag) -> dict[int, Tag]:
    return {tag.code: tag for tag in found}


def test_black_of_one_value_and_none() -> None:
    assert black_level({}, (2, 2)).tolist() == [[0, 0], [0, 0]]
    assert black_level(directory(rationals(tags.BLACK_LEVEL, [64.5])), (6, 6)).tolist() == [[64.5] * 6] * 6


def test_black_that_repeats_otherwise_than_the_filters() -> None:
    repeat = numbers(tags.BLACK_LEVEL_REPEAT_DIM, SHORT, (1, 4))
    found = directory(repeat, rationals(tags.BLACK_LEVEL, [10, 20, 30, 40]))
    assert black_level(found, (2, 2)).tolist() == [[20, 30], [20, 30]]


def test_black_deltas_are_averaged() -> None:
    deltas = (
        rationals(tags.BLACK_LEVEL_DELTA_H, [1, 3], signed=True),
        rationals(tags.BLACK_LEVEL_DELTA_V, [-4], signed=True),
    )
    assert black_level(directory(rationals(tags.BLACK_LEVEL, [100]), *deltas), (2, 2))[0, 0] == 98


def test_a_wrong_number_of_black_levels_is_nonsense() -> None:
    repeat = numbers(tags.BLACK_LEVEL_REPEAT_DIM, SHORT, (2, 2))
    assert np.isnan(black_level(directory(repeat, rationals(tags.BLACK_LEVEL, [1])), (2, 2))).all()


def test_the_daylight_matrix_is_taken() -> None:
    one, two = (rationals(code, np.eye(3).ravel() * n, signed=True) for n, code in enumerate((50721, 50722), 1))
    light = numbers(tags.CALIBRATION_ILLUMINANT_1, SHORT, (21,))
    assert color_matrix(directory(one, two, light))[0, 0] == 1
    light = numbers(tags.CALIBRATION_ILLUMINANT_2, SHORT, (21,))
    assert color_matrix(directory(one, two, light))[0, 0] == 2
    assert color_matrix(directory(one))[0, 0] == 1
    assert color_matrix({}) is None
    assert color_matrix(directory(rationals(50721, np.zeros(9), signed=True))) is None


@pytest.mark.parametrize("edges", [(0, 0, 10, 21), (5, 5, 5, 9), (0, 0, 10)])
def test_areas_that_cannot_be_are_not_believed(edges: tuple[int, ...]) -> None:
    assert active_area(directory(numbers(tags.ACTIVE_AREA, LONG, edges)), (10, 20)) is None


def test_the_crop_is_counted_from_the_active_area() -> None:
    found = directory(rationals(tags.DEFAULT_CROP_ORIGIN, (3, 2)), rationals(tags.DEFAULT_CROP_SIZE, (10, 6)))
    assert crop(found, Area(5, 5, 8, 13)) == Area(2, 3, 6, 10)
    assert crop(found, Area(5, 5, 7, 13)) == Area(0, 0, 7, 13)


def test_noise_of_one_plane_and_of_three() -> None:
    assert noise_profile([directory(numbers(tags.NOISE_PROFILE, DOUBLE, (1e-3, 1e-6)))]).shot == 1e-3
    three = numbers(tags.NOISE_PROFILE, DOUBLE, (1e-3, 1e-6, 2e-3, 2e-6, 3e-3, 3e-6))
    assert noise_profile([{}, directory(three)]).shot == 2e-3
    assert noise_profile([directory(numbers(tags.NOISE_PROFILE, DOUBLE, (5, float("nan"))))]) is None
    assert noise_profile([{}]) is None


def opcode(number: int, parameters: bytes) -> bytes:
    return b"".join(n.to_bytes(4, "big") for n in (number, 0x01030000, 0, len(parameters))) + parameters


def test_corrections_by_level_are_left_out() -> None:
    keep, drop = opcode(5, b"list of bad pixels!!"), opcode(4, b"constant")
    data = (3).to_bytes(4, "big") + drop + keep + opcode(7, bytes(8))
    assert still_valid_opcodes(data) == (1).to_bytes(4, "big") + keep
    assert still_valid_opcodes(data[:-3]) == (1).to_bytes(4, "big") + keep
    assert still_valid_opcodes(b"") == bytes(4)


def test_only_colors_and_corrections_are_kept() -> None:
    main = directory(rationals(50721, np.eye(3).ravel(), signed=True), numbers(tags.IMAGE_WIDTH, LONG, (1,)))
    mosaic = directory(Tag(51009, 7, bytes(4)), rationals(tags.BLACK_LEVEL, (1,)))
    assert [tag.code for tag in kept_tags(main, mosaic)] == [50721, 51009]


def test_levels_of_linear_pictures() -> None:
    black = directory(rationals(tags.BLACK_LEVEL, [64, 65, 66.5]))
    with_repeat = {
        **directory(numbers(tags.BLACK_LEVEL_REPEAT_DIM, SHORT, (1, 2))),
        **directory(rationals(tags.BLACK_LEVEL, [64, 65, 66, 66, 67, 68])),
    }
    samples = directory(numbers(tags.WHITE_LEVEL, LONG, (4000, 4001, 4002)))
    assert black_level({}, (1, 1, 3)).tolist() == [[[0, 0, 0]]]
    assert black_level(black, (1, 1, 3)).tolist() == [[[64, 65, 66.5]]]
    assert black_level(with_repeat, (1, 1, 3)).tolist() == [[[65, 66, 67]]]
    assert np.isnan(black_level(directory(rationals(tags.BLACK_LEVEL, [64])), (1, 1, 3))).all()
    assert white_levels({}).tolist() == [1, 1, 1]
    assert white_levels(samples).tolist() == [4000, 4001, 4002]


def test_the_white_balance_is_that_of_the_neutral_color() -> None:
    stated = white_balance(directory(rationals(tags.AS_SHOT_NEUTRAL, [0.5, 1, 0.625])))
    assert stated is not None
    assert stated.tolist() == [2, 1, 1.6]
    assert white_balance({}) is None
    assert white_balance(directory(rationals(tags.AS_SHOT_NEUTRAL, [0, 1, 1]))) is None
