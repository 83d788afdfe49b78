"""What real pairs measure beside noise: the truth lies elsewhere than the photo, and is softer.

Everybody's result is held against the truth as it is, and against the truth moved onto the photo; and once more after a
blur that nobody would want.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import ndimage

from bench.measures import color_psnr
from bench.methods import Absent, Picture, PictureMethod
from bench.peers.blind import at_sigma
from bench.peers.cnn import ffdnet
from bench.quality.developed import NOTHING
from bench.quality.developed_cases import REAL, Case
from bench.quality.rows import Row, Rows, average
from bench.registration import register

#: Standard deviation of the blur, in px.
BLUR = 0.45
#: What FFDNet is told, in 255ths: the best for all of PolyU.
SIGMA = 10


def measure_registration(ours: Sequence[PictureMethod], rows: Rows, *, every: int = 1) -> list[Row]:
    """Return for nothing, FFDNet and ours, and for each with a blur, the means over real pictures, or over every n-th.

    Returns
    -------
    list of dict
        "method", "psnr" against the truth and "registered_psnr" against the moved one in dB, the "shift" of the truth
        in px, and its "light" in 255ths.
    """
    network = ffdnet()
    peers = [] if isinstance(network, Absent) else [at_sigma(network, SIGMA)]
    cases = REAL.cases(every=every)
    found = [row for case in cases for method in (NOTHING, *peers, *ours) for row in _measure(case, method, rows)]
    return average(found, over="picture")


def _measure(case: Case, method: PictureMethod, rows: Rows) -> Iterator[Row]:
    for variant in (method, replace(method, name=f"{method.name}, blurred", run=partial(_run_and_blur, method))):
        key = {"part": "registration", "picture": case.name, "method": variant.name}
        yield rows.measure(key, partial(_figures, case, variant))


def _run_and_blur(method: PictureMethod, picture: Picture, sigma: float) -> Picture:
    return np.asarray(ndimage.gaussian_filter(method.run(picture, sigma), (BLUR, BLUR, 0)))


def _figures(case: Case, method: PictureMethod) -> Row:
    noisy, clean = case.pair
    picture = np.clip(method.run(noisy, case.pair.sigma), 0, 1)
    moved = register(clean, noisy)
    return {
        "psnr": color_psnr(picture, clean),
        "registered_psnr": color_psnr(picture, moved.truth),
        "shift": moved.shift,
        "light": 255 * moved.light,
    }
