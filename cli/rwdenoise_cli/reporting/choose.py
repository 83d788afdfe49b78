"""Choose who is told of a call: a person at a terminal, a log file, or another program."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rwdenoise_cli.reporting.lines import JsonReporter, Reporter
from rwdenoise_cli.reporting.training import JsonTrainingReporter, LineTrainingReporter, TrainingReporter

if TYPE_CHECKING:
    from rwdenoise_cli.options import Talk

#: Terminals that cannot move the cursor, by the value of TERM; the same ones as rich knows.
CANNOT_DRAW = ("dumb", "unknown")


def choose_reporter(talk: Talk, *, jobs: int) -> Reporter:
    """Return the reporter for a call with so many photos."""
    if talk.as_json:
        return JsonReporter(talk, jobs=jobs)
    if talk.quiet or not _can_draw():
        return Reporter(talk, jobs=jobs)
    from rwdenoise_cli.reporting.bar import BarReporter

    return BarReporter(talk, jobs=jobs)


def choose_training_reporter(talk: Talk, *, minutes: float, leads: bool) -> TrainingReporter:
    """Return the reporter for a training run of so many minutes; only the process that leads its team reports."""
    if talk.quiet or not leads:
        return TrainingReporter(minutes)
    if talk.as_json:
        return JsonTrainingReporter(minutes)
    if not _can_draw():
        return LineTrainingReporter(minutes)
    from rwdenoise_cli.reporting.bar import BarTrainingReporter

    return BarTrainingReporter(minutes)


def _can_draw() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in CANNOT_DRAW
