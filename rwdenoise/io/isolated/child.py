"""The child process that decodes untrusted files: it reads paths and writes photos or errors.

It ends as soon as its input is closed, even while decoding, and never runs longer than the time limit without an
answer.
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
# These signals stop the parent, which then ends this process.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM)
# The time limit of the parent ends first.
_GRACE = 1.0


def main(seconds: float, memory: int) -> None:
    """Answer requests until the input is closed.

    Parameters
    ----------
    seconds : float
        Time limit for a photo; exceeding it ends the process.
    memory : int
        Limit of the address space in bytes; 0 for no limit.
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
    except Exception as error:  # A bug of ours fails one photo, like a bug of a decoder.
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
    """Return the pipe for answers; redirect stdout, which C libraries may print to, to stderr."""
    answers = FileIO(os.dup(_OUTPUT), "w")
    os.dup2(sys.stderr.fileno(), _OUTPUT)
    return answers


def _limit(memory: int) -> None:
    """Limit the address space, and disable core dumps, which would contain photos, if the system supports it."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _set_alarm(seconds: float) -> None:
    """End the process after a time; 0 cancels the alarm. Windows has no alarms."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
