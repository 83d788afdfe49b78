"""Handle signals while a folder is watched: end soon, or read the configuration again."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, Self

from rwdenoise.watch.wakeup import Wakeup
from rwdenoise_cli.status import ALL_WRITTEN

#: Seconds after which the process ends even if the photo in work has not come to a point where it can be dropped.
#: A service manager may allow five in all.
GRACE = 4.0


class WatchSignals:
    """Handles SIGINT, SIGTERM and SIGHUP while a folder is watched.

    Parameters
    ----------
    wakeup : Wakeup
        Rung by each signal; SIGINT and SIGTERM also ask its loop to end.
    """

    def __init__(self, wakeup: Wakeup) -> None:
        self._wakeup = wakeup
        self._hung_up = self._is_over = False
        # A handler may put something into this, but not start a thread: it may have interrupted just that.
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        threading.Thread(target=self._enforce, daemon=True).start()
        self._handle(signal.SIGINT, self._stop)
        self._handle(signal.SIGTERM, self._stop)
        if hasattr(signal, "SIGHUP"):
            self._handle(signal.SIGHUP, self._hang_up)
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over = True
        self._asked.put(None)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def take_hang_up(self) -> bool:
        """Tell whether SIGHUP came since this was asked last."""
        hung_up, self._hung_up = self._hung_up, False
        return hung_up

    def _handle(self, number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
        # Whoever starts a program in the background may have it ignore signals; that stays so.
        if (before := signal.getsignal(number)) is not signal.SIG_IGN:
            self._before[number] = before
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._wakeup.stopping:
            self._leave()
        self._wakeup.stop()
        self._asked.put(None)

    def _enforce(self) -> None:
        self._asked.get()
        if not self._is_over:
            time.sleep(GRACE)
        if not self._is_over:
            self._leave()

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self._hung_up = True
        self._wakeup.call()

    def _leave(self) -> NoReturn:
        # The main thread may be computing for longer, and a thread cannot be interrupted. What it is writing has no
        # name yet, so that it is gone with the process; the system gives up the lock and ends the decoder.
        self._wakeup.before_exit()
        os._exit(ALL_WRITTEN)
