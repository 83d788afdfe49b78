"""Our denoiser as one of the methods."""

from __future__ import annotations

import numpy as np

from bench.methods import Mosaic, MosaicMethod
from rwdenoise.cfa import Cfa
from rwdenoise.denoiser import Denoiser
from rwdenoise.diffusion import Settings
from rwdenoise.noise import NoiseProfile


def ours(denoiser: Denoiser, settings: Settings) -> MosaicMethod:
    """Return our denoiser with these settings, told the true noise profile as the others are."""

    def run(mosaic: Mosaic, cfa: Cfa, noise: NoiseProfile) -> Mosaic:
        planes = denoiser.denoise(mosaic[np.newaxis], cfa=cfa, noise=noise, settings=settings)
        return np.asarray(planes[0])

    steps = f"{settings.steps} step{'s' if settings.steps > 1 else ''}"
    return MosaicMethod(f"rwdenoise {denoiser.name}, {steps}", run)
