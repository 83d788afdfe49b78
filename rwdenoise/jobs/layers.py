"""Layers, denoised again and again while someone moves the sliders: what was estimated once is remembered."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.denoising.photos import denoise
from rwdenoise.noise.spectrum import Grain, estimate_grain
from rwdenoise.photo.rgb import RgbPhoto

#: How many estimates are remembered.
REMEMBERED = 4
#: The largest preview, in px; larger ones are not remembered, so that memory stays bounded.
MOST_PREVIEW_PIXELS = 2**21


@dataclass(frozen=True)
class _Estimate:
    """All that a preview needs to follow strength, chroma and detail."""

    noisy: NDArray[np.float32]
    clean: NDArray[np.float32]

    @cached_property
    def grain(self) -> Grain:
        return estimate_grain([self.noisy])


class LayerDenoiser:
    """Denoises layers, and remembers the last few previews."""

    def __init__(self) -> None:
        self._estimates: OrderedDict[Hashable, _Estimate] = OrderedDict()

    def denoise(
        self,
        photo: RgbPhoto,
        *,
        denoiser: Denoiser,
        settings: Settings,
        preview: bool,
        on_progress: Callable[[int, int], None],
    ) -> RgbPhoto:
        """Return a layer denoised.

        Parameters
        ----------
        photo : RgbPhoto
        denoiser : Denoiser
            With weights for developed pictures.
        settings : Settings
            With strength and chroma 0 the very layer comes back.
        preview : bool
            Whether more settings will be tried on the same layer: then the full estimate is remembered, and strength,
            chroma and detail cost no further pass of the network.
        on_progress : callable
            Told ``(done, total)``; an exception that it raises ends the work.

        Notes
        -----
        A preview is what `rwdenoise.denoising.photos.denoise` gives, but for a strength below 1 on its own:
        that walk stops early and takes its steps closer together, while a preview blends the end of the whole walk.
        """
        if not preview or settings.removes_nothing or photo.frame.height * photo.frame.width > MOST_PREVIEW_PIXELS:
            return denoise(photo, denoiser=denoiser, settings=settings, on_progress=on_progress)
        noisy = photo.planes()
        key = (hashlib.sha256(noisy.data).digest(), noisy.shape, denoiser, settings.whole)
        if key not in self._estimates:
            clean = denoiser.denoise_picture(noisy, settings=settings.whole, on_progress=on_progress)
            self._remember(key, _Estimate(noisy, clean))
        self._estimates.move_to_end(key)
        estimate = self._estimates[key]
        if settings.is_plain and settings.strength == 1:
            return photo.with_planes(estimate.clean)
        grain = estimate.grain if settings.detail else None
        return photo.with_planes(
            denoiser.denoise_picture(noisy, settings=settings, grain=grain, estimate=estimate.clean)
        )

    def _remember(self, key: Hashable, estimate: _Estimate) -> None:
        self._estimates[key] = estimate
        if len(self._estimates) > REMEMBERED:
            self._estimates.popitem(last=False)
