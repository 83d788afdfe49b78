"""Work on every core: numpy computes without Python's lock, so that its threads run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_every_core(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Do some work for each item, several at a time, and return what came of it in order.

    What the work raises for the first item that fails is raised here.
    """
    several = list(items)
    if len(several) < 2:
        return [work(item) for item in several]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, several))


def side_by_side(first: Callable[[], Item], second: Callable[[], Result]) -> tuple[Item, Result]:
    """Do two things at once, and return what came of both."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(first)
        done = second()
        return begun.result(), done
