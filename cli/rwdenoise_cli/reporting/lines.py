"""Report the events of a call: line by line for people and log files, or as JSON for programs."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING, Self

from rwdenoise.events import (
    Event,
    Failed,
    Finished,
    Noise,
    Planned,
    Progress,
    Residual,
    Skipped,
    Started,
    Stopped,
    Summary,
    Warned,
    to_json,
)
from rwdenoise_cli.output import log, printable, say
from rwdenoise_cli.reporting.words import (
    arrow,
    failed_words,
    finished_words,
    noise_words,
    residual_words,
    settings_words,
    skipped_words,
    summary_words,
)

if TYPE_CHECKING:
    from rwdenoise_cli.options import Talk


class Reporter:
    """Lists on stdout what was written, and logs the rest line by line on stderr."""

    def __init__(self, talk: Talk, *, jobs: int) -> None:
        self.jobs = jobs
        self.begun = 0
        self._talk = talk
        self._noises: dict[str, Noise] = {}
        self._failures: list[Failed] = []
        self._under_way: set[str] = set()
        self._dry = False
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        if isinstance(event, Failed):
            log(failed_words(event))
            self._failures.append(event)
            # What is refused before any work on it was never one of those to come.
            self.jobs -= event.job not in self._under_way
            self._under_way.discard(event.job)
        elif not self._talk.quiet:
            self._tell(event)

    @singledispatchmethod
    def _tell(self, event: Event) -> None:
        """Ignore events that a later version may add."""

    @_tell.register
    def _(self, event: Planned) -> None:
        self._dry = True
        say(arrow(event.source, event.output))

    @_tell.register
    def _(self, event: Started) -> None:
        self.begun, self._stage = self.begun + 1, ""
        self._under_way.add(event.job)

    @_tell.register
    def _(self, event: Noise) -> None:
        self._noises[event.job] = event

    @_tell.register
    def _(self, event: Progress) -> None:
        self.show(event)

    @_tell.register
    def _(self, event: Residual) -> None:
        if self._talk.verbose:
            log(residual_words(event))

    @_tell.register
    def _(self, event: Warned) -> None:
        log(f"warning: {printable(event.job)}: {printable(event.message)}")

    @_tell.register
    def _(self, event: Skipped) -> None:
        self.jobs -= 1
        log(skipped_words(event))

    @_tell.register
    def _(self, event: Stopped) -> None:
        log(f"{printable(event.job)}: stopped before anything was written")

    @_tell.register
    def _(self, event: Finished) -> None:
        self._under_way.discard(event.job)
        say(finished_words(event, self._noises.pop(event.job, None)))
        if self._talk.verbose:
            log(settings_words(event))

    @_tell.register
    def _(self, event: Summary) -> None:
        say(summary_words(event, dry=self._dry))
        # They were logged when they happened, which in a long run is far above.
        if self._failures and event.written:
            log("These failed:")
            for failed in self._failures:
                log(failed_words(failed))

    def show(self, event: Progress) -> None:
        """Log each stage as it begins, and all progress if asked to be verbose."""
        line = f"[{self.begun}/{self.jobs}] {printable(event.job)}: {event.stage}"
        if event.stage != self._stage:
            self._stage = event.stage
            known = event.stage == "denoise" and self._noises.get(event.job)
            log(f"{line}, {noise_words(known)}" if known else line)
        elif self._talk.verbose and event.stage == "denoise":
            log(f"{line} {event.done}/{event.total}")


class JsonReporter(Reporter):
    """Writes each event as a line of JSON to stdout; stderr only gets what is wrong."""

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        say(to_json(event))
        if isinstance(event, Failed | Warned):
            super().__call__(event)
