"""Keep a small file up to date that says how a watcher is doing, for people and for monitoring programs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import platformdirs

from rwdenoise.events import Event, Failed, Finished, Skipped, Started, Stopped

VERSION = 1
#: Names of files in the `state_folder` of a watcher.
HEALTH_FILE, LOCK_FILE = "health.json", "watcher.lock"
#: Seconds without an update after which a watcher is taken to hang. Reading one photo may take 120.
STALE = 300.0
#: Minutes over which the rate is averaged.
RATE_MINUTES = 10.0
# Least seconds between two updates while a photo is in work.
_PAUSE = 2.0


@dataclass(frozen=True)
class Health:
    """The state of a watcher."""

    inbox: str
    pid: int
    host: str
    started: str
    """Date and time, for people."""
    uptime: float = 0.0
    """Seconds."""
    state: str = "waiting"
    """``waiting`` for photos, ``working``, ``away`` while a folder is not there, or ``stopped``."""
    photo: str | None = None
    """What is in work."""
    queue: int = 0
    """Photos still to be done, including those that failed and will be tried again."""
    done: int = 0
    skipped: int = 0
    failed: int = 0
    """Attempts that failed."""
    photos_per_minute: float = 0.0
    megapixels_per_minute: float = 0.0
    last_error: dict[str, str] | None = None
    """Its ``job``, ``code``, ``message``, ``hint``, and the ``time``."""
    heartbeat: float = 0.0
    """When this was written, by the system's monotonic clock."""

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({"v": VERSION, **dataclasses.asdict(self)})

    @classmethod
    def from_json(cls, line: str) -> Self | None:
        """Read it back; None if it is nothing of this version. Unknown fields are left out."""
        try:
            table: dict[str, Any] = json.loads(line)
            if table["v"] != VERSION:
                return None
            known = {field.name for field in dataclasses.fields(cls)}
            return cls(**{key: value for key, value in table.items() if key in known})
        except (ValueError, TypeError, KeyError):
            return None


class HealthFile:
    """Counts events, and writes the state of a watcher to its file.

    Parameters
    ----------
    path : Path
    inbox : Path
    clock : callable
        Seconds of a monotonic clock that all processes share.
    now : callable
        Date and time, for people.
    """

    def __init__(
        self,
        path: Path,
        inbox: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], str] = lambda: datetime.now().astimezone().isoformat(timespec="seconds"),
    ) -> None:
        self._path, self._clock, self._now = path, clock, now
        self._begun = clock()
        self._recent: deque[tuple[float, float]] = deque()
        self.health = Health(str(inbox), os.getpid(), platform.node(), now())

    def hear(self, event: Event) -> None:
        """Count an event."""
        health = self.health
        if isinstance(event, Started):
            self._set(photo=event.job)
        elif isinstance(event, Finished):
            self._recent.append((self._clock(), event.megapixels))
            self._set(photo=None, done=health.done + 1)
        elif isinstance(event, Skipped):
            self._set(skipped=health.skipped + 1)
        elif isinstance(event, Failed):
            error = {**dataclasses.asdict(event), "time": self._now()}
            self._set(photo=None, failed=health.failed + 1, last_error=error)
        elif isinstance(event, Stopped):
            self._set(photo=None)
        if self._clock() - self.health.heartbeat >= _PAUSE:
            self.write()

    def write(self, **facts: Any) -> None:  # noqa: ANN401 -- fields of Health
        """Write the file again, with some facts changed."""
        now = self._clock()
        minutes = self._forget_old(now)
        self._set(
            **facts,
            uptime=round(now - self._begun, 1),
            heartbeat=now,
            photos_per_minute=round(len(self._recent) / minutes, 3),
            megapixels_per_minute=round(sum(size for _, size in self._recent) / minutes, 3),
        )
        # The photos matter more: the file is not synced, and if it cannot be written its age says so.
        with suppress(OSError):
            new = self._path.with_name(f".{self._path.name}-{secrets.token_hex(4)}")
            new.write_text(self.health.to_json(), encoding="utf-8")
            new.replace(self._path)

    def _set(self, **facts: Any) -> None:  # noqa: ANN401 -- fields of Health
        self.health = dataclasses.replace(self.health, **facts)

    def _forget_old(self, now: float) -> float:
        """Keep only what the rate counts; return over how many minutes that is."""
        while self._recent and now - self._recent[0][0] > 60 * RATE_MINUTES:
            self._recent.popleft()
        # A rate over less than a minute means nothing.
        return min(max((now - self._begun) / 60, 1.0), RATE_MINUTES)


def state_folder(inbox: Path) -> Path:
    """Return the folder in which the watchers of an inbox keep their state: the same, whatever links lead there."""
    key = hashlib.sha256(os.fsencode(os.path.realpath(inbox))).hexdigest()[:16]
    return platformdirs.user_state_path("rwdenoise") / "watch" / key


def read_health(path: Path) -> Health | None:
    """Return the state that a watcher wrote; None if none ever did."""
    try:
        return Health.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def is_fresh(health: Health, now: float) -> bool:
    """Tell whether a watcher wrote this recently, by the clock that it used."""
    # A time in the future is one from before the machine was restarted.
    return 0 <= now - health.heartbeat <= STALE
