"""Measure the effect of misaligned, softer truths on the scores of real pairs.

Each result is compared with the original truth and with the truth moved onto the photo, and both again after a blur
that nobody would want in a photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter

from bench.measures import color_psnr
from bench.methods import Absent, PictureMethod
from bench.peers.blind import at_sigma
from bench.peers.cnn import ffdnet
from bench.quality.developed import NOTHING
from bench.quality.developed_cases import REAL, Case
from bench.quality.rows import Row, Rows, average
from bench.registration import register

#: Standard deviation of the blur, in px.
BLUR = 0.45
#: Sigma for FFDNet, in 255ths of white: the best for all of PolyU.
SIGMA = 10


def measure_registration(ours: Sequence[PictureMethod], rows: Rows, *, every: int = 1) -> list[Row]:
    """Return the means over real pictures, or over every n-th, without denoising, for FFDNet, and for our methods.

    Returns
    -------
    list of dict
        "method"; in dB "psnr" against the truth and "registered_psnr" against the moved truth, each also after a blur
        with the prefix "blurred_"; the "shift" of the truth in px, and its change of brightness "light" in 255ths.
    """
    network = ffdnet()
    peers = [] if isinstance(network, Absent) else [at_sigma(network, SIGMA)]
    found = [
        rows.measure(
            {"part": "registration", "picture": case.name, "method": method.name}, partial(_measure, case, method)
        )
        for case in REAL.cases(every=every)
        for method in (NOTHING, *peers, *ours)
    ]
    return average(found, over="picture")


def _measure(case: Case, method: PictureMethod) -> Row:
    noisy, clean = case.pair
    result = method.run(noisy, case.pair.sigma)
    picture, blurred = (np.clip(x, 0, 1) for x in (result, gaussian_filter(result, BLUR, axes=(0, 1))))
    moved = register(clean, noisy)
    return {
        "psnr": color_psnr(picture, clean),
        "blurred_psnr": color_psnr(blurred, clean),
        "registered_psnr": color_psnr(picture, moved.truth),
        "blurred_registered_psnr": color_psnr(blurred, moved.truth),
        "shift": moved.shift,
        "light": 255 * moved.light,
    }
