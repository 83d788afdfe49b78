"""Wrap our denoiser as a method of the bench, for mosaics and for developed pictures."""

from __future__ import annotations

import numpy as np

from bench.methods import Mosaic, MosaicMethod, Picture, PictureMethod
from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.photo.cfa import Cfa
from rwdenoise.photo.noise_profile import NoiseProfile


def ours(denoiser: Denoiser, settings: Settings) -> MosaicMethod:
    """Return our denoiser with these settings; it gets the true noise profile, like the other methods."""

    def run(mosaic: Mosaic, cfa: Cfa, noise: NoiseProfile) -> Mosaic:
        planes = denoiser.denoise(mosaic[np.newaxis], cfa=cfa, noise=noise, settings=settings)
        return np.asarray(planes[0])

    return MosaicMethod(_name(denoiser, settings), run)


def ours_for_pictures(denoiser: Denoiser, settings: Settings) -> PictureMethod:
    """Return our denoiser of developed pictures with these settings; it gets no information about the noise."""

    def run(picture: Picture, _sigma: float) -> Picture:
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1))
        return np.asarray(denoiser.denoise_picture(planes, settings=settings).transpose(1, 2, 0))

    return PictureMethod(_name(denoiser, settings), run)


def _name(denoiser: Denoiser, settings: Settings) -> str:
    sampler = "" if settings.sampler == Settings().sampler else f", {settings.sampler}"
    return f"rwdenoise {denoiser.name}, {settings.steps} step{'s' if settings.steps > 1 else ''}{sampler}"
