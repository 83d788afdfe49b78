"""Test that tiles cover a frame exactly once, for all sizes."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rwdenoise.photo.tiling import in_bands, plan_even_tiles, plan_tiles


@given(
    rows=st.integers(1, 30), columns=st.integers(1, 30), size=st.integers(1, 200), halo=st.integers(0, 100),
    multiple=st.sampled_from([1, 2, 4, 16]),
)  # fmt: skip
def test_every_pixel_once_with_its_halo(rows: int, columns: int, size: int, halo: int, multiple: int) -> None:
    height, width = rows * multiple, columns * multiple
    frame = np.arange(height * width).reshape(height, width)
    copied = np.full_like(frame, -1)
    times_filled = np.zeros_like(frame)
    for tile in plan_tiles(height, width, size=size, halo=halo, multiple=multiple):
        cut = frame[tile.source_slices]
        copied[tile.target_slices] = cut[tile.inner_slices]
        times_filled[tile.target_slices] += 1
        for target, source, length in zip(tile.target_slices, tile.source_slices, frame.shape, strict=True):
            assert source.start % multiple == 0
            assert target.start % multiple == 0
            assert source.start <= max(0, target.start - halo)
            assert source.stop >= min(length, target.stop + halo)
            assert target.stop - target.start <= max(size, multiple)
    np.testing.assert_array_equal(copied, frame)
    np.testing.assert_array_equal(times_filled, 1)


@given(
    rows=st.integers(1, 40), columns=st.integers(1, 40), size=st.integers(1, 200), halo=st.integers(0, 100),
    multiple=st.sampled_from([1, 2, 4, 16]),
)  # fmt: skip
def test_even_tiles_see_equally_much(rows: int, columns: int, size: int, halo: int, multiple: int) -> None:
    height, width = rows * multiple, columns * multiple
    tiles = plan_even_tiles(height, width, size=size, halo=halo, multiple=multiple)
    times_filled = np.zeros((height, width))
    most = -(-size // multiple) * multiple + 2 * (-(-halo // multiple) * multiple)
    assert len({tuple(source.stop - source.start for source in tile.source_slices) for tile in tiles}) == 1
    for tile in tiles:
        times_filled[tile.target_slices] += 1
        for target, source, length in zip(tile.target_slices, tile.source_slices, (height, width), strict=True):
            assert source.start % multiple == source.stop % multiple == 0
            assert 0 <= source.start <= max(0, target.start - halo)
            assert length >= source.stop >= min(length, target.stop + halo)
            assert source.stop - source.start <= most
    np.testing.assert_array_equal(times_filled, 1)


def test_even_tiles_waste_little() -> None:
    tiles = plan_even_tiles(4000, 6000, size=1024, halo=96, multiple=16)
    seen = sum(math.prod(tile.source_size) for tile in tiles)
    assert seen < 1.35 * 24e6, "a whole halo on all sides would be 1.41"


@given(height=st.integers(1, 2000), width=st.integers(1, 400_000))
def test_bands_cover_every_row_once(height: int, width: int) -> None:
    assert [row for band in in_bands(height, width) for row in range(height)[band]] == list(range(height))
