"""Draw a progress bar for training, with the time left, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rwdenoise_cli.reporting.training import Done, LineTrainingReporter

#: Seconds over which the speed is averaged: validation makes it uneven.
SPEED_PERIOD = 300.0


class BarTrainingReporter(LineTrainingReporter):
    """Draws a bar on stderr, below the lines of the log."""

    def __init__(self, minutes: float) -> None:
        super().__init__(minutes)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            expand=True,
            speed_estimate_period=SPEED_PERIOD,
        )
        self._task = self._bar.add_task("", total=60 * minutes)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def note(self, words: str) -> None:
        """Log it."""
        self._bar.stop()
        super().note(words)

    def step(self, done: Done) -> None:
        """Move the bar."""
        self._bar.start()
        self._bar.update(self._task, description=f"training  step {done.step}", completed=done.seconds)

    def figures(self, figures: Mapping[str, float]) -> None:
        """Log the line above the bar."""
        self._bar.stop()
        super().figures(figures)

    def exported(self, facts: Mapping[str, Any]) -> None:
        """Say where they are."""
        self._bar.stop()
        super().exported(facts)
