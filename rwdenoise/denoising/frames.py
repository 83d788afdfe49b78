"""A photo in the network's terms: stabilized, padded to a multiple of its downsampling, on its device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import TRANSMISSION, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize
from rwdenoise.photo.tiling import Tile, in_bands

Planes = NDArray[np.float32]


class Frame:
    """A photo in the network's terms.

    Parameters
    ----------
    planes : ndarray of float32, shape (C, H, W)
    multiple : int
        What the padded height and width divide by.
    device : torch.device
    bend : callable, optional
        What is done to the planes before, row by row.
    """

    sigma: float
    """The noise level that is told for x_T."""

    def __init__(
        self, planes: Planes, *, multiple: int, device: torch.device, bend: Callable[[Planes], Planes] | None = None
    ) -> None:
        _, self._height, self._width = planes.shape
        # The edge itself is not repeated: two rows of the same filters side by side are no Bayer pattern, and the
        # network would be wrong by the edge (seen: 2.7 standard deviations in the last row).
        self._rows, self._columns = (
            np.pad(np.arange(length), (0, -length % multiple), mode="reflect") for length in planes.shape[1:]
        )
        padded = np.empty((len(planes), len(self._rows), len(self._columns)), np.float32)

        def fill(rows: slice) -> None:
            part = planes[:, self._rows[rows]][:, :, self._columns]
            padded[:, rows] = part if bend is None else bend(part)

        on_every_core(fill, in_bands(*padded.shape[1:]))
        self.noisy: Tensor = torch.from_numpy(padded).to(device)

    @property
    def unpadded(self) -> float:
        """The share of the frame that is the photo itself."""
        return float(self._height * self._width / self.noisy[0].numel())

    def colors(self, _tile: Tile) -> Tensor | None:
        """Return the filters that a tile's pixels lie under, as uint8 of shape (3, h, w), if there are any."""
        return None

    def restore(self, x: Tensor) -> Planes:
        """Turn a result into planes like those that came in; `x` may be overwritten."""
        return np.ascontiguousarray(x[:, : self._height, : self._width].cpu().numpy())


class MosaicFrame(Frame):
    """A mosaic, stabilized."""

    def __init__(self, planes: Planes, cfa: Cfa, noise: NoiseProfile, *, multiple: int, device: torch.device) -> None:
        self._profile = {"shot": noise.shot, "read": noise.read}
        super().__init__(planes, multiple=multiple, device=device, bend=lambda part: stabilize(part, **self._profile))
        self.sigma = noise.sigma
        # The filters are mirrored with the pixels, so every pixel keeps its color whatever the period of the CFA.
        period = TRANSMISSION[np.array(cfa.colors)].transpose(2, 0, 1)
        self._period = torch.from_numpy(np.ascontiguousarray(period, np.uint8)).to(device)
        self._phases = [
            torch.from_numpy(places % length).to(device)
            for places, length in zip((self._rows, self._columns), cfa.period, strict=True)
        ]

    def colors(self, tile: Tile) -> Tensor:
        """Return the filters that a tile's pixels lie under, as uint8 of shape (3, h, w)."""
        rows, columns = (phase[part] for phase, part in zip(self._phases, tile.source_slices, strict=True))
        # Rows last: they are copied whole.
        return self._period[:, :, columns][:, rows]

    def restore(self, x: Tensor) -> Planes:
        """Turn a result into planes like those that came in; `x` may be overwritten."""
        planes = super().restore(x)

        def unbend(rows: slice) -> None:
            planes[:, rows] = destabilize(planes[:, rows], **self._profile)

        on_every_core(unbend, in_bands(*planes.shape[1:]))
        return planes


class PictureFrame(Frame):
    """A developed picture, as it is, with noise of a standard deviation that is told."""

    def __init__(self, planes: Planes, noise: float, *, multiple: int, device: torch.device) -> None:
        super().__init__(planes, multiple=multiple, device=device)
        self.sigma = noise
