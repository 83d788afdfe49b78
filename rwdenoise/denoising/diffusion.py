"""The generalized diffusion between a clean photo and the real noisy one, and the samplers that reverse it.

Forward process, with the noisy photo x_T itself as the far end (Yang, Liang, Su 2023, "Real-World Denoising via
Diffusion Model", arXiv 2305.04457)::

    x_t = (1 - t) x_0 + t x_T,    t in [0, 1]

Time is continuous. A sampler is a generator over ``predict(x_t, t)``, an estimate of x_0; the noisy photo; and a
falling tuple of times that starts at 1. It yields x at each time after the first; the last one is the result. It may
overwrite what `predict` returns, so that a step needs no further memory, but neither x_t nor the noisy photo.
Everything here works alike on numbers, numpy arrays and torch tensors.

The laws, which the tests prove for every schedule:

* A perfect predictor gives the clean photo.
* `improved` ends at the mean of all estimates, weighted by the lengths of their steps.
* Stopped at s > 0 it gives exactly ``(1 - s) * mean + s * noisy``: a strength of ``1 - s`` needs no blending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from rwdenoise.choices import Settings

#: Numbers, numpy arrays or torch tensors: the formulas are the same.
Photo: TypeAlias = Any
#: Estimates x_0 from x_t and t, in memory of its own.
Predict = Callable[[Photo, float], Photo]


def schedule(steps: int, *, strength: float = 1.0) -> tuple[float, ...]:
    """Return the times at which a sampler stops: from 1 down to ``1 - strength``, equally far apart.

    Parameters
    ----------
    steps : int
        Evaluations of the network, 1 to 100.
    strength : float
        How far to walk from the noisy (0) towards the clean photo (1).

    Returns
    -------
    tuple of float
        ``steps + 1`` times.

    Raises
    ------
    SettingsError
        If a value is out of its range.

    >>> schedule(2, strength=0.5)
    (1.0, 0.75, 0.5)
    """
    return Settings(steps, strength).times


def forward(x_0: Photo, x_T: Photo, t: Photo) -> Photo:
    """Return x_t, the photo at time t in [0, 1] between the clean x_0 and the noisy x_T."""
    return (1 - t) * x_0 + t * x_T


def origin(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Degrade each estimate again: ``x_s = (1 - s) S(x_t, t) + s x_T``.

    The first of the paper's two samplers, as reviews of it describe it. Errors of the estimates pile up over the
    steps; it ends at the last estimate alone.
    """
    x = x_T
    for t, s in pairwise(times):
        x = _shifted(x_T, 1 - s, predict(x, t), x_T)
        yield x


def improved(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Take one step along the line to each estimate: ``x_s = x_t + (t - s) (S(x_t, t) - x_T)``.

    Algorithm 2 of Cold Diffusion (Bansal et al. 2022, arXiv 2208.09392) with this forward process; it fits the
    description of the paper's second sampler, whose exact text could not be had.
    """
    x = x_T
    for t, s in pairwise(times):
        x = _shifted(x, t - s, predict(x, t), x_T)
        yield x


def ddim(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Step deterministically towards each estimate: ``x_s = (s/t) x_t + (1 - s/t) S(x_t, t)``.

    DDIM without noise (Song, Meng, Ermon 2020, arXiv 2010.02502) on this forward process, which is InDI (Delbracio
    and Milanfar 2023, arXiv 2303.11435). Here for comparison.
    """
    x = x_T
    for t, s in pairwise(times):
        x = _shifted(x, 1 - s / t, predict(x, t), x)
        yield x


def _shifted(x: Photo, share: float, estimate: Photo, start: Photo) -> Photo:
    """Return ``x + share * (estimate - start)``, in the memory of the estimate."""
    estimate -= start
    estimate *= share
    estimate += x
    return estimate


class Sampler(NamedTuple):
    """One way to reverse the diffusion, and what the sampling loop must know of it."""

    run: Callable[[Predict, Photo, tuple[float, ...]], Iterator[Photo]]
    averages: bool = False
    """Whether every estimate has its share in the result, so that one may be reused for several steps."""


#: By the name that users give.
SAMPLERS: Mapping[str, Sampler] = {
    "improved": Sampler(improved, averages=True),
    "origin": Sampler(origin),
    "ddim": Sampler(ddim),
}
