"""Plot a training run: its loss, and its scores on held-out photos, over the training time."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

#: Fields of the log that are not scores.
_NO_SCORES = {"step", "minutes", "loss", "simulating"}


def draw_curve(log: Path) -> bytes | None:
    """Return the plot of a log as a PNG file; None if the log is empty or matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:  # Machines with fast GPUs often lack it; the log has the same numbers.
        return None
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    if not lines:
        return None
    figure = Figure(figsize=(8, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(*_series(lines, "loss"), marker=".", markersize=3)
    upper.set(ylabel="loss, noise = 1", title="Training")
    names = dict.fromkeys(name for line in lines for name in line if name not in _NO_SCORES)
    for name in names:
        lower.plot(*_series(lines, name), marker="o", markersize=3, label=name)
    lower.set(xlabel="minutes", ylabel="PSNR on held-out photos, dB")
    if names:
        figure.legend(loc="outside lower center", fontsize="small", ncols=4)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()


def _series(lines: list[dict[str, float]], name: str) -> tuple[list[float], list[float]]:
    points = [(line["minutes"], line[name]) for line in lines if name in line]
    return [x for x, _ in points], [y for _, y in points]
