"""Tiles cover a frame exactly once, whatever the sizes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rwdenoise.tiling import plan_tiles


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
        for target, source, length in zip(tile.target, tile.source, frame.shape, strict=True):
            assert source.start % multiple == 0
            assert target.start % multiple == 0
            assert source.start <= max(0, target.start - halo)
            assert source.stop >= min(length, target.stop + halo)
            assert target.stop - target.start <= max(size, multiple)
    np.testing.assert_array_equal(copied, frame)
    np.testing.assert_array_equal(times_filled, 1)
