"""The walk from the noisy to the clean photo: steps outside, tiles inside, and a tile rests where it can.

Each step estimates the whole frame, tile by tile. A tile needs only the halo of one pass of the network then, whatever
the number of steps. x stays on the network's device between the steps.

From one step to the next an estimate hardly moves. So a tile rests for as many steps as it takes, at the pace at which
it moved last, to move by a small share of what is removed; meanwhile the estimate that is expected in the middle of the
rest stands in for it. Its neighbors go on, and see it move on all the same.

In the second half of the steps the network sees the photo upside down: some of its errors are others then, and the
result is a mean of both. *Measured* with two steps: it costs no time and gains 0.04 to 0.09 dB for mosaics, 0.02 for
real noise in developed pictures, 0.05 to 0.1 for white noise in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from rwdenoise.choices import Settings
from rwdenoise.denoising.diffusion import STEPS
from rwdenoise.denoising.frames import Frame
from rwdenoise.errors import DeviceMemoryError
from rwdenoise.memory import within_memory
from rwdenoise.network.engines.base import Estimate, LoadedNetwork
from rwdenoise.network.weights import Architecture
from rwdenoise.photo.cfa import Domain
from rwdenoise.photo.tiling import Tile, in_bands, plan_even_tiles

OnProgress = Callable[[int, int], None]

#: Edge in px below which tiles are not halved, however little memory there is.
SMALLEST_TILE = 64

# Share of what is removed, root mean square, that an estimate may move while its tile rests. *Measured* with the
# released weights from ISO 200 to 51200: of 20 steps 5 or 6 passes remain for mosaics, and 0.007 dB change; pictures,
# whose noise is not known, move more and less evenly: 5 to 9 passes of four of them, 0.002 to 0.016 dB.
_MAY_MOVE: dict[Domain, float] = {"cfa": 0.12, "rgb": 0.08}
# How much of the pace at which it moved last an estimate keeps: the rest was chance. *Measured* likewise: at 0 and at
# 1 the photo changes five times as much, in opposite directions.
_KEEPS = 0.7
# What no 14-bit camera can show: a quarter of its step. The stabilizing curve at most doubles differences.
_INVISIBLE = 0.25 / 16383 / 2


@dataclass
class _Progress:
    """How far one tile is."""

    tile: Tile
    due: int = 0
    """The step at which it must be estimated again."""
    distance: float = 0.0
    """Steps from the moment that its estimate is for until it is due; 0 before the first estimate."""


class Walk:
    """The walk of one photo.

    Parameters
    ----------
    frame : Frame
    network : LoadedNetwork
    settings : Settings
    architecture : Architecture
        Of the network.
    halo : int
        Px around a tile that its pixels depend on.
    tile : int
        Edge of the tiles in px, halo not counted.
    on_progress : callable, optional
        Told ``(done, total)`` after each tile; an exception that it raises ends the work.
    """

    def __init__(  # noqa: PLR0913 -- all by name
        self,
        frame: Frame,
        network: LoadedNetwork,
        *,
        settings: Settings,
        architecture: Architecture,
        halo: int,
        tile: int,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.tile = tile
        """The edge that memory allowed in the end."""
        self.pixels_run = 0
        """Pixels that went through the network, once for each pass; halos are not counted."""
        self._frame, self._network, self._settings = frame, network, settings
        self._architecture, self._halo = architecture, halo
        self._on_progress = on_progress or (lambda _done, _total: None)
        self._estimate = torch.empty_like(frame.noisy)
        # The step from which on the network sees the photo upside down.
        self._turn = math.ceil(settings.steps / 2)
        self._plan()

    def run(self) -> Tensor:
        """Walk towards the clean photo as far as the strength says."""
        noisy = x = self._frame.noisy
        step = STEPS[self._settings.sampler]
        for index, (t, s) in enumerate(pairwise(self._settings.times), start=1):
            self._estimate_frame(x, index - 1, t * self._frame.sigma)
            # No frame is made that is not needed: the last estimate makes room for the result.
            after = self._estimate if index == self._settings.steps else torch.empty_like(x) if x is noisy else x
            for rows in in_bands(*x.shape[1:]):
                after[:, rows] = step(x[:, rows], self._estimate[:, rows], noisy[:, rows], t, s)
            x = after
        return x

    def _plan(self) -> None:
        height, width = self._frame.noisy.shape[1:]
        multiple = self._architecture.multiple
        tiles = plan_even_tiles(height, width, size=self.tile, halo=self._halo, multiple=multiple)
        self._tiles = [_Progress(tile) for tile in tiles]

    def _estimate_frame(self, x: Tensor, index: int, level: float) -> None:
        """Bring the estimate of the frame up to a step; on too little memory with smaller and smaller tiles."""
        while True:
            try:
                with within_memory(x.device.type):
                    return self._estimate_tiles(x, index, level)
            except DeviceMemoryError:
                if self.tile <= SMALLEST_TILE:
                    raise
                self.tile //= 2
                self._plan()

    def _estimate_tiles(self, x: Tensor, index: int, level: float) -> None:
        estimate = self._network.at(level) if any(tile.due <= index for tile in self._tiles) else None
        count = len(self._tiles)
        for done, progress in enumerate(self._tiles, start=index * count + 1):
            if estimate is not None and progress.due <= index:
                self._estimate_tile(estimate, x, index, progress)
            self._on_progress(done, self._settings.steps * count)

    def _estimate_tile(self, estimate: Estimate, x: Tensor, index: int, progress: _Progress) -> None:
        tile = progress.tile
        rows, columns = tile.source_slices
        see = _upside_down if index >= self._turn else _upright
        seen = see(estimate, x[:, rows, columns], self._frame.colors(tile))
        inner, target = (slice(None), *tile.inner_slices), (slice(None), *tile.target_slices)
        new, before = seen[inner], self._estimate[target]
        self.pixels_run += new[0].numel()
        rest = 1
        # Of `improved` every estimate has its share in the result, so that one can stand for several.
        if progress.distance and self._settings.sampler == "improved":
            pace = (new - before) / progress.distance
            left = (self._turn if index < self._turn else self._settings.steps) - index
            rest = self._rest(_size(pace), _size(self._frame.noisy[target] - new), left=left)
            new = new + pace * (_KEEPS * (rest - 1) / 2)
        before.copy_(new)
        progress.due, progress.distance = index + rest, (rest + 1) / 2

    def _rest(self, pace: float, removed: float, *, left: int) -> int:
        """Return for how many steps an estimate will do that moves so much each, of as many as are left."""
        may_move = max(_MAY_MOVE[self._architecture.domain] * removed, _INVISIBLE)
        return next((steps for steps in range(left, 1, -1) if pace * steps <= may_move), 1)


def _upright(estimate: Estimate, x: Tensor, colors: Tensor | None) -> Tensor:
    return estimate(x[None], None if colors is None else colors[None])[0]


def _upside_down(estimate: Estimate, x: Tensor, colors: Tensor | None) -> Tensor:
    return _upright(estimate, x.flip(1), None if colors is None else colors.flip(1)).flip(1)


def _size(x: Tensor) -> float:
    """Return the root mean square."""
    return math.sqrt(float(x.square().mean()))
