"""Compute on all cores: numpy releases the GIL, so threads suffice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_every_core(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Apply `work` to each item, in parallel, and return the results in order.

    The exception of the first item that fails propagates.
    """
    several = list(items)
    if len(several) < 2:
        return [work(item) for item in several]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, several))


def side_by_side(first: Callable[[], Item], second: Callable[[], Result]) -> tuple[Item, Result]:
    """Call two functions in parallel, and return both results."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(first)
        done = second()
        return begun.result(), done
