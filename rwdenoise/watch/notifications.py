"""Hear from the operating system when files in a folder change; for network shares it does not tell."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

# Without opening and closing for reading, which is what we do ourselves.
_TOLD = [
    DirCreatedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileModifiedEvent,
    FileMovedEvent,
]  # fmt: skip
# Only inotify tells of the end of writing.
_TELLS_OF_CLOSING = sys.platform == "linux"
# Seconds without a change after which a file counts as closed all the same: the system may lose an event when there
# are too many.
_PATIENCE = 600.0


class Notifications(FileSystemEventHandler):
    """Calls back when a file in a folder changes, and knows which files are open for writing.

    Parameters
    ----------
    folder : Path
    wake : callable
        Called, by another thread, when it is time to look into the folder.
    """

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._wake = wake
        self._observer: BaseObserver | None = None
        self._identity = (0, 0)
        self._written: dict[Path, float] = {}

    def listen(self) -> bool:
        """Start to listen, unless that was done; False if the system cannot tell of changes here."""
        if self.hears():
            return True
        self.close()
        try:
            self._identity = _identity(self._folder)
            self._observer = Observer()
            self._observer.schedule(self, str(self._folder), recursive=True, event_filter=_TOLD)
            self._observer.start()
        except OSError:
            self.close()
            return False
        return True

    def hears(self) -> bool:
        """Tell whether changes are still heard: not if the folder was replaced or unmounted."""
        if self._observer is None:
            return False
        try:
            is_same = _identity(self._folder) == self._identity
        except OSError:
            return False
        return is_same and all(thread.is_alive() for thread in (self._observer, *self._observer.emitters))

    def close(self) -> None:
        """Stop listening, and forget which files are open."""
        observer, self._observer = self._observer, None
        self._written.clear()
        if observer is not None:
            observer.stop()
            with suppress(RuntimeError):  # It was not started.
                observer.join()

    def is_written(self, path: Path) -> bool:
        """Tell whether a program has a file open for writing, as far as the system has told."""
        return time.monotonic() - self._written.get(path, -_PATIENCE) < _PATIENCE

    def on_modified(self, event: FileSystemEvent) -> None:
        """Remember that a file is open."""
        if _TELLS_OF_CLOSING:
            self._written[_path(event.src_path)] = time.monotonic()
        else:
            self._wake()

    def on_closed(self, event: FileSystemEvent) -> None:
        """Forget a file that is closed or deleted."""
        self._written.pop(_path(event.src_path), None)
        self._wake()

    on_deleted = on_closed

    def on_moved(self, event: FileSystemEvent) -> None:
        """Follow a file to its new name: it is still open."""
        path = _path(event.src_path)
        if path in self._written:
            self._written[_path(event.dest_path)] = self._written[path]
        self.on_closed(event)

    def on_created(self, _event: FileSystemEvent) -> None:
        """Look soon; a file that is moved in is created, too."""
        self._wake()


def _identity(folder: Path) -> tuple[int, int]:
    about = folder.stat()
    return about.st_dev, about.st_ino


def _path(name: str | bytes) -> Path:
    return Path(os.fsdecode(name))
