"""Numbers change their depth, alpha is split off and joined."""

import numpy as np
import pytest

from rwdenoise.io.pictures.convert import joined, to_depth, to_photo
from rwdenoise.photo.rgb import Stored


def test_8_bit_is_the_nearest() -> None:
    values = np.array([[[0, 128, 129], [65535, 65407, 65406], [257, 300, 32896]]], np.uint16)
    assert to_depth(values, np.uint8).ravel().tolist() == [0, 0, 1, 255, 255, 254, 1, 1, 128]


def test_other_types() -> None:
    assert to_depth(np.array([0, 2**31, 2**32 - 1], np.uint32), np.uint16).tolist() == [0, 32768, 65535]
    floats = np.array([-1, 0.5, 1, 3, np.nan, np.inf, -np.inf], np.float32)
    assert to_depth(floats, np.uint16).tolist() == [0, 32768, 65535, 65535, 0, 65535, 0]
    assert to_depth(floats.astype(np.float16)[:3], np.uint8).tolist() == [0, 128, 255]
    same = np.arange(5, dtype=np.uint16)
    assert to_depth(same, np.uint16) is same


@pytest.mark.parametrize(("channels", "colors"), [(1, 1), (2, 1), (3, 3), (4, 3)])
def test_alpha_is_split_off_and_joined(channels: int, colors: int) -> None:
    whole = np.arange(5 * 7 * channels, dtype=np.uint8).reshape(5, 7, channels)
    photo = to_photo(whole, Stored("png"))
    assert photo.samples.shape == (5, 7, colors)
    np.testing.assert_array_equal(joined(photo).reshape(whole.shape), whole)
