"""Denoise the planes of a photo with a network loaded on a device."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rwdenoise.choices import QUALITIES, QUALITY, Settings
from rwdenoise.denoising.controls import apply_controls, apply_picture_controls
from rwdenoise.denoising.frames import Frame, MosaicFrame, PictureFrame
from rwdenoise.denoising.local_means import keep_local_means
from rwdenoise.denoising.noise_level import measure_roughness, noise_level_of, plan_samples
from rwdenoise.denoising.sampling import OnProgress, Sampling
from rwdenoise.errors import DeviceMemoryError, WeightsMismatchError
from rwdenoise.network.engines.base import Engine
from rwdenoise.network.engines.devices import choose_backend
from rwdenoise.network.unet import UNet, load_network
from rwdenoise.network.weights import Facts, find_weights, weights_digest
from rwdenoise.noise.hot_pixels import BrokenPixels, find_broken_pixels
from rwdenoise.noise.spectrum import Grain
from rwdenoise.parallel import side_by_side
from rwdenoise.photo.cfa import MONOCHROME, Cfa, Domain
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.tiling import plan_even_tiles

Cut = Callable[[slice, slice], NDArray[np.float32]]

#: Edge of the tiles in px, without the halo, on a GPU and on a CPU. Larger tiles waste less on halos, and the best
#: weights need 110 bytes per pixel of a tile with its halo: 1.4 GB, which most GPUs have, and 0.33 GB, for a total of
#: less than 1.2 GB with 24 megapixels.
GPU_TILE, TILE = 3328, 1536

_SERVES: dict[Domain, str] = {"cfa": "RAW mosaics", "rgb": "developed pictures"}


class Denoiser:
    """Removes noise from the planes of mosaics or developed pictures.

    Parameters
    ----------
    network : UNet
    facts : Facts
        Metadata of its weights file.
    backend : Backend or OpenVinoBackend
    tile : int, optional
        Edge of the tiles in px. It affects memory and speed, never the result.
    digest : str
        SHA-256 of the weights file; empty for a network without one.
    meter : Denoiser, optional
        Measures the noise of developed pictures; by default this denoiser itself.
    """

    def __init__(
        self,
        network: UNet,
        facts: Facts,
        backend: Engine,
        *,
        tile: int | None = None,
        digest: str = "",
        meter: Denoiser | None = None,
    ) -> None:
        self.facts = facts
        self.digest = digest
        self.backend = backend
        self.tile = tile or (TILE if backend.device.type == "cpu" else GPU_TILE)
        self.pixels_run = 0
        """Pixels processed by the network so far, counted once per pass, without halos."""
        self._network = backend.load(network)
        self._meter = meter or self
        self._fit: Any = {"multiple": facts.architecture.multiple, "device": backend.device}

    @property
    def name(self) -> str:
        """Name and version of the weights."""
        return f"{self.facts.name} {self.facts.version}"

    @property
    def device(self) -> str:
        """Device and precision, for display."""
        return self.backend.name

    def denoise(  # noqa: PLR0913 -- all but one by name
        self,
        planes: NDArray[np.float32],
        *,
        cfa: Cfa,
        noise: NoiseProfile,
        settings: Settings,
        white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
        broken: BrokenPixels | None = None,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Denoise a mosaic.

        Parameters
        ----------
        planes : ndarray of float32, shape (1, H, W)
            0 black, 1 white, signed below black.
        cfa : Cfa
            The filter pattern, starting at the first pixel.
        noise : NoiseProfile
            Noise profile of the mosaic.
        settings : Settings
            Steps and sampler; strength, chroma and detail.
        white_balance : tuple of float
            Gains for red, green and blue; they define gray, for a `settings.chroma` that differs from the strength.
        broken : BrokenPixels, optional
            Hot and dead pixels of the mosaic; by default the method searches for them.
        on_progress : callable, optional
            Called with ``(done, total)`` after each tile; an exception from it ends the work.

        Returns
        -------
        ndarray of float32, shape (1, H, W)
            In the same units; the input itself if strength and chroma are 0.

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
        # At any strength: a broken pixel is not grain.
        find = partial(find_broken_pixels, planes, cfa=cfa, noise=noise)
        found, _ = (broken, None) if broken else side_by_side(find, partial(self.prepare, *planes.shape[1:]))
        frame = MosaicFrame(found.mend(planes), cfa, noise, **self._fit)
        # Sampling of large photos may need this memory, if no caller holds the planes.
        del planes
        clean = frame.restore(self._sample(frame, settings if settings.is_plain else settings.whole, on_progress))
        planes = frame.restore(frame.noisy)
        clean = keep_local_means(clean, planes, cfa=cfa, noise=noise)
        if settings.is_plain:
            return clean
        return apply_controls(clean, planes, cfa=cfa, noise=noise, settings=settings, white_balance=white_balance)

    def denoise_picture(
        self,
        planes: NDArray[np.float32],
        *,
        settings: Settings,
        grain: Grain | None = None,
        noise: float | None = None,
        estimate: NDArray[np.float32] | None = None,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Denoise a developed picture.

        Parameters
        ----------
        planes : ndarray of float32, shape (3, H, W)
            Red, green and blue in the display domain (see `rwdenoise.photo.rgb.Encoding`), not clipped.
        settings : Settings
            Steps and sampler; strength, chroma and detail.
        grain : Grain, optional
            Noise spectrum, from `rwdenoise.noise.spectrum.estimate_grain`; by default measured in these planes if
            `settings.detail` requires it.
        noise : float, optional
            Standard deviation of the noise, from `measure_noise`; by default measured in these planes.
        estimate : ndarray of float32, shape (3, H, W), optional
            Result of an earlier call with `settings.whole` for these planes. Strength, chroma and detail are then
            applied to it, and the network does not run.
        on_progress : callable, optional
            As for `denoise`.

        Returns
        -------
        ndarray of float32, shape (3, H, W)
            In the same units; the input itself if strength and chroma are 0.

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
        if estimate is not None:
            return apply_picture_controls(estimate, planes, grain=grain, settings=settings)
        if noise is None:
            roughness = measure_roughness([planes])
            noise = self.measure_noise(lambda *window: planes[:, *window], *planes.shape[1:], roughness=roughness)
        frame = PictureFrame(planes, noise, **self._fit)
        if settings.is_plain:
            return frame.restore(self._sample(frame, settings, on_progress))
        clean = frame.restore(self._sample(frame, settings.whole, on_progress))
        return apply_picture_controls(clean, planes, grain=grain, settings=settings)

    def measure_noise(self, cut: Cut, height: int, width: int, *, roughness: float) -> float:
        """Measure the noise of a developed picture in samples (see `rwdenoise.denoising.noise_level`).

        Parameters
        ----------
        cut : callable
            Returns the planes, as for `denoise_picture`, of rows and columns given as slices.
        height, width : int
            Size of the picture, in px.
        roughness : float
            First estimate, from `rwdenoise.denoising.noise_level.measure_roughness`.

        Returns
        -------
        float
            Standard deviation of the noise in the display domain; 1 is white.
        """
        samples = (cut(*sample) for sample in plan_samples(height, width))
        return noise_level_of(self._meter._remove(planes, roughness) for planes in samples)

    def _remove(self, planes: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
        """Return the residual of a picture denoised in one step."""
        self._require("rgb")
        frame = PictureFrame(planes, noise, **self._fit)
        return planes - frame.restore(self._sample(frame, Settings(1), None))

    def _require(self, domain: Domain) -> None:
        if self.facts.architecture.domain != domain:
            message = f"The weights {self.name} are for {_SERVES[self.facts.architecture.domain]}; {_SERVES[domain]}"
            message += f" need weights of the domain {domain!r}."
            raise WeightsMismatchError(message, hint="Omit --weights: the program then chooses weights for each photo.")

    def prepare(self, height: int, width: int) -> None:
        """Prepare for a mosaic of this size in px; it takes a second, which may overlap with measuring the noise."""
        if self.facts.architecture.domain != "cfa":
            return
        multiple = self.facts.architecture.multiple
        padded = (-(-length // multiple) * multiple for length in (height, width))
        tile = plan_even_tiles(*padded, size=self.tile, halo=self.facts.halo, multiple=multiple)[0]
        with suppress(DeviceMemoryError):  # Sampling will use smaller tiles.
            self._network.prepare(*tile.source_size)

    def _sample(self, frame: Frame, settings: Settings, on_progress: OnProgress | None) -> Tensor:
        """Run the sampler on a frame; keep the tile size that memory allowed."""
        sampling = Sampling(
            frame,
            self._network,
            settings=settings,
            architecture=self.facts.architecture,
            halo=self.facts.halo,
            tile=self.tile,
            on_progress=on_progress,
        )
        try:
            return sampling.run()
        finally:
            self.tile = sampling.tile
            self.pixels_run += round(sampling.pixels_run * frame.unpadded)


def load_denoiser(weights: str = QUALITIES[QUALITY]["cfa"], *, device: str = "auto") -> Denoiser:
    """Load weights onto a device.

    Parameters
    ----------
    weights : str
        A name listed by ``rwdenoise weights list``, or the path of a ``.safetensors`` file.
    device : str
        One of `rwdenoise.choices.DEVICES`.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    DeviceUnavailableError
        If this computer does not have the device.
    """
    backend = choose_backend(device)
    network, facts = load_network(find_weights(weights))
    meter = Denoiser(*load_network(find_weights(facts.measured_by)), backend) if facts.measured_by else None
    return Denoiser(network, facts, backend, digest=weights_digest(weights), meter=meter)
