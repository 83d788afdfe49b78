"""Report a training run: line by line for people and log files, or as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, Self

from rwdenoise.events import VERSION
from rwdenoise_cli.output import log, say

# What a line of the log holds besides the scores.
_NO_SCORES = ("step", "minutes", "loss", "simulating")


class Done(Protocol):
    """How far a run is."""

    step: int
    seconds: float


class TrainingReporter:
    """Says nothing."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return

    def note(self, words: str) -> None:
        """Tell what is being done."""

    def step(self, done: Done) -> None:
        """Tell that a step is done."""

    def figures(self, figures: Mapping[str, float]) -> None:
        """Tell a line of the run's log."""

    def exported(self, facts: Mapping[str, Any]) -> None:
        """Tell of the weights that were written."""


class LineTrainingReporter(TrainingReporter):
    """Says on stdout which weights were written, and logs the rest line by line on stderr."""

    def note(self, words: str) -> None:
        """Log it."""
        self._before_line()
        log(words)

    def figures(self, figures: Mapping[str, float]) -> None:
        """Log the line."""
        self._before_line()
        log(figures_words(figures, minutes=self.minutes))

    def exported(self, facts: Mapping[str, Any]) -> None:
        """Say where they are."""
        self._before_line()
        say(f"{facts['weights']}  {facts['trained']}, halo {facts['halo']} px")
        if facts["gain"] is not None:
            log(f"{facts['gain']:+.2f} dB on the photos that were held out, since the start")

    def _before_line(self) -> None:
        """Clear the terminal of what stands where the next line goes."""


class JsonTrainingReporter(TrainingReporter):
    """Writes each line of the log, and the end, as a line of JSON to stdout."""

    def figures(self, figures: Mapping[str, float]) -> None:
        """Write the line."""
        stated = {name: figures[name] for name in _NO_SCORES if name in figures}
        self._say("training", {**stated, **({"scores": scores} if (scores := scores_of(figures)) else {})})

    def exported(self, facts: Mapping[str, Any]) -> None:
        """Write the end."""
        self._say("trained", facts)

    def _say(self, event: str, facts: Mapping[str, Any]) -> None:
        say(json.dumps({"v": VERSION, "event": event, **facts}))


def figures_words(figures: Mapping[str, float], *, minutes: float) -> str:
    """Return for example ``step 200, 0.7 of 60 min: loss 0.4003``."""
    facts = {"loss": f"{figures['loss']:.4f}"} if "loss" in figures else {}
    facts |= {name: f"{score:.2f} dB" for name, score in scores_of(figures).items()}
    words = ", ".join(f"{name} {number}" for name, number in facts.items())
    return f"step {figures['step']:.0f}, {figures['minutes']:.1f} of {minutes:g} min: {words}"


def scores_of(figures: Mapping[str, float]) -> dict[str, float]:
    """Return the scores in a line of the log: PSNR in dB by what was denoised."""
    return {name: score for name, score in figures.items() if name not in _NO_SCORES}
