"""Check the measured speed against the aims of the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench.quality.rows import Row
from bench.speed.commands import usual_steps
from bench.speed.peers import NO_DENOISING, OURS, method_name
from bench.speed.rates import NETWORK

Tables: TypeAlias = Mapping[str, Sequence[Row]]
"""Rows of the measured parts, by part."""


@dataclass(frozen=True)
class Aim:
    """Figure with its limit."""

    words: str
    part: str
    """Part of the bench that measures the figure."""
    figure: Callable[[Sequence[Row]], float | None]
    """Computes the figure from the rows of the part; None if they lack it."""
    limit: float
    at_least: bool = False


def check_aims(tables: Tables) -> list[Row]:
    """Return a row for each aim that was measured: figure, limit, and whether it is reached."""
    rows: list[Row] = []
    for aim in AIMS:
        figure = aim.figure([row for row in tables.get(aim.part, ()) if "absent" not in row])
        if figure is not None:
            reached = figure >= aim.limit if aim.at_least else figure <= aim.limit
            limit = f"{'at least' if aim.at_least else 'at most'} {aim.limit:g}"
            rows.append({"aim": aim.words, "measured": figure, "limit": limit, "reached": "yes" if reached else "no"})
    return rows


def _share(backend: str) -> Callable[[Sequence[Row]], float | None]:
    """Return a function that finds the network's best share of the bfloat16 ceiling, for a backend name prefix."""

    def find(rows: Sequence[Row]) -> float | None:
        shares = [
            row["share"]
            for row in rows
            if row["steps"] == NETWORK
            and row["backend"].startswith(backend)
            and "bfloat16" in row["backend"]
            and row["share"] is not None
        ]
        return max(shares, default=None)

    return find


def _most(field: str, **only: object) -> Callable[[Sequence[Row]], float | None]:
    """Return a function that finds the largest magnitude of a field in the rows with these values."""

    def find(rows: Sequence[Row]) -> float | None:
        chosen = [abs(row[field]) for row in rows if only.items() <= row.items() and row[field] is not None]
        return max(chosen, default=None)

    return find


def _first_tile(rows: Sequence[Row]) -> float | None:
    return max((row["seconds"] for row in rows if row["what"].startswith("first tile")), default=None)


def _fast_of_non_local_means(rows: Sequence[Row]) -> float | None:
    ours = [row["seconds"] for row in rows if row["method"] == method_name("cfa-fast", usual_steps("cfa-fast"))]
    theirs = [
        row["seconds"] for row in rows if row["program"].startswith("darktable") and "non-local means" in row["method"]
    ]
    return ours[0] / theirs[0] if ours and theirs else None


def _ahead_of_us(rows: Sequence[Row]) -> float | None:
    """Count the peers that are both faster and better than at least one of our methods."""
    ours = [row for row in rows if row["program"] == OURS]
    peers = [row for row in rows if row["program"] != OURS and row["method"] != NO_DENOISING]
    if not ours or not peers:
        return None
    return float(sum(any(_beats(peer, own) for own in ours) for peer in peers))


def _beats(one: Row, other: Row) -> bool:
    return bool(one["added"] < other["added"] and one["psnr"] > other["psnr"])


AIMS = (
    Aim("network's share of the bf16 ceiling, OpenVINO", "rates", _share("openvino"), 0.7, at_least=True),
    Aim("network's share of the bf16 ceiling, PyTorch", "rates", _share("cpu"), 0.5, at_least=True),
    Aim("20 steps, times one step", "rates", _most("of_one_step", steps="20"), 6),
    Aim("largest deviation from a straight line", "linear", _most("deviation"), 0.05),
    Aim("memory for 24 megapixels, GB", "memory", _most("gigabytes", megapixels=24.0), 1.2),
    Aim("memory for 100 megapixels, GB", "memory", _most("gigabytes", megapixels=100.0), 3),
    Aim("whole command, times the network's own time", "job", _most("ratio"), 1.15),
    Aim("--help, s", "startup", _most("seconds", what="--help"), 0.5),
    Aim("first tile, s", "startup", _first_tile, 3),
    Aim("cfa-fast, times darktable's non-local means", "peers", _fast_of_non_local_means, 1 / 3),
    Aim("peers that are both faster and better", "peers", _ahead_of_us, 0),
)
