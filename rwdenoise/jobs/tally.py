"""Count how the jobs of a call end, each in exactly one way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from rwdenoise.errors import Cancelled, RwDenoiseError
from rwdenoise.events import Event, Failed, Finished, Listener, Skipped, Stopped, Summary
from rwdenoise.jobs.treatment import AlreadyDone


class Tally:
    """Counts how the jobs of a call end, and reports those that do not succeed."""

    def __init__(self, jobs: int, listen: Listener) -> None:
        self.written = 0
        self.failed = 0
        self.already = 0
        self.megapixels = 0.0
        self._jobs = jobs
        self._listen = listen
        self._begun = time.perf_counter()

    def attempt(self, source: Path, work: Callable[[], object]) -> bool:
        """Call `work` for a photo, report its failure, and return whether it succeeded."""
        try:
            work()
        except (Cancelled, KeyboardInterrupt):
            self._listen(Stopped(str(source)))
            raise
        except AlreadyDone as done:
            self.hear(Skipped(str(source), str(done.target), "done already"))
            return False
        except RwDenoiseError as error:
            self.hear(Failed.because(error, job=str(source)))
            return False
        return True

    def hear(self, event: Event) -> None:
        """Count an event and pass it on."""
        if isinstance(event, Finished):
            self.written += 1
            self.megapixels += event.megapixels
        self.failed += isinstance(event, Failed)
        self.already += isinstance(event, Skipped)
        self._listen(event)

    def close(self) -> Summary:
        """Report and return the summary; photos neither written nor failed count as skipped."""
        skipped = self._jobs - self.written - self.failed
        seconds = round(time.perf_counter() - self._begun, 3)
        summary = Summary(
            self.written, self.failed, skipped, seconds, megapixels=round(self.megapixels, 3), already=self.already
        )
        self._listen(summary)
        return summary
