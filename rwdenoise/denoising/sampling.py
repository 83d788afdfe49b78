"""The sampling loop: steps outside, tiles inside; of many steps most reuse the estimate of an earlier one.

Each step estimates the whole frame, tile by tile. A tile needs only the halo of one pass of the network then, whatever
the number of steps. x stays on the network's device between the steps.

From one step to the next an estimate hardly moves. So the network runs in at most six steps, and a sampler that ends
at a mean of all estimates gets the last one again in the others (step skipping). Which steps these are depends on
their number alone, so that rounding, tiles and what is in the photo change nothing about it.

In the second half of the steps the network sees the photo upside down: some of its errors are others then, and the
result is a mean of both. *Measured* with two steps: it costs no time and gains 0.04 to 0.09 dB for mosaics, 0.02 for
real noise in developed pictures, 0.05 to 0.1 for white noise in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from rwdenoise.choices import Settings
from rwdenoise.denoising.diffusion import SAMPLERS
from rwdenoise.denoising.frames import Frame
from rwdenoise.errors import DeviceMemoryError
from rwdenoise.memory import within_memory
from rwdenoise.network.engines.base import Estimate, LoadedNetwork
from rwdenoise.network.weights import Architecture
from rwdenoise.photo.tiling import Tile, plan_even_tiles

OnProgress = Callable[[int, int], None]

#: Edge in px below which tiles are not halved, however little memory there is.
SMALLEST_TILE = 64

# Where in each half of the steps the network runs, as shares of the half. *Measured* against a pass in every step, at
# ISO 200 to 51200 with both cfa weights: 20 steps change mosaics by up to 0.006 dB and 0.005 of the noise (0.006 in
# bfloat16); 10, 50 and 100 steps by up to 0.006 dB on a Bayer photo at ISO 12800; pictures, by up to 0.021 dB for white
# noise and 0.004 for real noise. Equal thirds err twice as much in a hundred steps, two runs a half twice as much in
# twenty.
_RUNS = (0, 0.28, 0.7)


def steps_to_run(steps: int) -> tuple[int, ...]:
    """Return the steps in which the network runs, counted from 0: up to three in each half."""
    turn = _turn_of(steps)
    return tuple(
        begin + start
        for begin, length in ((0, turn), (turn, steps - turn))
        for index, share in enumerate(_RUNS)
        if (start := max(index, round(share * length))) < length
    )


def _turn_of(steps: int) -> int:
    """Return the first step of the second half."""
    return math.ceil(steps / 2)


class Walk:
    """The sampling of one photo, from the noisy one as far towards the clean one as the strength says.

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
        self._sampler = SAMPLERS[settings.sampler]
        runs = steps_to_run(settings.steps) if self._sampler.averages else range(settings.steps)
        # How many steps each estimate serves, by the step in which it is made.
        self._serves = {run: following - run for run, following in pairwise((*runs, settings.steps))}
        self._reuses = len(self._serves) < settings.steps
        # The last estimate, and the step that it is for: the middle one of those that it serves.
        self._last = torch.empty(0)
        self._moment = 0.0
        # Steps that were taken.
        self._step = 0
        self._plan()

    def run(self) -> Tensor:
        """Run the sampler."""
        result = self._frame.noisy
        for x in self._sampler.run(self._predict, self._frame.noisy, self._settings.times):
            result = x
            self._step += 1
        return result

    def _plan(self) -> None:
        height, width = self._frame.noisy.shape[1:]
        multiple = self._architecture.multiple
        self._tiles = plan_even_tiles(height, width, size=self.tile, halo=self._halo, multiple=multiple)

    def _predict(self, x: Tensor, t: float) -> Tensor:
        """Estimate the clean frame, or reuse the last estimate; the sampler may overwrite what it gets."""
        if self._step in self._serves:
            # No name holds the new estimate: it would be one more frame beside the copy.
            self._last = self._extrapolate(self._estimate_frame(x, t * self._frame.sigma))
        else:
            for done in range(len(self._tiles)):
                self._report(done)
        return self._last.clone() if self._reuses else self._last

    def _extrapolate(self, estimate: Tensor) -> Tensor:
        """Return what the estimate will be in the middle of the steps that it serves, at the pace of the last two."""
        before, self._moment = self._moment, self._step
        # The last, if there is any, was upright.
        if not self._reuses or self._step in (0, _turn_of(self._settings.steps)):
            return estimate
        self._moment += (self._serves[self._step] - 1) / 2
        return self._last.lerp_(estimate, (self._moment - before) / (self._step - before))

    def _estimate_frame(self, x: Tensor, level: float) -> Tensor:
        """Estimate the frame with the network; on too little memory with smaller and smaller tiles."""
        estimated = torch.empty_like(x)
        while True:
            try:
                with within_memory(x.device.type):
                    network = self._network.at(level)
                    for done, tile in enumerate(self._tiles):
                        self._estimate_tile(network, x, tile, estimated)
                        self._report(done)
                    return estimated
            except DeviceMemoryError:
                if self.tile <= SMALLEST_TILE:
                    raise
                self.tile //= 2
                self._plan()

    def _estimate_tile(self, network: Estimate, x: Tensor, tile: Tile, estimated: Tensor) -> None:
        rows, columns = tile.source_slices
        see = _upside_down if self._step >= _turn_of(self._settings.steps) else _upright
        new = see(network, x[:, rows, columns], self._frame.colors(tile))[:, *tile.inner_slices]
        estimated[:, *tile.target_slices] = new
        self.pixels_run += new[0].numel()

    def _report(self, done: int) -> None:
        count = len(self._tiles)
        self._on_progress(self._step * count + done + 1, self._settings.steps * count)


def _upright(estimate: Estimate, x: Tensor, colors: Tensor | None) -> Tensor:
    return estimate(x[None], None if colors is None else colors[None])[0]


def _upside_down(estimate: Estimate, x: Tensor, colors: Tensor | None) -> Tensor:
    return _upright(estimate, x.flip(1), None if colors is None else colors.flip(1)).flip(1)
