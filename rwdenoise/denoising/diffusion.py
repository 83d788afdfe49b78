"""The generalized diffusion between a clean photo and the real noisy one, and the samplers that reverse it.

The forward process ends at the noisy photo x_T itself (Yang, Liang, Su 2023, "Real-World Denoising via Diffusion
Model", arXiv 2305.04457)::

    x_t = (1 - t) x_0 + t x_T,    t in [0, 1]

Time is continuous. A sampler is a generator with three arguments: ``predict(x_t, t)``, which estimates x_0; the noisy
photo; and a decreasing tuple of times that starts at 1. It yields x at each time after the first; the last x is the
result. It may overwrite the result of `predict`, to need no further memory, but neither x_t nor the noisy photo. All
functions work on numbers, numpy arrays and torch tensors.

Properties, which the tests prove for every schedule:

* A perfect predictor gives the clean photo.
* `improved` ends at the mean of all estimates, weighted by the lengths of their steps.
* Stopped at s > 0, it gives exactly ``(1 - s) * mean + s * noisy``: a strength of ``1 - s`` needs no blending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from rwdenoise.choices import Settings

#: Numbers, numpy arrays or torch tensors: the formulas are the same.
Photo: TypeAlias = Any
#: Estimates x_0 from x_t and t, and returns it in new memory.
Predict = Callable[[Photo, float], Photo]


def schedule(steps: int, *, strength: float = 1.0) -> tuple[float, ...]:
    """Return the times of the sampling steps, equally spaced from 1 down to ``1 - strength``.

    Parameters
    ----------
    steps : int
        Evaluations of the network, 1 to 100.
    strength : float
        How far to go from the noisy (0) to the clean photo (1).

    Returns
    -------
    tuple of float
        ``steps + 1`` times.

    Raises
    ------
    SettingsError
        If a value is out of range.

    >>> schedule(2, strength=0.5)
    (1.0, 0.75, 0.5)
    """
    return Settings(steps, strength).times


def forward(x_0: Photo, x_T: Photo, t: Photo) -> Photo:
    """Return x_t, the photo at time t in [0, 1] between the clean x_0 and the noisy x_T."""
    return (1 - t) * x_0 + t * x_T


def origin(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Sample by degrading each estimate again: ``x_s = (1 - s) S(x_t, t) + s x_T``.

    The first of the paper's two samplers, as described in reviews. Errors of the estimates accumulate over the steps;
    the result is the last estimate alone.
    """
    x = x_T
    for t, s in pairwise(times):
        x = _shifted(x_T, 1 - s, predict(x, t), x_T)
        yield x


def improved(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Sample by subtracting a part of each estimated noise: ``x_s = x_t + (t - s) (S(x_t, t) - x_T)``.

    Algorithm 2 of Cold Diffusion (Bansal et al. 2022, arXiv 2208.09392) with this forward process; it fits the
    description of the paper's second sampler, whose exact text was not available.
    """
    x = x_T
    for t, s in pairwise(times):
        x = _shifted(x, t - s, predict(x, t), x_T)
        yield x


def ddim(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Sample by moving towards each estimate: ``x_s = (s/t) x_t + (1 - s/t) S(x_t, t)``.

    Deterministic DDIM (Song, Meng, Ermon 2020, arXiv 2010.02502) with this forward process, which equals InDI
    (Delbracio and Milanfar 2023, arXiv 2303.11435). Included for comparison.
    """
    x = x_T
    for t, s in pairwise(times):
        x = _shifted(x, 1 - s / t, predict(x, t), x)
        yield x


def _shifted(x: Photo, share: float, estimate: Photo, start: Photo) -> Photo:
    """Return ``x + share * (estimate - start)`` in the memory of `estimate`."""
    estimate -= start
    estimate *= share
    estimate += x
    return estimate


class Sampler(NamedTuple):
    """A sampler and its property that matters to the sampling loop."""

    run: Callable[[Predict, Photo, tuple[float, ...]], Iterator[Photo]]
    averages: bool = False
    """Whether the result is a mean of all estimates, which allows reusing one for several steps."""


#: Samplers by name.
SAMPLERS: Mapping[str, Sampler] = {
    "improved": Sampler(improved, averages=True),
    "origin": Sampler(origin),
    "ddim": Sampler(ddim),
}
