"""Prepare a photo for the network: stabilize the noise, pad to the required multiple, move to the device."""

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
    """A photo prepared for the network.

    Parameters
    ----------
    planes : ndarray of float32, shape (C, H, W)
        0 black, 1 white, not clipped.
    multiple : int
        Padded height and width are multiples of this.
    device : torch.device
        Device of the padded planes.
    transform : callable, optional
        Applied to the padded planes, in bands of rows.
    """

    sigma: float
    """Noise standard deviation of the frame, the noise level of x_T for the network."""

    def __init__(
        self,
        planes: Planes,
        *,
        multiple: int,
        device: torch.device,
        transform: Callable[[Planes], Planes] | None = None,
    ) -> None:
        _, self._height, self._width = planes.shape
        # Mirror without repeating the edge: two adjacent equal rows of filters are not a Bayer pattern and cause errors
        # of the network (*measured*: 2.7 standard deviations in the last row).
        self._rows, self._columns = (
            np.pad(np.arange(length), (0, -length % multiple), mode="reflect") for length in planes.shape[1:]
        )
        padded = np.empty((len(planes), len(self._rows), len(self._columns)), np.float32)

        def fill(rows: slice) -> None:
            part = planes[:, self._rows[rows]][:, :, self._columns]
            padded[:, rows] = part if transform is None else transform(part)

        on_every_core(fill, in_bands(*padded.shape[1:]))
        self.noisy: Tensor = torch.from_numpy(padded).to(device)

    @property
    def unpadded(self) -> float:
        """Share of the padded frame that belongs to the photo."""
        return float(self._height * self._width / self.noisy[0].numel())

    def colors(self, _tile: Tile) -> Tensor | None:
        """Return the filter colors of a tile, uint8 of shape (3, h, w): 1 where a site sees the color; None without."""
        return None

    def restore(self, x: Tensor) -> Planes:
        """Convert a result, shape (C, H, W) with padding, to planes like the input; `x` may be overwritten."""
        return np.ascontiguousarray(x[:, : self._height, : self._width].cpu().numpy())


class MosaicFrame(Frame):
    """A mosaic with stabilized noise."""

    def __init__(self, planes: Planes, cfa: Cfa, noise: NoiseProfile, *, multiple: int, device: torch.device) -> None:
        self._profile = {"shot": noise.shot, "read": noise.read}
        super().__init__(
            planes, multiple=multiple, device=device, transform=lambda part: stabilize(part, **self._profile)
        )
        self.sigma = noise.sigma
        # The filters are mirrored with the pixels: every pixel keeps its color, for any period of the CFA.
        period = TRANSMISSION[np.array(cfa.colors)].transpose(2, 0, 1)
        self._period = torch.from_numpy(np.ascontiguousarray(period, np.uint8)).to(device)
        self._phases = [
            torch.from_numpy(places % length).to(device)
            for places, length in zip((self._rows, self._columns), cfa.period, strict=True)
        ]

    def colors(self, tile: Tile) -> Tensor:
        """Return the filter colors of a tile, uint8 of shape (3, h, w): 1 where a site sees the color."""
        rows, columns = (phase[part] for phase, part in zip(self._phases, tile.source_slices, strict=True))
        # Columns first: whole rows are then copied, which is faster.
        return self._period[:, :, columns][:, rows]

    def restore(self, x: Tensor) -> Planes:
        """Convert a stabilized result, shape (1, H, W) with padding, to planes like the input; may overwrite it."""
        planes = super().restore(x)

        def undo(rows: slice) -> None:
            planes[:, rows] = destabilize(planes[:, rows], **self._profile)

        on_every_core(undo, in_bands(*planes.shape[1:]))
        return planes


class PictureFrame(Frame):
    """A developed picture in the display domain with a known noise standard deviation."""

    def __init__(self, planes: Planes, noise: float, *, multiple: int, device: torch.device) -> None:
        super().__init__(planes, multiple=multiple, device=device)
        self.sigma = noise
