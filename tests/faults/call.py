"""Run the program in a process, and record its events."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rwdenoise.events import Event, Failed, Finished, Skipped, Summary, from_json

INTERRUPTED = 130
#: Time limit in seconds; a call that takes longer counts as hanging.
PATIENCE = 300.0


class Call:
    """Call of the program: a process that is running or has ended.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Working directory, with its own configuration and journal.
    """

    def __init__(self, command: Sequence[str], *, folder: Path) -> None:
        self.told: list[Event] = []
        self.times: list[float] = []
        self.status: int | None = None
        """Exit status; None before `end`, and if the process hung."""
        self.errors = ""
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `end`
        self._more = threading.Condition()
        self._over = False
        self.begun = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._stderr, cwd=folder, env=_environment(folder)
        )
        self.pid = self._process.pid
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def wait_for(self, kind: type[Event], number: int = 1) -> None:
        """Wait until `number` events of a kind have arrived, or the process has ended."""
        with self._more:
            self._more.wait_for(lambda: self._count(kind) >= number or self._over, PATIENCE)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal; this does nothing if the process has ended."""
        self._process.send_signal(number)

    @property
    def is_running(self) -> bool:
        """Whether the process is still running."""
        return self._process.poll() is None

    def end(self) -> "Call":
        """Wait for the process to end, and return this call."""
        try:
            self.status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        with self._stderr as file:
            file.seek(0)
            self.errors = file.read().decode(errors="replace")
        return self

    @property
    def summary(self) -> Summary | None:
        """Summary event; None if the process died before it."""
        return next((event for event in reversed(self.told) if isinstance(event, Summary)), None)

    @property
    def finished(self) -> list[Finished]:
        """Events of the photos reported as written."""
        return [event for event in self.told if isinstance(event, Finished)]

    @property
    def failed(self) -> list[Failed]:
        """Events of the photos reported as failed."""
        return [event for event in self.told if isinstance(event, Failed)]

    @property
    def ends(self) -> Counter[str]:
        """Number of final events for each photo: exactly one if everything is correct."""
        return Counter(event.job for event in self.told if isinstance(event, Finished | Failed | Skipped))

    @property
    def problem(self) -> str:
        """Description of a failure that no fault excuses: a hang, a traceback, or an end without a summary."""
        if self.status is None:
            return f"still running after {PATIENCE:g} s"
        if "Traceback" in self.errors:
            return self.errors.strip().splitlines()[-1]
        # Killed, interrupted before the start, or nothing to resume.
        has_reason = self.status < 0 or (self.status in {0, INTERRUPTED} and not self.told)
        if self.summary is None and not has_reason:
            return f"status {self.status} and no summary: {self.errors.strip()}"
        return ""

    def _count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.told)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                # The last line of a killed process may be truncated.
                if line.endswith(b"\n") and (event := from_json(line.decode())) is not None:
                    with self._more:
                        self.told.append(event)
                        self.times.append(time.perf_counter())
                        self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()


def _environment(folder: Path) -> dict[str, str]:
    own = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "STATE")}
    root = str(Path(__file__).parents[2])
    return {**os.environ, **own, "OMP_NUM_THREADS": "1", "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}
