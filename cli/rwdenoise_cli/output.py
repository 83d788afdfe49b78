"""Write results to stdout and everything else to stderr, even if nobody reads them or the disk is full."""

from __future__ import annotations

import os
import sys
import threading
from typing import IO

import click

#: Set when something could not be written to stdout.
_lost = threading.Event()


def say(line: str) -> None:
    """Write a line to stdout."""
    _write(line, sys.stdout)


def log(line: str) -> None:
    """Write a line to stderr."""
    _write(line, sys.stderr)


def printable(text: str) -> str:
    r"""Escape what would break a line or a terminal: line ends, control characters, bytes that are not text.

    >>> printable("two\nlines")
    'two\\nlines'
    """
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def survive_any_text() -> None:
    """Make both streams escape what their encoding cannot hold, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def is_complete() -> bool:
    """Tell whether all output could be written."""
    return not _lost.is_set()


def _write(line: str, stream: IO[str]) -> None:
    try:
        click.echo(line, file=stream)
    except BrokenPipeError:
        # Nobody reads any more, as in `rwdenoise ... | head`. The photos are worth finishing all the same.
        _silence(stream)
    except OSError as error:
        # So they are where the disk is full that the lines go to, but whoever counts on the lines must know.
        _silence(stream)
        if stream is sys.stdout:
            _lost.set()
            log(f"The output cannot be written: {error.strerror}. The work continues without it.")


def _silence(stream: IO[str]) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
