"""Time several functions in turn: other load on the machine then affects all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from statistics import median
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def seconds_of(work: Callable[[], object]) -> float:
    """Return the time of one call, in seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turn(works: Mapping[Name, Callable[[], float]], *, rounds: int) -> dict[Name, float]:
    """Return the median of the seconds that each function returns, over rounds of A B C, A B C."""
    seconds = [{name: work() for name, work in works.items()} for _ in range(rounds)]
    return {name: median(times[name] for times in seconds) for name in works}
