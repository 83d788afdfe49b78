"""Watch a folder for weeks, and denoise every photo that arrives in it into another folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.errors import Cancelled, PhotoAccessError
from rwdenoise.events import Event, Listener, Noise, Progress, Started, Warned
from rwdenoise.io.isolated.reader import open_reader
from rwdenoise.io.read import read_photo
from rwdenoise.jobs.journal import Journal, default_journal
from rwdenoise.jobs.stages import ReadPhoto
from rwdenoise.watch.health import HEALTH_FILE, LOCK_FILE, Health, HealthFile, state_folder
from rwdenoise.watch.inbox import Inbox, Mount
from rwdenoise.watch.intake import BACK_OFF, Done, Intake, Later
from rwdenoise.watch.lock import FolderLock
from rwdenoise.watch.notifications import Notifications
from rwdenoise.watch.wakeup import Wakeup

if TYPE_CHECKING:
    from rwdenoise.watch.orders import Orders

#: Seconds between two looks at the inbox: at least, so that many events at once cost one look; at most while the
#: system reports changes; and where it does not, or a folder is away.
LOOK, LOOK_ANYWAY, LOOK_OFTEN = 1.0, 60.0, 10.0
# A look at very many files takes long: looking may take a tenth of the time.
_SHARE = 10


def watch_folder(  # noqa: PLR0913 -- what the user can choose, and who is told
    inbox: Path,
    *,
    orders: Callable[[], Orders],
    listen: Listener,
    wakeup: Wakeup,
    poll: float | None = None,
    isolate: bool = True,
    once: bool = False,
) -> Health:
    """Denoise every photo that arrives in a folder, until the wakeup says to stop.

    The folder is locked against a second watcher. What is done is kept in the journal, and how the watcher is in the
    health file, both among the user's state files.

    Parameters
    ----------
    inbox : Path
    orders : callable
        Returns what to do with a photo; called before each look at the inbox, so that it may change.
    listen : callable
        Is told the events.
    wakeup : Wakeup
        Asked between any two photos whether to end.
    poll : float, optional
        Seconds between two looks, for network shares; by default the system tells when something changes.
    isolate : bool
        Whether photos are decoded in a process of their own.
    once : bool
        Whether to end when there is nothing left to do.

    Returns
    -------
    Health
        How many photos were done, skipped and failed.

    Raises
    ------
    PhotoAccessError
        If there is no such folder.
    SettingsError
        If the folder is being watched already.
    JournalError
        If the state files cannot be written.
    """
    # Later the watcher waits for a folder that is away. At the start its name may be misspelled.
    if not inbox.is_dir():
        message = f"{inbox} does not exist, or is not a folder."
        raise PhotoAccessError(message, hint="Create the folder, mount its disk, or check the spelling.")
    state = state_folder(inbox)
    with ExitStack() as stack:
        stack.enter_context(FolderLock(state / LOCK_FILE, inbox))
        health = HealthFile(state / HEALTH_FILE, inbox)
        wakeup.before_exit = lambda: health.write(state="stopped")
        stack.callback(wakeup.before_exit)
        notifications = Notifications(inbox, wakeup.call)
        stack.callback(notifications.close)
        Watcher(
            Inbox(inbox, is_written=notifications.is_written),
            orders=orders,
            journal=stack.enter_context(Journal(default_journal())),
            health=health,
            listen=listen,
            wakeup=wakeup,
            notifications=notifications if poll is None else None,
            poll=poll or LOOK_OFTEN,
            read=stack.enter_context(open_reader(isolate=isolate)),
        ).run(once=once)
        return health.health


class Watcher:
    """Denoises the photos of an inbox one after the other, in the order in which they arrived.

    The parameters are as for `watch_folder`, and what that makes of them: without notifications the inbox is looked at
    every `poll` seconds. `clock` returns the seconds of a monotonic clock.
    """

    def __init__(  # noqa: PLR0913 -- what it works with, all by name
        self,
        inbox: Inbox,
        *,
        orders: Callable[[], Orders],
        journal: Journal,
        health: HealthFile,
        listen: Listener,
        wakeup: Wakeup,
        notifications: Notifications | None = None,
        poll: float = LOOK_OFTEN,
        read: ReadPhoto = read_photo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inbox, self._ask, self._health, self._listen = inbox, orders, health, listen
        self._wakeup, self._notifications, self._poll, self._clock = wakeup, notifications, poll, clock
        self._intake = Intake(journal=journal, read=read, listen=self._hear, is_away=lambda: bool(self._find_away()))
        self._told: frozenset[Path] = frozenset()
        self._gap = LOOK
        self._looked = self._paused_until = -math.inf
        self._renew(orders())

    def run(self, *, once: bool = False) -> None:
        """Watch until the wakeup says to stop, or `once` until there is nothing left to take but what failed."""
        while not self._wakeup.stopping:
            is_there = self._look()
            took = is_there and self._clock() >= self._paused_until and self._take_ready()
            if once and is_there and self._is_over():
                break
            if not took:
                self._rest(is_there=is_there)
        self._health.write(state="stopped", queue=self._inbox.waiting())

    def _look(self) -> bool:
        """Look into the inbox, and report what cannot be read; False while a folder is away."""
        self._looked = self._clock()
        if (orders := self._ask()) is not self._orders:
            self._renew(orders)
        # First, so that nothing comes in unseen between the look and the first event.
        self._tells = self._notifications is not None and self._notifications.listen()
        seen = self._inbox.look(self._looked)
        away = self._find_away()
        self._tell_of(away | self._inbox.unreadable)
        self._gap = max(LOOK, _SHARE * (self._clock() - self._looked))
        return seen and not away

    def _tell_of(self, folders: frozenset[Path]) -> None:
        """Report folders that cannot be used, when that begins and when it ends."""
        for folder in sorted(folders - self._told):
            self._hear(Warned(str(folder), "The folder does not exist or cannot be read. Waiting for it."))
        for folder in sorted(self._told - folders):
            self._hear(Warned(str(folder), "The folder is back."))
        self._told = folders

    def _take_ready(self) -> bool:
        """Take photos until it is time to look again; False if there was none to take."""
        took = False
        for photo in self._inbox.ready(self._looked):
            if took and (self._wakeup.stopping or self._clock() - self._looked >= self._gap):
                break
            self._health.write(state="working", queue=self._inbox.waiting())
            outcome = self._intake.take(photo, self._orders)
            took = True
            self._note(photo, outcome)
            if isinstance(outcome, Later) and outcome.for_all:
                self._paused_until = self._clock() + BACK_OFF[0]
                break
        return took

    def _note(self, photo: Path, outcome: Done | Later) -> None:
        """Move a photo away if it is done, and put it off if it is not."""
        stamp = self._inbox.stamp(photo)
        seconds = outcome.seconds if isinstance(outcome, Later) else self._put_away(outcome)
        self._inbox.put_off(photo, self._clock() + seconds, stamp=stamp)

    def _put_away(self, done: Done) -> float:
        """Return after how many seconds to try again what did not succeed."""
        if self._has_errands():
            # What belongs to the photo may have come while it was in work.
            self._inbox.look(self._clock())
            if not self._inbox.is_settled(done.source, self._clock()):
                return 0.0
        succeeded = self._intake.put_away(done, self._orders, self._inbox.companions(done.source))
        return math.inf if succeeded else BACK_OFF[-1]

    def _has_errands(self) -> bool:
        return self._orders.companions or self._orders.done_to is not None

    def _rest(self, *, is_there: bool) -> None:
        """Wait until there may be something to do; then until it is time to look again."""
        until = self._next_look() if is_there else self._clock() + LOOK_OFTEN
        woken = False
        while not woken and not self._wakeup.stopping and (left := until - self._clock()) > 0:
            self._health.write(state="waiting" if is_there else "away", queue=self._inbox.waiting())
            woken = self._wakeup.wait(min(left, LOOK_OFTEN)) or self._is_deaf()
        while not self._wakeup.stopping and (left := self._looked + self._gap - self._clock()) > 0:
            self._wakeup.wait(left)

    def _next_look(self) -> float:
        now = self._clock()
        next_time = self._paused_until if now < self._paused_until else self._inbox.next_time(now)
        return min(now + (LOOK_ANYWAY if self._tells else self._poll), next_time)

    def _is_deaf(self) -> bool:
        """Tell whether the system has stopped reporting changes."""
        return self._tells and self._notifications is not None and not self._notifications.hears()

    def _is_over(self) -> bool:
        now = self._clock()
        return now < self._paused_until or not self._inbox.is_pending(now)

    def _find_away(self) -> frozenset[Path]:
        """Return the folders that are away: the inbox if it is missing, and all whose file systems were unmounted."""
        away = {folder for folder, mount in self._mounts.items() if not mount.is_there()}
        return frozenset(away if self._inbox.is_there() else away | {self._inbox.folder})

    def _renew(self, orders: Orders) -> None:
        self._orders = orders
        self._inbox.left_out = orders.left_out()
        folders = [orders.results()] if orders.done_to is None else [orders.results(), orders.done_to]
        # A folder that was removed is made again; one that was unmounted must not be made on the disk below it.
        self._mounts = {folder: Mount(folder) for folder in folders}

    def _hear(self, event: Event) -> None:
        """Pass an event on; if the watcher shall stop, do so where that is clean."""
        self._health.hear(event)
        if self._wakeup.stopping and isinstance(event, Started | Noise | Progress):
            raise Cancelled
        self._listen(event)
