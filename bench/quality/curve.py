"""Part (d): measure PSNR, texture and seconds over the number of steps, for the three samplers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import numpy as np

from bench.measures import psnr, texture_kept
from bench.pictures import kodak
from bench.quality.pictures import Case
from bench.quality.rows import Row, Rows
from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.denoising.diffusion import SAMPLERS
from rwdenoise.photo.cfa import BAYER_PHASES
from training.validate import SHOT, usual_profile

STEPS = (1, 2, 3, 4, 8, 20, 50)
#: Every n-th Kodak picture is used: the curve is about steps, and a few pictures are enough.
EVERY = 12


def measure_curve(denoiser: Denoiser, rows: Rows) -> Iterator[Row]:
    """Denoise a few pictures at each noise level with every number of steps and every sampler."""
    for shot in SHOT:
        for index, path in enumerate(kodak()[::EVERY]):
            case = Case(path, BAYER_PHASES[index % 4], usual_profile(shot))
            for sampler in SAMPLERS:
                for steps in STEPS:
                    settings = Settings(steps=steps, sampler=sampler)
                    key = {"part": "curve", "method": denoiser.name, "shot": str(shot), "picture": path.stem}
                    yield rows.measure(
                        {**key, "sampler": sampler, "steps": str(steps)},
                        partial(_measure, denoiser, case, settings),
                    )


def _measure(denoiser: Denoiser, case: Case, settings: Settings) -> Row:
    started = time.perf_counter()
    mosaic = denoiser.denoise(case.noisy[np.newaxis], cfa=case.cfa, noise=case.noise, settings=settings)[0]
    return {
        "mosaic_psnr": psnr(mosaic, case.truth),
        "mosaic_texture": texture_kept(mosaic, case.truth, period=case.cfa.period),
        "seconds": time.perf_counter() - started,
    }
