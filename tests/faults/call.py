"""A run of the program, and what it tells."""

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
#: Seconds after which a call that does not end hangs.
PATIENCE = 300.0


class Call:
    """A process that is running, or was.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Where it runs, with a configuration and a journal of its own.
    """

    def __init__(self, command: Sequence[str], *, folder: Path) -> None:
        self.told: list[Event] = []
        self.times: list[float] = []
        self.status: int | None = None
        """What it ended with; None until `end`, and if it hung."""
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
        """Wait until so many events of a kind were told, or the process is gone."""
        with self._more:
            self._more.wait_for(lambda: self._count(kind) >= number or self._over, PATIENCE)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal, which a process that is gone does not mind."""
        self._process.send_signal(number)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def end(self) -> "Call":
        """Wait for the process to end, and return this."""
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
        """The last event; None of a process that died."""
        return next((event for event in reversed(self.told) if isinstance(event, Summary)), None)

    @property
    def finished(self) -> list[Finished]:
        """What it says that it wrote."""
        return [event for event in self.told if isinstance(event, Finished)]

    @property
    def failed(self) -> list[Failed]:
        """What it says that it could not do."""
        return [event for event in self.told if isinstance(event, Failed)]

    @property
    def ends(self) -> Counter[str]:
        """How many events ended the work on each photo: exactly one, if all is well."""
        return Counter(event.job for event in self.told if isinstance(event, Finished | Failed | Skipped))

    @property
    def problem(self) -> str:
        """What no fault excuses: a call that hangs, shows its insides, or ends without a word."""
        if self.status is None:
            return f"still running after {PATIENCE:g} s"
        if "Traceback" in self.errors:
            return self.errors.strip().splitlines()[-1]
        # It was killed; or stopped before it began; or there was nothing to resume.
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
                # The last line of a process that was killed may be cut off.
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
