"""Record a training run for people: its log, a plot of its scores, and sample pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from rwdenoise.io.atomic import write_atomically
from rwdenoise.network.unet import UNet

from .checkpoint import Progress
from .curve import draw_curve
from .sheet import Examples

Figures: TypeAlias = dict[str, float]
#: Called after every step with the progress, and now and then with figures, else an empty dict. To stop the run, it
#: raises `Cancelled`.
Listen: TypeAlias = Callable[[Progress, Figures], None]


def print_figures(_progress: Progress, figures: Figures) -> None:
    """Print the figures as a line of JSON."""
    if figures:
        print(json.dumps(figures), flush=True)


class Record:
    """Write ``log.jsonl``, ``curve.png`` and ``validation.jpg`` to a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = folder / "log.jsonl"

    def log(self, progress: Progress, figures: Figures) -> Figures:
        """Append a line to the log, and return it."""
        line = {"step": progress.step, "minutes": round(progress.seconds / 60, 2), **figures}
        line = {key: round(value, 4) for key, value in line.items()}
        with self._lines.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        return line

    def draw(self, examples: Examples, network: UNet) -> None:
        """Redraw the sample pictures and, if possible, the plot."""
        if curve := draw_curve(self._lines):
            write_atomically(self._folder / "curve.png", curve, overwrite=True)
        write_atomically(self._folder / "validation.jpg", examples.draw(network), overwrite=True)
