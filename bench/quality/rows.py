"""Store the measured rows of a bench, one JSON object per line, to avoid repeating a measurement."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]


class Rows:
    """Rows in a file, by key: part, method, sensor, picture, and everything else that distinguishes inputs.

    Parameters
    ----------
    path : Path
        Read if it exists. Each new row is appended immediately: an interrupted bench resumes where it stopped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: dict[str, Row] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._rows[row.pop("_key")] = row

    def measure(self, key: Row, figures: Callable[[], Row]) -> Row:
        """Return the row of a key; measure it if the file does not have it."""
        name = json.dumps(key, sort_keys=True)
        if name not in self._rows:
            row = {**key, **figures()}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"_key": name, **row}) + "\n")
            self._rows[name] = row
        return self._rows[name]


def average(rows: Iterable[Row], *, over: str) -> list[Row]:
    """Average all figures over one field; return the means in the order of first appearance.

    Figures are the float values; all other values form the key. ``count`` is the number of rows in a mean.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        words = {name: value for name, value in row.items() if not isinstance(value, float) and name != over}
        groups.setdefault(json.dumps(words, sort_keys=True), []).append(row)
    return [_mean(group, over) for group in groups.values()]


def _mean(group: list[Row], over: str) -> Row:
    first = {name: value for name, value in group[0].items() if name != over}
    means = {
        name: fmean(row[name] for row in group) if isinstance(value, float) else value for name, value in first.items()
    }
    return {**means, "count": len(group)}
