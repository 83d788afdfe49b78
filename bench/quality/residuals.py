"""Measure whether our denoiser removes only noise: the share of blocks from which nothing else was removed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench.methods import MosaicMethod
from bench.quality.pictures import Case, all_cases
from bench.quality.rows import Row, Rows
from rwdenoise.noise.residual import check_residual


def measure_residuals(method: MosaicMethod, rows: Rows, *, every: int = 1) -> Iterator[Row]:
    """Check the residual that a method removes from each picture, and the true noise for comparison."""
    for key, case in all_cases(every=every):
        yield rows.measure({"part": "residuals", **key, "method": method.name}, partial(_measure, case, method))


def _measure(case: Case, method: MosaicMethod) -> Row:
    noisy = case.noisy[np.newaxis]
    results = {"consistent": method.run(case.noisy, case.cfa, case.noise), "true_noise": case.truth}
    return {
        name: check_residual(noisy, result[np.newaxis], noise=case.noise).consistent for name, result in results.items()
    }
