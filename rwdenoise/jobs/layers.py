"""Denoise layers of an editor, with a cache of estimates for previews while the user moves sliders."""

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

#: Number of cached estimates.
REMEMBERED = 4
#: Maximum size in px of a cached preview, to limit memory.
MOST_PREVIEW_PIXELS = 2**21


@dataclass(frozen=True)
class _Estimate:
    """Data to update a preview for another strength, chroma and detail."""

    noisy: NDArray[np.float32]
    clean: NDArray[np.float32]

    @cached_property
    def grain(self) -> Grain:
        return estimate_grain([self.noisy])


class LayerDenoiser:
    """Denoises layers and caches the latest previews."""

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
        """Denoise a layer.

        Parameters
        ----------
        photo : RgbPhoto
        denoiser : Denoiser
            With weights for developed pictures.
        settings : Settings
            Strength and chroma 0 return the layer itself.
        preview : bool
            Whether other settings for the same layer will follow. The full estimate is then cached, and changes of
            strength, chroma and detail need no network pass.
        on_progress : callable
            Called with ``(done, total)``; an exception from it ends the work.

        Notes
        -----
        A preview equals the result of `rwdenoise.denoising.photos.denoise`, except for a strength below 1 without
        chroma and detail: `denoise` then stops early, with shorter steps, while a preview blends the full estimate.
        """
        if not preview or settings.removes_nothing or photo.frame.height * photo.frame.width > MOST_PREVIEW_PIXELS:
            return denoise(photo, denoiser=denoiser, settings=settings, on_progress=on_progress)
        noisy = photo.planes()
        key = (hashlib.sha256(noisy.data).digest(), noisy.shape, denoiser, settings.whole)
        if key not in self._estimates:
            clean = denoiser.denoise_picture(noisy, settings=settings.whole, on_progress=on_progress)
            self._estimates[key] = _Estimate(noisy, clean)
            if len(self._estimates) > REMEMBERED:
                self._estimates.popitem(last=False)
        self._estimates.move_to_end(key)
        estimate = self._estimates[key]
        if settings.is_plain and settings.strength == 1:
            return photo.with_planes(estimate.clean)
        grain = estimate.grain if settings.detail else None
        return photo.with_planes(
            denoiser.denoise_picture(noisy, settings=settings, grain=grain, estimate=estimate.clean)
        )
