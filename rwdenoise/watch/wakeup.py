"""Wake a waiting loop, or ask it to end, from another thread or from a signal handler."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable

#: A signal that comes just before the waiting begins, or to another thread, interrupts nothing, and its handler is run
#: when the waiting ends: it takes no longer than this at a time. Seconds.
LONGEST = 1.0


class Wakeup:
    """A bell that any thread and any signal handler may ring."""

    def __init__(self) -> None:
        self.stopping = False
        """Whether the loop shall end; it never becomes false again."""
        self.before_exit: Callable[[], object] = lambda: None
        """What the process calls if it ends without waiting for the loop any longer."""
        # Of all that can be waited for, only this may be used by a handler that interrupts the waiting itself.
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()

    def call(self) -> None:
        """End the waiting, or the next one if nobody waits now."""
        if self._calls.empty():
            self._calls.put(None)

    def stop(self) -> None:
        """Ask the loop to end."""
        self.stopping = True
        self.call()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody calls, and return True; False if nobody did after some seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self._calls.get(timeout=min(left, LONGEST))
            except queue.Empty:
                continue
            return True
        return False
