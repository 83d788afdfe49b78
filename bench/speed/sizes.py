"""Choose the sizes of the speed bench: how much a run measures."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """Sizes of the inputs, and number of repetitions."""

    edges: tuple[int, ...]
    """Edge lengths of the square matrices; their fastest product is the ceiling on a CPU."""
    copied: int
    """Size of the timed memory copy, in bytes."""
    rates: float
    """Size of the photo on which backends are compared, in megapixels."""
    steps: tuple[int, ...]
    """Numbers of sampling steps for the backends; the first is 1."""
    line: tuple[float, ...]
    """Sizes of the photos over which time should grow linearly, in megapixels."""
    memory: tuple[float, ...]
    """Sizes of the photos for which memory is measured, in megapixels."""
    photo: float
    """Size of the photo for whole commands and for the peers, in megapixels."""
    crop: int
    """Edge length, in px, of the square on which quality is measured; slow peers get only this square."""
    rounds: int
    """Number of times each item is timed, in turn with the others."""


FULL = Sizes(
    edges=(1024, 2048, 4096),
    copied=2**28,
    rates=2,
    steps=(1, 4, 20),
    line=(1, 2, 5, 10, 24, 50, 100),
    memory=(24, 100),
    photo=24,
    crop=1024,
    rounds=3,
)
#: A GPU needs a whole photo: it finishes a smaller one before it is fully busy.
WITH_GPU = replace(FULL, rates=24)
QUICK = Sizes(
    edges=(256,),
    copied=2**22,
    rates=0.1,
    steps=(1, 2),
    line=(0.1, 0.2, 0.4),
    memory=(0.1,),
    photo=0.2,
    crop=256,
    rounds=1,
)


def shape_of(megapixels: float) -> tuple[int, int]:
    """Return height and width of a 3:2 photo, both multiples of 16 px.

    >>> shape_of(24)
    (4000, 6000)
    """
    height, width = (round((megapixels * 1e6 * ratio) ** 0.5 / 16) * 16 for ratio in (2 / 3, 3 / 2))
    return height, width
