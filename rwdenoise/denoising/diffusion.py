"""The generalized diffusion between a clean photo and the real noisy one, and the ways to walk back.

Forward process, with the noisy photo x_T itself as the far end (Yang, Liang, Su 2023, "Real-World Denoising via
Diffusion Model", arXiv 2305.04457)::

    x_t = (1 - t) x_0 + t x_T,    t in [0, 1]

Time is continuous. A sampler is a generator over ``predict(x_t, t)``, an estimate of x_0; the noisy photo; and a
falling tuple of times that starts at 1. It yields x at each time after the first; the last one is the result.
Everything here works alike on numbers, numpy arrays and torch tensors.

The laws, which the tests prove for every schedule:

* A perfect predictor gives the clean photo.
* `improved` ends at the mean of all estimates, weighted by the lengths of their steps.
* Stopped at s > 0 it gives exactly ``(1 - s) * mean + s * noisy``: a strength of ``1 - s`` needs no blending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from rwdenoise.errors import SettingsError

#: Numbers, numpy arrays or torch tensors: the formulas are the same.
Photo: TypeAlias = Any
Predict = Callable[[Photo, float], Photo]
Sampler = Callable[[Predict, Photo, tuple[float, ...]], Iterator[Photo]]
#: From x_t, its estimate and x_T, with the times t and s, to x_s; pixel by pixel.
Step = Callable[[Photo, Photo, Photo, float, float], Photo]

MAX_STEPS = 100


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
    if not 1 <= steps <= MAX_STEPS:
        message = f"{steps} steps were asked for; 1 to {MAX_STEPS} are possible."
        raise SettingsError(message, hint="Use --steps 2 unless you measured that more helps.")
    if not 0 <= strength <= 1:
        message = f"The strength is {strength}; it must lie between 0 (leave the noise) and 1 (remove it)."
        raise SettingsError(message, hint="Use --strength 0.8 to keep a fifth of the grain.")
    return tuple(1.0 - strength * step / steps for step in range(steps + 1))


def forward(x_0: Photo, x_T: Photo, t: Photo) -> Photo:
    """Return x_t, the photo at time t in [0, 1] between the clean x_0 and the noisy x_T."""
    return (1 - t) * x_0 + t * x_T


def origin(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Degrade each estimate again: ``x_s = (1 - s) S(x_t, t) + s x_T``.

    The first of the paper's two samplers, as reviews of it describe it. Errors of the estimates pile up over the
    steps; it ends at the last estimate alone.
    """
    return _walk(STEPS["origin"], predict, x_T, times)


def improved(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Take one step along the line to each estimate: ``x_s = x_t + (t - s) (S(x_t, t) - x_T)``.

    Algorithm 2 of Cold Diffusion (Bansal et al. 2022, arXiv 2208.09392) with this forward process; it fits the
    description of the paper's second sampler, whose exact text could not be had.
    """
    return _walk(STEPS["improved"], predict, x_T, times)


def ddim(predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    """Step deterministically towards each estimate: ``x_s = (s/t) x_t + (1 - s/t) S(x_t, t)``.

    DDIM without noise (Song, Meng, Ermon 2020, arXiv 2010.02502) on this forward process, which is InDI (Delbracio
    and Milanfar 2023, arXiv 2303.11435). Here for comparison.
    """
    return _walk(STEPS["ddim"], predict, x_T, times)


def _walk(step: Step, predict: Predict, x_T: Photo, times: tuple[float, ...]) -> Iterator[Photo]:
    x = x_T
    for t, s in pairwise(times):
        x = step(x, predict(x, t), x_T, t, s)
        yield x


#: One step of each sampler.
STEPS: Mapping[str, Step] = {
    "improved": lambda x_t, estimate, x_T, t, s: x_t + (t - s) * (estimate - x_T),
    "origin": lambda _x_t, estimate, x_T, _t, s: forward(estimate, x_T, s),
    "ddim": lambda x_t, estimate, _x_T, t, s: (s / t) * x_t + (1 - s / t) * estimate,
}

#: By the name that users give.
SAMPLERS: Mapping[str, Sampler] = {"improved": improved, "origin": origin, "ddim": ddim}


@dataclass(frozen=True)
class Settings:
    """How to walk from the noisy to the clean photo, and what to keep of the noisy one.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    steps: int = 2
    strength: float = 1.0
    """How much of the noise is removed, 0 to 1."""
    sampler: str = "improved"
    chroma: float | None = None
    """How much of the color noise is removed, 0 to 1; None for as much as of the gray grain."""
    detail: float = 0.0
    """How much of the structure that was removed with the noise comes back, 0 to 1."""

    def __post_init__(self) -> None:
        schedule(self.steps, strength=self.strength)
        if self.sampler not in SAMPLERS:
            message = f"There is no sampler {self.sampler!r}; there are {', '.join(SAMPLERS)}."
            raise SettingsError(message, hint="Leave --sampler out to use the best one.")
        if not 0 <= self.chroma_strength <= 1:
            message = f"The chroma is {self.chroma}; it must lie between 0 (leave the color noise) and 1 (remove it)."
            raise SettingsError(message, hint="Use --chroma 1 to leave gray grain alone.")
        if not 0 <= self.detail <= 1:
            message = f"The detail is {self.detail}; it must lie between 0 (give nothing back) and 1 (all structure)."
            raise SettingsError(message, hint="Use --detail 1 where texture was lost.")

    @property
    def times(self) -> tuple[float, ...]:
        """The times at which the sampler stops."""
        return schedule(self.steps, strength=self.strength)

    @property
    def chroma_strength(self) -> float:
        """How much of the color noise is removed, 0 to 1."""
        return self.strength if self.chroma is None else self.chroma

    @property
    def whole(self) -> Settings:
        """The same walk all the way, for what is chosen on top of a full estimate."""
        return Settings(self.steps, sampler=self.sampler)

    @property
    def removes_nothing(self) -> bool:
        """Whether the photo stays as it is."""
        return self.strength == self.chroma_strength == 0

    @property
    def is_plain(self) -> bool:
        """Whether where the walk stops says it all: no other strength for color, no detail to give back."""
        return self.chroma_strength == self.strength and self.detail == 0
