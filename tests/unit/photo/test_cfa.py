"""The color filter arrays."""

import numpy as np
import pytest

from rwdenoise.photo.cfa import BAYER_PHASES, BLUE, CLEAR, GREEN, LINEAR, MONOCHROME, RED, RGGB, X_TRANS


@pytest.mark.parametrize("cfa", BAYER_PHASES)
def test_bayer_has_twice_as_much_green(cfa) -> None:
    assert np.bincount(cfa.sites(8, 8).ravel(), minlength=3).tolist() == [16, 32, 16]


def test_x_trans_has_20_green_8_red_8_blue() -> None:
    sites = X_TRANS.sites(6, 6)
    assert [int((sites == color).sum()) for color in (RED, GREEN, BLUE)] == [8, 20, 8]
    for line in (*sites, *sites.T):
        assert {RED, GREEN, BLUE} <= set(line.tolist()), "every row and column sees every color"


def test_phases_are_shifts_of_one_pattern() -> None:
    shifts = {RGGB.shifted(top, left).colors for top in (0, 1) for left in (0, 1)}
    assert shifts == {cfa.colors for cfa in BAYER_PHASES}


def test_planes_say_what_each_site_sees() -> None:
    planes = RGGB.planes(3, 5)
    assert planes.shape == (3, 3, 5)
    assert planes.dtype == np.float32
    np.testing.assert_array_equal(planes.argmax(axis=0), RGGB.sites(3, 5))
    np.testing.assert_array_equal(planes.sum(axis=0), 1)


def test_clear_sites_see_everything() -> None:
    assert MONOCHROME.sites(2, 2).tolist() == [[CLEAR, CLEAR], [CLEAR, CLEAR]]
    np.testing.assert_array_equal(MONOCHROME.planes(2, 3), 1)


def test_a_linear_photo_has_no_sites_to_count_from() -> None:
    assert LINEAR.shifted(3, 5) == LINEAR
