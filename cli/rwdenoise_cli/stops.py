"""End the process on Ctrl-C, on SIGTERM and when all is done: at once, but with nothing left half written."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from rwdenoise.errors import Cancelled
from rwdenoise.events import Event, Listener, Noise, Progress, Started

Handler = Callable[[int, FrameType | None], object]


def stop_at_once() -> None:
    """Make SIGTERM do what Ctrl-C does: raise KeyboardInterrupt wherever the program is."""
    _handle(_interrupt)


def leave(ended: SystemExit) -> NoReturn:
    """End the process with a status at once, as soon as nothing is left to do.

    Taking PyTorch and OpenVINO apart piece by piece takes half a second, and the system does it in no time.
    """
    working = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if not isinstance(ended.code, int) or any(not thread.daemon for thread in working):
        raise ended
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        raise ended from None  # Python says what is wrong.
    os._exit(ended.code)


@contextlib.contextmanager
def stopping_between_events(listen: Listener) -> Iterator[Listener]:
    """Make the first signal wait for the next event, where stopping is clean; a second one stops at once.

    Yields
    ------
    Listener
        Tells `listen`, and raises `Cancelled` after a signal. Never once the photo is written: what comes then
        still has to be told.
    """
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        stop_at_once()
        if sys.stderr.isatty():
            # A signal may come in the middle of a print, where print must not be called again; os.write may.
            # Bars are drawn anew over the last two lines.
            os.write(2, b"\nStopping. Press Ctrl-C again to stop at once.\n\n")

    def stoppable(event: Event) -> None:
        if asked and isinstance(event, Started | Noise | Progress):
            raise Cancelled
        listen(event)

    _handle(ask)
    try:
        yield stoppable
    finally:
        stop_at_once()


def _handle(handler: Handler) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        # Whoever starts a program in the background may have it ignore Ctrl-C; that stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
