"""How a loop that waits is woken, and told to end, by threads and by handlers of signals."""

from __future__ import annotations

import queue
import time

#: A signal that comes just before the waiting begins, or to another thread, interrupts nothing, and its handler is run
#: when the waiting ends: it takes no longer than this at a time. Seconds.
LONGEST = 1.0


class Wakeup:
    """A bell. Whoever calls it may be anywhere, also in the handler of a signal."""

    def __init__(self) -> None:
        self.stopping = False
        """Whether the loop shall end; it never becomes false again."""
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
