"""Mosaics of any width come back from LibRaw as they were written."""

import numpy as np
import pytest

from rwdenoise.io.raw.dng import TILE, encode_bare_dng
from rwdenoise.io.raw.libraw import unpacked
from rwdenoise.photo.cfa import MONOCHROME, RGGB, Cfa
from tests.photos import raw_photo


@pytest.mark.parametrize("cfa", [RGGB, MONOCHROME], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("width", [TILE, 2 * TILE - 2, 2 * TILE, 2 * TILE + 2, 3 * TILE, 4 * TILE])
def test_widths_near_those_of_tiles(cfa: Cfa, width: int) -> None:
    photo = raw_photo(cfa, size=(2 * TILE, width))
    with unpacked(encode_bare_dng(photo), name="photo") as raw:
        np.testing.assert_array_equal(raw.raw_image, photo.mosaic)
