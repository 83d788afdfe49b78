"""What a run leaves in its folder for people to look at: its log, its curve, and its newest pictures."""

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
#: Told after every step how far the run is, with figures now and then, else an empty dict; `Cancelled`, raised for the
#: latter, stops the run.
Listen: TypeAlias = Callable[[Progress, Figures], None]


def print_figures(_progress: Progress, figures: Figures) -> None:
    """Print figures as a line of JSON."""
    if figures:
        print(json.dumps(figures), flush=True)


class Record:
    """``log.jsonl``, ``curve.png`` and ``validation.jpg`` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = folder / "log.jsonl"

    def log(self, progress: Progress, figures: Figures) -> Figures:
        """Write a line, and return it."""
        line = {"step": progress.step, "minutes": round(progress.seconds / 60, 2), **figures}
        line = {key: round(value, 4) for key, value in line.items()}
        with self._lines.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        return line

    def draw(self, examples: Examples, network: UNet) -> None:
        """Draw the curve, where it can be drawn, and the pictures anew."""
        if curve := draw_curve(self._lines):
            write_atomically(self._folder / "curve.png", curve, overwrite=True)
        write_atomically(self._folder / "validation.jpg", examples.draw(network), overwrite=True)
