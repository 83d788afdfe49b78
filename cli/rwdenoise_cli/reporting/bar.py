"""Draw progress bars with the time left on a terminal: for the photos of a call, and for training."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, OverflowMethod
from rich.progress import BarColumn, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Column

from rwdenoise.events import Event, Noise, Progress, Started
from rwdenoise_cli.options import Talk
from rwdenoise_cli.output import printable
from rwdenoise_cli.reporting.lines import Reporter
from rwdenoise_cli.reporting.training import Done, LineTrainingReporter

#: Seconds over which the speed is averaged; long, because photos differ in size and in what is done to them.
SPEED_PERIOD = 120.0
#: The same for training, which validation makes uneven.
TRAINING_SPEED_PERIOD = 300.0


class BarReporter(Reporter):
    """Draws a bar for the photo at hand, and one for all if there are several.

    The bars are drawn on stderr and taken away before a line is written, so that stdout may go elsewhere.
    """

    def __init__(self, talk: Talk, *, jobs: int) -> None:
        super().__init__(talk, jobs=jobs)
        # That it is a terminal is known; while LibRaw is kept quiet, the error stream looks like a file.
        console = Console(stderr=True, force_terminal=True)
        overflow: OverflowMethod = "crop" if console.options.ascii_only else "ellipsis"
        named = Column(no_wrap=True, overflow=overflow, ratio=1)
        self._bars = _bars(
            TextColumn("{task.description}", markup=False, table_column=named),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            console=console,
            period=SPEED_PERIOD,
        )
        self._photo = self._bars.add_task("")
        self._all = self._bars.add_task("", total=jobs, visible=jobs > 1)

    def __exit__(self, *_error: object) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        if isinstance(event, Started):
            self._bars.reset(self._photo, description="")
        # Of these no line is written.
        elif not isinstance(event, Progress | Noise):
            self._bars.stop()
        super().__call__(event)

    def show(self, event: Progress) -> None:
        """Move the bars."""
        denoising = event.stage == "denoise"
        share = event.done / event.total if denoising else float(event.stage == "write")
        self._bars.update(self._photo, description=f"{event.stage}  {printable(Path(event.job).name)}")
        if denoising:
            self._bars.update(self._photo, completed=event.done, total=event.total)
        count = f"photo {self.begun} of {self.jobs}"
        self._bars.update(self._all, description=count, completed=self.begun - 1 + share, total=self.jobs)
        self._bars.start()


class BarTrainingReporter(LineTrainingReporter):
    """Draws a bar on stderr, below the lines of the log."""

    def __init__(self, minutes: float) -> None:
        super().__init__(minutes)
        self._bar = _bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            console=Console(stderr=True),
            period=TRAINING_SPEED_PERIOD,
        )
        self._task = self._bar.add_task("", total=60 * minutes)

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def step(self, done: Done) -> None:
        """Move the bar."""
        self._bar.start()
        self._bar.update(self._task, description=f"training  step {done.step}", completed=done.seconds)

    def _before_line(self) -> None:
        self._bar.stop()


def _bars(*columns: ProgressColumn, console: Console, period: float) -> Bars:
    """Return bars that are gone when they stop; after the columns given come the share and the time left."""
    return Bars(
        *columns,
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        expand=True,
        speed_estimate_period=period,
    )
