"""Record results, failures and calls in an SQLite file, safe against power cuts and shared by several processes.

Its times are for display. No decision depends on the wall clock, which may be set back.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import platformdirs

from rwdenoise.errors import JournalError, PhotoAccessError
from rwdenoise.io.source import state_of

if TYPE_CHECKING:
    from rwdenoise.events import Failed

#: Version of the tables; an older program refuses a newer journal.
SCHEMA = 1
#: Seconds to wait while another process writes.
PATIENCE = 30.0
# Seconds between attempts where SQLite itself does not wait.
_PAUSE = 0.05
# Size and time of a missing file.
_MISSING = (-1, -1)

_TABLES = """
CREATE TABLE IF NOT EXISTS done (
    target BLOB PRIMARY KEY, source BLOB, digest TEXT, key TEXT, size INTEGER, modified INTEGER, at REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS troubles (
    source BLOB PRIMARY KEY, size INTEGER, modified INTEGER,
    code TEXT, message TEXT, hint TEXT, attempts INTEGER, last REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY, arguments TEXT, folder BLOB, begun REAL, ended REAL
);
"""


@dataclass(frozen=True)
class Trouble:
    """The failure of a source that has not changed since."""

    source: Path
    code: str
    message: str
    hint: str
    attempts: int
    last: float
    """Time of the last attempt, in seconds since 1970."""


@dataclass(frozen=True)
class Call:
    """A call of the command line."""

    number: int
    arguments: tuple[str, ...]
    folder: Path
    """The current folder of the call."""


def default_journal() -> Path:
    """Return the path of the user's journal."""
    return platformdirs.user_state_path("rwdenoise") / "journal.sqlite"


class Journal:
    """The journal in a file, which is created if missing. Threads may share it.

    Raises
    ------
    JournalError
        If it cannot be opened, is not a journal, or has a newer version. All methods raise it too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._database = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()

    def find_done(self, digest: str, target: Path, keys: Collection[str]) -> bool:
        """Return whether `target` is the unchanged result of a source with this digest and one of these methods.

        Parameters
        ----------
        digest : str
            From `digest_file`.
        target : Path
        keys : collection of str
            From `Treatment.key`.
        """
        with self._errors():
            rows = self._run("SELECT digest, key, size, modified FROM done WHERE target = ?", _name(target))
            now = _size_and_time(target)
            return now != _MISSING and any((digest, key, *now) in rows for key in keys)

    def record_done(self, source: Path, digest: str, target: Path, key: str) -> None:
        """Record a new result, and delete earlier failures of its source."""
        with self._transaction() as database:
            row = (_name(target), _name(source), digest, key, *_size_and_time(target), time.time())
            database.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            database.execute("DELETE FROM troubles WHERE source = ?", (_name(source),))

    def record_failed(self, source: Path, failed: Failed) -> Trouble:
        """Record a failure, and return it with the number of attempts since the source last changed."""
        code, message, hint = map(_text, (failed.code, failed.message, failed.hint))
        last = time.time()
        with self._transaction() as database:
            rows = database.execute(
                "INSERT INTO troubles VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7) ON CONFLICT (source) DO UPDATE SET"
                " attempts = CASE WHEN (size, modified) = (?2, ?3) THEN attempts + 1 ELSE 1 END,"
                " size = ?2, modified = ?3, code = ?4, message = ?5, hint = ?6, last = ?7 RETURNING attempts",
                (_name(source), *_size_and_time(source), code, message, hint, last),
            ).fetchall()
            return Trouble(source.absolute(), code, message, hint, rows[0][0], last)

    def trouble_of(self, source: Path) -> Trouble | None:
        """Return the failure of a source; None without one, or if the source has changed since."""
        with self._errors():
            return next(iter(self._troubles("WHERE source = ?", _name(source))), None)

    def troubles(self) -> list[Trouble]:
        """Return the failures of sources that are neither finished nor changed since, the latest last."""
        return self._troubles("ORDER BY last")

    def begin_call(self, arguments: Sequence[str], folder: Path) -> int:
        """Record a call of the command line, and return its number."""
        with self._transaction() as database:
            row = (json.dumps(list(arguments)), _name(folder), time.time())
            cursor = database.execute("INSERT INTO calls (arguments, folder, begun) VALUES (?, ?, ?)", row)
        return int(cursor.lastrowid or 0)

    def end_call(self, number: int) -> None:
        """Record the end of a call."""
        self._run("UPDATE calls SET ended = ? WHERE number = ?", time.time(), number)

    def unfinished_call(self) -> Call | None:
        """Return the last call if its end is not recorded."""
        with self._errors():
            rows = self._run("SELECT number, arguments, folder, ended FROM calls ORDER BY number DESC LIMIT 1")
            for number, arguments, folder, ended in rows:
                if ended is None:
                    return Call(number, tuple(json.loads(arguments)), Path(os.fsdecode(folder)))
        return None

    def _prepare(self) -> None:
        found = self._database.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA:
            message = f"The journal {self.path} has version {found}; this program supports versions up to {SCHEMA}."
            raise JournalError(message, hint="Use the newer rwdenoise that wrote it, or --no-journal.")
        # With a write-ahead log, readers and a writer do not wait for each other; FULL survives power cuts.
        self._log_ahead()
        self._database.execute("PRAGMA synchronous = FULL")
        if found < SCHEMA:
            self._database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")

    def _log_ahead(self) -> None:
        """Enable the write-ahead log; retry, because SQLite refuses at once if another process is doing the same."""
        patient_until = time.monotonic() + PATIENCE
        while True:
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patient_until:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _troubles(self, which: str, *values: bytes) -> list[Trouble]:
        columns = "source, code, message, hint, attempts, last, size, modified"
        with self._errors():
            rows = [
                (Path(os.fsdecode(name)), facts, (size, modified))
                for name, *facts, size, modified in self._run(f"SELECT {columns} FROM troubles {which}", *values)
            ]
            return [Trouble(source, *facts) for source, facts, state in rows if _size_and_time(source) == state]

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- what SQLite takes
        with self._transaction() as database:
            return database.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit all or nothing, and close the transaction, which would block every other process."""
        with self._errors(), self._lock, self._database:
            yield self._database

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:  # The last two come from damaged rows.
            message = f"The journal {self.path} cannot be read or written: {error}."
            raise JournalError(message, hint="Correct its permissions, move it away, or use --no-journal.") from error


def _name(path: Path) -> bytes:
    # File names are bytes and not always valid text.
    return os.fsencode(path.absolute())


def _text(words: str) -> str:
    # A database cannot store the undecodable bytes of a name in a message.
    return words.encode(errors="backslashreplace").decode()


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        state = state_of(path)
    except PhotoAccessError:
        return _MISSING
    return state.size, state.modified
