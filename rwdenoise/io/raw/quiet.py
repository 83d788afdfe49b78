"""Keeping the terminal clean: LibRaw writes about damaged files to the error stream itself."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ERROR_STREAM = 2
# The two messages of LibRaw's default data callback (libraw_datastream.cpp, 0.22).
_CHATTER = re.compile(rb"[^\n]*: (?:Unexpected end of file|data corrupted at -?\d+)\n")
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def without_libraw_chatter() -> Iterator[None]:
    """Hold back what is written to the error stream, and pass on afterwards all that is not LibRaw's.

    LibRaw writes from C and rawpy has no switch for it, so the stream itself is put aside. What other threads write
    meanwhile comes a moment later. LibRaw's own words say nothing that its error codes do not say.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as held:
        try:
            stream = os.dup(_ERROR_STREAM)
        except OSError:  # There is no error stream: nothing to keep clean.
            yield
            return
        _flush()
        os.dup2(held.fileno(), _ERROR_STREAM)
        try:
            yield
        finally:
            _flush()
            os.dup2(stream, _ERROR_STREAM)
            os.close(stream)
            held.seek(0)
            _pass_on(_CHATTER.sub(b"", held.read()))


def _pass_on(words: bytes) -> None:
    with suppress(OSError):
        while words:
            words = words[os.write(_ERROR_STREAM, words) :]


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
