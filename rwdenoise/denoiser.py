"""A denoiser, ready to use: a network with its weights on a device. It maps planes to planes.

Steps outside, tiles inside: each step estimates the whole frame, tile by tile. A tile needs only the halo of one pass
of the network then, whatever the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rwdenoise.backend import Backend, choose_backend
from rwdenoise.brightness import keep_local_means
from rwdenoise.cfa import MONOCHROME, Cfa
from rwdenoise.controls import apply_controls
from rwdenoise.diffusion import SAMPLERS, Settings
from rwdenoise.errors import DeviceMemoryError, WeightsMismatchError
from rwdenoise.grain import Grain
from rwdenoise.hot_pixels import replace_broken_pixels
from rwdenoise.manifest import find_weights, weights_digest
from rwdenoise.network import BLIND_LEVEL, Domain, UNet
from rwdenoise.noise import NoiseProfile, destabilize, stabilize
from rwdenoise.picture_controls import apply_picture_controls
from rwdenoise.tiling import plan_tiles
from rwdenoise.weights import Facts, load_network

#: Edge of the tiles in px, halo not counted. Larger tiles waste less on halos; this one takes about 0.5 GB.
TILE = 1024
SMALLEST_TILE = 64

OnProgress = Callable[[int, int], None]

_SERVES: dict[Domain, str] = {"cfa": "RAW mosaics", "rgb": "developed pictures"}


class Denoiser:
    """Takes the noise out of planes.

    Parameters
    ----------
    network : UNet
    facts : Facts
        What its weights file states.
    backend : Backend
    tile : int
        Edge of the tiles in px. It changes memory and speed, never the result.
    digest : str
        Checksum (sha256) of the weights file; empty for a network that is from none.
    """

    def __init__(self, network: UNet, facts: Facts, backend: Backend, *, tile: int = TILE, digest: str = "") -> None:
        self.facts = facts
        self.digest = digest
        self.backend = backend
        self.tile = tile
        self._network = network.to(backend.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def name(self) -> str:
        """Name and version of the weights."""
        return f"{self.facts.name} {self.facts.version}"

    @property
    def device(self) -> str:
        """Device and precision, for people."""
        return self.backend.name

    def denoise(
        self,
        planes: NDArray[np.float32],
        *,
        cfa: Cfa,
        noise: NoiseProfile,
        settings: Settings,
        white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Denoise a mosaic.

        Parameters
        ----------
        planes : ndarray of float32, shape (1, H, W)
            0 black, 1 white, signed below black.
        cfa : Cfa
            The filters, counted from the first pixel.
        noise : NoiseProfile
            What noise to expect.
        settings : Settings
            Steps and sampler; strength, chroma and detail.
        white_balance : tuple of float
            Gains for red, green and blue; they say what is gray where `settings.chroma` is not its strength.
        on_progress : callable, optional
            Told ``(done, total)`` after each tile; an exception that it raises ends the work.

        Returns
        -------
        ndarray of float32, shape (1, H, W)
            Likewise; with strength and chroma 0 the very numbers that came in.

        Raises
        ------
        DeviceMemoryError
            If even the smallest tile is too large for the device.
        WeightsMismatchError
            If these weights are not for mosaics.
        """
        self._require("cfa")
        if cfa == MONOCHROME:
            settings = replace(settings, chroma=None)
        if settings.removes_nothing:
            return planes
        # Whatever the strength: a broken pixel is no grain.
        planes = replace_broken_pixels(planes, cfa=cfa, noise=noise)
        frame = _MosaicFrame(planes, cfa, noise, multiple=self.facts.architecture.multiple)

        def walk(chosen: Settings) -> NDArray[np.float32]:
            clean = frame.restore(self._walk(frame, chosen, on_progress))
            return keep_local_means(clean, planes, cfa=cfa, noise=noise)

        if settings.is_plain:
            return walk(settings)
        clean = walk(settings.whole)
        return apply_controls(clean, planes, cfa=cfa, noise=noise, settings=settings, white_balance=white_balance)

    def denoise_picture(
        self,
        planes: NDArray[np.float32],
        *,
        settings: Settings,
        grain: Grain | None = None,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Denoise a developed picture, blind to how noisy it is.

        Parameters
        ----------
        planes : ndarray of float32, shape (3, H, W)
            Red, green and blue in the display domain (see `rwdenoise.rgb_photo.Encoding`), not clipped.
        settings : Settings
            Steps and sampler; strength, chroma and detail.
        grain : Grain, optional
            The picture's noise, from `rwdenoise.grain.estimate_grain`; by default it is measured in these planes, if
            `settings.detail` needs it.
        on_progress : callable, optional
            As for `denoise`.

        Returns
        -------
        ndarray of float32, shape (3, H, W)
            Likewise; with strength and chroma 0 the very numbers that came in.

        Raises
        ------
        DeviceMemoryError
            If even the smallest tile is too large for the device.
        WeightsMismatchError
            If these weights are not for developed pictures.
        """
        self._require("rgb")
        if settings.removes_nothing:
            return planes
        frame = _PictureFrame(planes, multiple=self.facts.architecture.multiple)
        if settings.is_plain:
            return frame.restore(self._walk(frame, settings, on_progress))
        clean = frame.restore(self._walk(frame, settings.whole, on_progress))
        return apply_picture_controls(clean, planes, grain=grain, settings=settings)

    def _require(self, domain: Domain) -> None:
        if self.facts.architecture.domain != domain:
            message = f"The weights {self.name} are for {_SERVES[self.facts.architecture.domain]}; {_SERVES[domain]}"
            message += f" need weights of the domain {domain!r}."
            raise WeightsMismatchError(message, hint="Leave --weights out, so that each photo gets weights that suit.")

    def _walk(self, frame: _Frame, settings: Settings, on_progress: OnProgress | None) -> Tensor:
        """Walk towards the clean photo as far as the strength says."""
        tracker = _Tracker(on_progress, passes=settings.steps)

        def predict(x_t: Tensor, t: float) -> Tensor:
            tracker.begin_pass()
            return self._estimate(x_t, frame.colors, t * frame.sigma, tracker)

        x = frame.noisy
        for x in SAMPLERS[settings.sampler](predict, frame.noisy, settings.times):  # noqa: B007 -- the last one
            pass
        return x

    def _estimate(self, x_t: Tensor, colors: Tensor | None, level: float, tracker: _Tracker) -> Tensor:
        """Run the network over a whole frame; on too little memory with smaller and smaller tiles."""
        while True:
            try:
                return self._estimate_in_tiles(x_t, colors, level, tracker)
            except DeviceMemoryError:
                if self.tile <= SMALLEST_TILE:
                    raise
                self.tile //= 2

    def _estimate_in_tiles(self, x_t: Tensor, colors: Tensor | None, level: float, tracker: _Tracker) -> Tensor:
        estimate = torch.empty_like(x_t)
        height, width = x_t.shape[1:]
        multiple = self.facts.architecture.multiple
        tiles = list(plan_tiles(height, width, size=self.tile, halo=self.facts.halo, multiple=multiple))
        for done, tile in enumerate(tiles, start=1):
            rows, columns = tile.source_slices
            filters = None if colors is None else colors[:, rows, columns]
            result = self._run(x_t[:, rows, columns], filters, level)
            rows, columns = tile.inner_slices
            target_rows, target_columns = tile.target_slices
            estimate[:, target_rows, target_columns] = result[:, rows, columns]
            tracker.report(done, len(tiles))
        return estimate

    def _run(self, x_t: Tensor, colors: Tensor | None, level: float) -> Tensor:
        device = self.backend.device
        filters = None if colors is None else colors[None].to(device)
        with self.backend.computing():
            result = self._network(x_t[None].to(device), filters, torch.tensor([level], device=device))
            return result[0].float().cpu()  # type: ignore[no-any-return]


class _Frame:
    """A photo in the network's terms, padded to a multiple of its downsampling."""

    noisy: Tensor
    colors: Tensor | None
    sigma: float
    """The noise level that is told for x_T."""

    def __init__(self, planes: NDArray[np.float32], *, multiple: int) -> None:
        _, self._height, self._width = planes.shape
        self._margins = ((0, 0), (0, -self._height % multiple), (0, -self._width % multiple))

    def _pad(self, planes: NDArray[np.float32]) -> Tensor:
        # The edge itself is not repeated: two rows of the same filters side by side are no Bayer pattern, and the
        # network would be wrong by the edge (seen: 2.7 standard deviations in the last row).
        return torch.from_numpy(np.pad(planes, self._margins, mode="reflect").astype(np.float32, copy=False))

    def _cut(self, x: Tensor) -> Tensor:
        return x[:, : self._height, : self._width]


class _MosaicFrame(_Frame):
    """A mosaic, stabilized."""

    def __init__(self, planes: NDArray[np.float32], cfa: Cfa, noise: NoiseProfile, *, multiple: int) -> None:
        super().__init__(planes, multiple=multiple)
        self._noise = noise
        self.sigma = noise.sigma
        self.noisy = self._pad(stabilize(planes, shot=noise.shot, read=noise.read))
        # The filters are mirrored with the pixels, so every pixel keeps its color whatever the period of the CFA.
        self.colors = self._pad(cfa.planes(self._height, self._width))

    def restore(self, x: Tensor) -> NDArray[np.float32]:
        linear = destabilize(self._cut(x), shot=self._noise.shot, read=self._noise.read)
        return np.asarray(linear.numpy(), np.float32)


class _PictureFrame(_Frame):
    """A developed picture, as it is."""

    def __init__(self, planes: NDArray[np.float32], *, multiple: int) -> None:
        super().__init__(planes, multiple=multiple)
        self.sigma, self.colors = BLIND_LEVEL, None
        self.noisy = self._pad(planes)

    def restore(self, x: Tensor) -> NDArray[np.float32]:
        return np.asarray(self._cut(x).numpy(), np.float32)


class _Tracker:
    """Counts tiles over all passes, also when their number changes on the way."""

    def __init__(self, on_progress: OnProgress | None, *, passes: int) -> None:
        self._on_progress = on_progress
        self._passes = passes
        self._pass = -1

    def begin_pass(self) -> None:
        self._pass += 1

    def report(self, done: int, total: int) -> None:
        if self._on_progress is not None:
            self._on_progress(self._pass * total + done, self._passes * total)


def load_denoiser(weights: str = "cfa-best", *, device: str = "auto") -> Denoiser:
    """Load weights onto a device.

    Parameters
    ----------
    weights : str
        A name that ``rwdenoise weights list`` shows, or the path of a ``.safetensors`` file.
    device : str
        ``auto``, ``cuda``, ``mps`` or ``cpu``.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    DeviceUnavailableError
        If the device is not here.
    """
    network, facts = load_network(find_weights(weights))
    return Denoiser(network, facts, choose_backend(device), digest=weights_digest(weights))
