"""Time every method on the same picture, in turn: other load on the machine then affects all methods."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from bench.methods import Absent, Method, MosaicMethod
from bench.pictures import kodak
from bench.quality.pictures import Case
from bench.quality.rows import Row
from rwdenoise.photo.cfa import RGGB
from training.validate import SHOT, usual_profile

ROUNDS = 3


def measure_seconds(methods: Sequence[Method]) -> list[Row]:
    """Return the median of three rounds for the first Kodak picture (0.25 megapixels) at the middle noise level."""
    case = Case(kodak(1)[0], RGGB, usual_profile(SHOT[1]))
    here = [method for method in methods if not isinstance(method, Absent)]
    seconds = [[_seconds(case, method) for method in here] for _ in range(ROUNDS)]
    rows: list[Row] = [{"method": m.name, "absent": m.reason} for m in methods if isinstance(m, Absent)]
    return rows + [
        {"method": method.name, "seconds": median(times)}
        for method, times in zip(here, zip(*seconds, strict=True), strict=True)
    ]


def _seconds(case: Case, method: Method) -> float:
    noisy, picture, sigma = case.noisy, case.noisy_picture, case.sigma
    started = time.perf_counter()
    if isinstance(method, MosaicMethod):
        method.run(noisy, case.cfa, case.noise)
    elif not isinstance(method, Absent):
        method.run(picture, sigma)
    return time.perf_counter() - started
