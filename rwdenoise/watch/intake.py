"""Denoise one photo of a watched folder, try again if it fails, and move it away when it is done."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.errors import (
    Cancelled,
    DeviceMemoryError,
    DeviceUnavailableError,
    JournalError,
    OutputExistsError,
    PhotoAccessError,
    PhotoWriteError,
    RwDenoiseError,
    WeightsCorruptError,
    WeightsNotFoundError,
)
from rwdenoise.events import Failed, Listener, Skipped, Stopped, Warned
from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.move import copy_file, move_file
from rwdenoise.io.source import FileState, digest_file, state_of
from rwdenoise.jobs.photo import denoise_job
from rwdenoise.jobs.stages import Job
from rwdenoise.jobs.treatment import AlreadyDone, EarlierResults
from rwdenoise.watch.inbox import name_beside

if TYPE_CHECKING:
    from rwdenoise.jobs.journal import Journal
    from rwdenoise.jobs.stages import ReadPhoto
    from rwdenoise.watch.orders import Orders

#: Seconds after the first, second and third failure of a photo; then it is left alone until it changes.
BACK_OFF = (30.0, 120.0, 480.0)

# Errors after which the next photo would most likely fail as well.
_CODES_FOR_ALL = frozenset(
    kind.code
    for kind in (PhotoWriteError, WeightsNotFoundError, WeightsCorruptError, DeviceUnavailableError, JournalError)
)
# Errors that may pass although the photo does not change.
_CODES_THAT_PASS = _CODES_FOR_ALL | {PhotoAccessError.code, DeviceMemoryError.code}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """The result is there."""

    source: Path
    target: Path
    state: FileState
    """What the source was."""


@dataclass(frozen=True)
class Later:
    """The photo is not done."""

    seconds: float
    """When to try again; infinity for never."""
    for_all: bool = False
    """Whether other photos had better wait, too."""


class Intake:
    """Makes the result of each photo once.

    Parameters
    ----------
    journal : Journal
    read : callable
        Reads a photo.
    listen : callable
        Receives the events; if it raises `Cancelled`, the photo is dropped.
    is_away : callable
        Tells whether a folder is missing, so that no photo is to blame.
    """

    def __init__(
        self, *, journal: Journal, read: ReadPhoto, listen: Listener, is_away: Callable[[], bool] = lambda: False
    ) -> None:
        self._journal, self._read, self._tell, self._is_away = journal, read, listen, is_away

    def take(self, source: Path, orders: Orders) -> Done | Later:
        """Denoise a photo unless it is done already; report and record what goes wrong."""
        try:
            state = state_of(source)
        except PhotoAccessError:
            return Later(0.0)  # It was taken away.
        try:
            if self._is_left_alone(source):
                return Later(math.inf)
            target = orders.target_of(source)
            self._make(source, target, orders)
        except Cancelled:
            self._tell(Stopped(str(source)))
            return Later(0.0)
        except AlreadyDone as done:
            self._tell(Skipped(str(source), str(done.target), "done already"))
        except RwDenoiseError as error:
            return self._fail(source, Failed.because(error, job=str(source)), state)
        except Exception as error:  # A bug costs one photo, not all that come after it.
            _log.exception("%s", source)
            message = f"{source.name} could not be denoised because of a bug in the program: {error!r}."
            failed = Failed(str(source), RwDenoiseError.code, message, "Report the bug, with the lines in the log.")
            return self._fail(source, failed, state)
        return Done(source, target, state)

    def put_away(self, done: Done, orders: Orders, companions: Iterable[Path]) -> bool:
        """Copy or move companions and source to where they belong; False if that must be tried again."""
        try:
            for file in companions:
                self._put_companion(file, done, orders)
            if (place := orders.done_place(done.source)) is not None:
                move_file(done.source, place, state=done.state)
        except RwDenoiseError as error:
            self._tell(Warned(str(done.source), f"{error.message} {error.hint}"))
            return False
        return True

    def _make(self, source: Path, target: Path, orders: Orders) -> None:
        # Orders to overwrite are about what was made otherwise, not about making everything anew after each start.
        treatment = dataclasses.replace(orders.treatment, overwrite=False)
        EarlierResults(treatment, weights=orders.weights, journal=self._journal).refuse(source, target)
        try:
            job = Job(source, target, orders.treatment)
            finished = denoise_job(job, orders.load, read=self._read, listen=self._tell)
        except OutputExistsError:
            # By other settings, or by another process.
            made = made_from(target)
            if made is not None and made[0] == digest_file(source):
                raise AlreadyDone(target) from None
            raise
        try:
            self._journal.record_done(source, finished.source_digest, target, finished.method_key)
        except JournalError as error:
            self._tell(Warned(finished.job, error.message))

    def _put_companion(self, file: Path, done: Done, orders: Orders) -> None:
        if orders.companions:
            try:
                copy_file(file, name_beside(file, done.source, done.target))
            except OutputExistsError as error:
                # It may have been edited there.
                self._tell(Warned(str(file), error.message))
        # A picture that stayed would be taken for a photo when its RAW photo is gone.
        if (place := orders.done_place(file)) is not None:
            move_file(file, place, state=state_of(file))

    def _fail(self, source: Path, failed: Failed, state: FileState) -> Later:
        if self._is_away():
            self._tell(Stopped(failed.job))
            return Later(0.0)
        self._tell(failed)
        if _is_changed(source, state):
            return Later(0.0)
        try:
            attempts = self._journal.record_failed(source, failed).attempts
        except JournalError as error:
            self._tell(Warned(failed.job, error.message))
            return Later(BACK_OFF[-1], for_all=True)
        return Later(_rest(failed.code, attempts), for_all=failed.code in _CODES_FOR_ALL)

    def _is_left_alone(self, source: Path) -> bool:
        trouble = self._journal.trouble_of(source)
        return trouble is not None and _rest(trouble.code, trouble.attempts) == math.inf


def _rest(code: str, attempts: int) -> float:
    """Return the seconds until a photo that failed so many times is tried again."""
    if attempts <= len(BACK_OFF):
        return BACK_OFF[attempts - 1]
    return BACK_OFF[-1] if code in _CODES_THAT_PASS else math.inf


def _is_changed(source: Path, state: FileState) -> bool:
    try:
        return state_of(source) != state
    except PhotoAccessError:
        return True
