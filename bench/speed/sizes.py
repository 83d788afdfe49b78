"""How much a run measures."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """How large everything is, and how often it is timed."""

    edges: tuple[int, ...]
    """Of the square matrices whose fastest product is the ceiling on a CPU."""
    copied: int
    """Bytes whose copy is timed."""
    rates: float
    """Megapixels of the photo by which backends are compared."""
    steps: tuple[int, ...]
    """How many steps the backends walk; the first is 1."""
    line: tuple[float, ...]
    """Megapixels over which cost should grow in a straight line."""
    memory: tuple[float, ...]
    """Megapixels of the photos whose memory is measured."""
    photo: float
    """Megapixels of the photo for whole commands and for the peers."""
    crop: int
    """Edge in px of the square on which everybody's quality is measured, and all that slow peers are given."""
    rounds: int
    """How often each thing is timed, in turn with those beside it."""


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
#: Less than a whole photo is over on a GPU before it is busy.
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
    """Return height and width of a photo of 3:2, both multiples of 16 px.

    >>> shape_of(24)
    (4000, 6000)
    """
    height, width = (round((megapixels * 1e6 * ratio) ** 0.5 / 16) * 16 for ratio in (2 / 3, 3 / 2))
    return height, width
