"""Read photos in a child process: a crash of a decoder then fails only one photo."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from rwdenoise.errors import (
    Cancelled,
    CorruptPhotoError,
    DeviceUnavailableError,
    PhotoError,
    RwDenoiseError,
    SettingsError,
)
from rwdenoise.io.isolated.photos import unpack
from rwdenoise.io.isolated.wire import NONSENSE, Message, Unchecked, read_message, text, write_message
from rwdenoise.io.source import COPY_AGAIN, check_file, printable, shown, too_large
from rwdenoise.photo.kinds import Photo

# -P prevents Python from importing modules from the current folder.
_COMMAND = (sys.executable, "-P", "-m", "rwdenoise.io.isolated.child")
# Maximum time between the end of its output and the end of a crashed process.
_SECONDS_TO_DIE = 5.0
_LONGEST_WORDS = 2000
# Errors of reading a photo.
_KINDS: tuple[type[RwDenoiseError], ...] = (PhotoError, *PhotoError.__subclasses__(), SettingsError)
_ERRORS = {kind.code: kind for kind in _KINDS}


class IsolatedReader:
    """Reads photos like `read_photo`, but in a child process that it keeps between photos.

    The child starts at once and loads its modules while the caller continues. If it crashes, hangs or answers nonsense,
    that photo fails, and the next one gets a new child. Any thread may read; one photo is read at a time.

    Parameters
    ----------
    seconds : float
        Time limit for reading a photo.
    memory : int, optional
        Limit of the address space of the child in bytes, if the system supports it.

    Raises
    ------
    DeviceUnavailableError
        If the system cannot start another process.
    """

    def __init__(self, *, seconds: float = 120.0, memory: int | None = None) -> None:
        self._seconds = seconds
        self._command = (*_COMMAND, str(seconds), str(memory or 0))
        self._one_at_a_time = threading.Lock()
        self._closed = False
        self._child = _Child(self._command)

    def read(self, path: Path) -> Photo:
        """Read camera RAW or a developed picture.

        Raises
        ------
        PhotoAccessError, CorruptPhotoError, UnsupportedPhotoError
            As for `read_photo`; CorruptPhotoError also if the child crashes, takes too long or answers nonsense.
        Cancelled
            If the reader is closed.
        """
        check_file(path)
        with self._one_at_a_time:
            try:
                answer = self._running().ask(path, seconds=self._seconds)
            except BaseException:
                self._child.end()
                if self._closed:
                    raise Cancelled from None
                raise
        if isinstance(answer, RwDenoiseError):
            raise answer
        return answer

    def close(self) -> None:
        """End the child at once; a read in another thread raises `Cancelled`."""
        self._closed = True
        self._child.kill()
        with self._one_at_a_time:
            self._child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _running(self) -> _Child:
        if not self._closed and not self._child.is_running:
            self._child.end()
            self._child = _Child(self._command)
        if self._closed:
            raise Cancelled
        return self._child


@contextmanager
def open_reader(*, isolate: bool) -> Iterator[Callable[[Path], Photo]]:
    """Yield a function that reads photos, in a child process or in this one.

    Parameters
    ----------
    isolate : bool
        Whether a child process decodes them, for untrusted files.

    Raises
    ------
    DeviceUnavailableError
        If the system cannot start another process.
    """
    if isolate:
        with IsolatedReader() as reader:
            yield reader.read
    else:
        from rwdenoise.io.read import read_photo

        yield read_photo


class _Child:
    """The child process, which answers one request at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is for the parent.
            )
        except OSError as error:
            message = f"The process that reads photos cannot be started: {error}."
            raise DeviceUnavailableError(message, hint="Close other programs and try again.") from error
        self._questions = cast("FileIO", self._process.stdin)
        self._answers = cast("FileIO", self._process.stdout)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def ask(self, path: Path, *, seconds: float) -> Photo | RwDenoiseError:
        """Return the photo or error that the child answers; raise an error for a failure of the child."""
        timer = threading.Timer(seconds, self.kill)
        timer.start()
        try:
            write_message(self._questions, Message({"path": str(path.absolute())}))
            return _meaning(read_message(self._answers), path)
        except (EOFError, OSError) as error:
            if timer.finished.is_set():
                message = f"{shown(path)} is damaged: the decoder was still running after {seconds:g} seconds."
                raise CorruptPhotoError(message, hint=COPY_AGAIN) from error
            raise _crashed(path, self._end_of_its_own()) from error
        except MemoryError as error:
            raise too_large(shown(path)) from error
        except NONSENSE as error:
            raise _crashed(path, "it sent invalid data") from error
        finally:
            timer.cancel()

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Kill the process and release its resources."""
        self.kill()
        self._process.wait()
        self._questions.close()
        self._answers.close()

    def _end_of_its_own(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            status = self._process.wait(_SECONDS_TO_DIE)
            return f"signal {-status}" if status < 0 else f"exit status {status}"
        return "it closed its output"


def _meaning(message: Message, path: Path) -> Photo | RwDenoiseError:
    table = message.table
    if table["kind"] == "crash":
        return _crashed(path, _words(table["reason"]))
    if table["kind"] == "error":
        return _ERRORS[table["code"]](_words(table["message"]), hint=_words(table["hint"]))
    return dataclasses.replace(unpack(message), source=path)


def _crashed(path: Path, reason: str) -> CorruptPhotoError:
    return CorruptPhotoError(f"{shown(path)} cannot be read: the decoder crashed ({reason}).", hint=COPY_AGAIN)


def _words(value: Unchecked) -> str:
    return printable(text(value)[:_LONGEST_WORDS])
