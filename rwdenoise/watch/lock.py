"""Keep a second watcher out of a folder, and tell it which process watches there."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from rwdenoise.errors import JournalError, SettingsError

# `is_held` holds the lock for a moment.
_SECONDS = 1.0


class FolderLock:
    """Held while a folder is watched; the system releases it when the process ends, however that happens.

    Parameters
    ----------
    path : Path
        The lock file, on a local disk. It is not deleted.
    folder : Path
        What it is for.

    Raises
    ------
    SettingsError
        From ``with``, if another process holds it.
    JournalError
        From ``with``, if the file cannot be created.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder = path, folder
        self._lock = FileLock(path)
        # Windows lets nobody read a locked file.
        self._holder = path.with_suffix(".holder")

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=_SECONDS)
            self._holder.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        except Timeout as error:
            message = f"{self._folder} is being watched already, by {self._read_holder()}."
            raise SettingsError(message, hint="Stop that watcher first, or watch another folder.") from error
        except OSError as error:
            message = f"The lock file {self._path} cannot be created: {error.strerror}."
            raise JournalError(message, hint="Give yourself write permission in its folder.") from error
        return self

    def __exit__(self, *_error: object) -> None:
        self._lock.release()

    def _read_holder(self) -> str:
        try:
            return self._holder.read_text(encoding="utf-8")
        except OSError:
            return "another process"


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock in this file."""
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(blocking=False):
            return False
    except Timeout:
        return True
