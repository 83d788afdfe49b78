"""Seconds, of several things in turn, so that a busy machine is busy for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from statistics import median
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def seconds_of(work: Callable[[], object]) -> float:
    """Return what one call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turn(works: Mapping[Name, Callable[[], float]], *, rounds: int) -> dict[Name, float]:
    """Return the median of what each says it took, over rounds of A B C, A B C."""
    seconds = [{name: work() for name, work in works.items()} for _ in range(rounds)]
    return {name: median(times[name] for times in seconds) for name in works}
