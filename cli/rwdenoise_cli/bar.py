"""A progress bar with the time left, on a terminal."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Column

from rwdenoise.events import Event, Progress, Started
from rwdenoise_cli.options import Talk
from rwdenoise_cli.output import printable
from rwdenoise_cli.reporters import Reporter

#: Seconds over which the speed is averaged; long, because photos differ in size and in what is done to them.
SPEED_PERIOD = 120.0


class BarReporter(Reporter):
    """Draws a bar for the photo at hand, and one for all if there are several.

    The bars are drawn on stderr and taken away before a line is written, so that stdout may go elsewhere.
    """

    def __init__(self, talk: Talk, *, jobs: int) -> None:
        super().__init__(talk, jobs=jobs)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=2)),
            BarColumn(bar_width=None, table_column=Column(ratio=3)),
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
        self._photo = self._bars.add_task("")
        self._all = self._bars.add_task(f"all {jobs} photos", total=jobs, visible=jobs > 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        if isinstance(event, Started):
            self._bars.reset(self._photo, description="", total=None)
            self._bars.update(self._all, completed=self.begun, total=self.jobs)
        elif not isinstance(event, Progress):
            self._bars.stop()
        super().__call__(event)

    def show(self, event: Progress) -> None:
        """Move the bars."""
        self._bars.start()
        description = f"{event.stage}  {printable(Path(event.job).name)}"
        if event.stage != "denoise":
            self._bars.update(self._photo, description=description)
            return
        self._bars.update(self._photo, description=description, completed=event.done, total=event.total)
        self._bars.update(self._all, completed=self.begun - 1 + event.done / event.total)
