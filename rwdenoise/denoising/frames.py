"""Prepare a photo for the network: stabilize it, pad it to a multiple of the downsampling, put it on the device."""

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
    """A photo as the network takes it.

    Parameters
    ----------
    planes : ndarray of float32, shape (C, H, W)
        0 black, 1 white, not clipped.
    multiple : int
        The padded height and width are multiples of this.
    device : torch.device
        Where the padded planes are kept.
    transform : callable, optional
        Applied to the planes first, in bands of rows.
    """

    sigma: float
    """Standard deviation of the noise in the frame, which the network is given for x_T."""

    def __init__(
        self,
        planes: Planes,
        *,
        multiple: int,
        device: torch.device,
        transform: Callable[[Planes], Planes] | None = None,
    ) -> None:
        _, self._height, self._width = planes.shape
        # Mirrored without repeating the edge: two equal rows of filters side by side are not a Bayer pattern, and the
        # network would be wrong there (*measured*: by 2.7 standard deviations in the last row).
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
        """The share of the padded frame that is the photo itself."""
        return float(self._height * self._width / self.noisy[0].numel())

    def colors(self, _tile: Tile) -> Tensor | None:
        """Return the colors of a tile's filters, uint8 of shape (3, h, w), 1 where a pixel sees it; None without."""
        return None

    def restore(self, x: Tensor) -> Planes:
        """Turn a result, shape (C, H, W) with padding, into planes like the input; `x` may be overwritten."""
        return np.ascontiguousarray(x[:, : self._height, : self._width].cpu().numpy())


class MosaicFrame(Frame):
    """A mosaic, stabilized."""

    def __init__(self, planes: Planes, cfa: Cfa, noise: NoiseProfile, *, multiple: int, device: torch.device) -> None:
        self._profile = {"shot": noise.shot, "read": noise.read}
        super().__init__(
            planes, multiple=multiple, device=device, transform=lambda part: stabilize(part, **self._profile)
        )
        self.sigma = noise.sigma
        # The filters are mirrored with the pixels, so every pixel keeps its color whatever the period of the CFA.
        period = TRANSMISSION[np.array(cfa.colors)].transpose(2, 0, 1)
        self._period = torch.from_numpy(np.ascontiguousarray(period, np.uint8)).to(device)
        self._phases = [
            torch.from_numpy(places % length).to(device)
            for places, length in zip((self._rows, self._columns), cfa.period, strict=True)
        ]

    def colors(self, tile: Tile) -> Tensor:
        """Return the colors of a tile's filters, uint8 of shape (3, h, w), 1 where a pixel sees that color."""
        rows, columns = (phase[part] for phase, part in zip(self._phases, tile.source_slices, strict=True))
        # Columns first: rows are then copied whole, which is faster.
        return self._period[:, :, columns][:, rows]

    def restore(self, x: Tensor) -> Planes:
        """Turn a stabilized result, shape (1, H, W) with padding, into planes like the input; it may be overwritten."""
        planes = super().restore(x)

        def undo(rows: slice) -> None:
            planes[:, rows] = destabilize(planes[:, rows], **self._profile)

        on_every_core(undo, in_bands(*planes.shape[1:]))
        return planes


class PictureFrame(Frame):
    """A developed picture in the display domain, with noise of a known standard deviation."""

    def __init__(self, planes: Planes, noise: float, *, multiple: int, device: torch.device) -> None:
        super().__init__(planes, multiple=multiple, device=device)
        self.sigma = noise
