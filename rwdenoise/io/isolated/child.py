"""The process in which untrusted files are decoded: paths come in, photos or errors go out.

It ends when nobody can ask any more, also while it is decoding, and it never lives longer than one time limit without
an answer.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path

from rwdenoise.errors import RwDenoiseError
from rwdenoise.io.isolated.photos import pack
from rwdenoise.io.isolated.wire import Message, read_message, write_message
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import shown, too_large

_INPUT, _OUTPUT = 0, 1
# Whoever stops the program stops the process that asks, which ends this one.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM)
# The process that asks is the first to lose patience.
_GRACE = 1.0


def main(seconds: float, memory: int) -> None:
    """Answer until nobody can ask any more.

    Parameters
    ----------
    seconds : float
        A photo that takes longer ends the process.
    memory : int
        Bytes of address space; 0 for no limit.
    """
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    answers = _private_output()
    _limit(memory)
    asked: queue.SimpleQueue[Path] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    while True:
        path = asked.get()
        _set_alarm(seconds + _GRACE)
        write_message(answers, _answer(path))
        _set_alarm(0)


def _answer(path: Path) -> Message:
    try:
        return pack(read_photo(path))
    except RwDenoiseError as error:
        return _refusal(error)
    except MemoryError:
        return _refusal(too_large(shown(path)))
    except Exception as error:  # A mistake of ours costs one photo, like one of a decoder.
        return Message({"kind": "crash", "reason": f"{type(error).__name__}: {error}"})


def _refusal(error: RwDenoiseError) -> Message:
    return Message({"kind": "error", "code": error.code, "message": error.message, "hint": error.hint})


def _listen(asked: queue.SimpleQueue[Path]) -> None:
    questions = FileIO(_INPUT)
    with suppress(EOFError, OSError):
        while True:
            asked.put(Path(read_message(questions).table["path"]))
    os._exit(0)


def _private_output() -> FileIO:
    """Return the pipe for answers; what a C library prints goes where the error stream goes."""
    answers = FileIO(os.dup(_OUTPUT), "w")
    os.dup2(sys.stderr.fileno(), _OUTPUT)
    return answers


def _limit(memory: int) -> None:
    """Limit the address space, and leave no core dumps of other people's photos; where the system can."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _set_alarm(seconds: float) -> None:
    """End the process after some time, whatever it is stuck in; 0 calls it off. Windows has no alarms."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
