"""Cut a frame into tiles that cover it exactly once, each with a halo of surrounding pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

# Pixels in a band of rows; one float32 plane of it takes 1 MB.
_BAND = 1 << 18


@dataclass(frozen=True)
class Area:
    """A rectangle, in px."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, rows: slice, columns: slice) -> Area:
        """Return the rectangle of some rows and columns."""
        return cls(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns for indexing an array."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def band(self, rows: slice) -> Area:
        """Return the rectangle of some of its rows, relative to its top."""
        return replace(self, top=self.top + rows.start, height=rows.stop - rows.start)


@dataclass(frozen=True)
class Tile:
    """A rectangle to compute, and the larger one with the halo that this needs as input."""

    target_slices: tuple[slice, slice]
    """Rows and columns of the frame that the tile computes."""
    source_slices: tuple[slice, slice]
    """The target and its halo, limited to the frame."""

    @property
    def source_size(self) -> tuple[int, int]:
        """Height and width of the source, in px."""
        rows, columns = (span.stop - span.start for span in self.source_slices)
        return rows, columns

    @property
    def inner_slices(self) -> tuple[slice, slice]:
        """The target within the source."""
        rows, columns = (
            slice(target.start - source.start, target.stop - source.start)
            for target, source in zip(self.target_slices, self.source_slices, strict=True)
        )
        return rows, columns


def plan_tiles(height: int, width: int, *, size: int, halo: int, multiple: int) -> Iterator[Tile]:
    """Cut a frame into tiles.

    Parameters
    ----------
    height, width : int
        Size of the frame in px, both multiples of `multiple`.
    size : int
        Largest edge of a target, in px.
    halo : int
        Width of the halo around a target in px, within the frame.
    multiple : int
        All edges are multiples of this: a network that downsamples then sees each tile in the same phase as the whole
        frame.

    Yields
    ------
    Tile
        Row by row. The targets cover each pixel once.
    """
    step = max(multiple, size // multiple * multiple)
    reach = _round_up(halo, multiple)
    for rows in _spans(height, step):
        for columns in _spans(width, step):
            yield Tile((rows, columns), (_widen(rows, reach, height), _widen(columns, reach, width)))


def _spans(length: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def _widen(span: slice, reach: int, length: int) -> slice:
    return slice(max(0, span.start - reach), min(length, span.stop + reach))


def plan_even_tiles(height: int, width: int, *, size: int, halo: int, multiple: int) -> list[Tile]:
    """Cut a frame into tiles with sources of equal size: a network is then prepared for a single shape.

    Parameters
    ----------
    height, width, halo, multiple : int
        As for `plan_tiles`.
    size : int
        Largest edge of a source less twice the halo, in px, rounded up to `multiple`. Tiles are no larger than needed
        to cover the frame with the same number of tiles.

    Returns
    -------
    list of Tile
        Row by row. The targets cover each pixel once; those at the edges of the frame, which need no halo there, are
        larger.
    """
    reach = _round_up(halo, multiple)
    rows, columns = (_even_spans(length, size, reach, multiple) for length in (height, width))
    return [
        Tile((row, column), (row_source, column_source))
        for row, row_source in rows
        for column, column_source in columns
    ]


def _even_spans(length: int, size: int, reach: int, multiple: int) -> list[tuple[slice, slice]]:
    """Return targets with their sources; targets meet in the middle of the overlap of sources, twice the reach."""
    inner = max(length - 2 * reach, 1)
    count = -(-inner // _round_up(size, multiple))
    step = _round_up(-(-inner // count), multiple)
    edge = min(step + 2 * reach, length)
    starts = [min(index * step, length - edge) for index in range(count)]
    bounds = [0, *(start + reach for start in starts[1:]), length]
    return [
        (slice(begin, end), slice(start, start + edge))
        for begin, end, start in zip(bounds[:-1], bounds[1:], starts, strict=True)
    ]


def in_bands(height: int, width: int, *, step: int = 1) -> Iterator[slice]:
    """Cut the rows of a frame into bands, to keep the intermediate results of pixelwise work small.

    Each band but the last has a multiple of `step` rows.
    """
    rows = max(1, _BAND // (width * step)) * step
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
