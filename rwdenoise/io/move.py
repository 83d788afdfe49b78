"""Copying and moving files of which there may be no other copy: whole or not at all, and never over another file."""

from __future__ import annotations

import filecmp
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rwdenoise.errors import OutputExistsError, PhotoAccessError, PhotoWriteError
from rwdenoise.io.atomic import sync_folder, write_atomically
from rwdenoise.io.source import FileState, shown, state_of


def copy_file(source: Path, target: Path) -> None:
    """Copy a file with its time, and compare the copy with it; what is there already, and equal, stays.

    Raises
    ------
    OutputExistsError
        If another file is there.
    PhotoAccessError
        If the source cannot be read.
    PhotoWriteError
        If the target cannot be written, or is not equal.
    """
    with _told(source, target):
        if not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(source, target)
        elif not _are_equal(source, target):
            message = f"{shown(target)} already exists in {target.parent} and differs from {source}."
            raise OutputExistsError(message, hint="Compare the two files, and remove or rename one.")


def move_file(source: Path, target: Path, *, state: FileState) -> Path:
    """Move a file, over the borders of file systems as well.

    At every moment there is one whole and synced file, or there are two: also if the power fails.

    Parameters
    ----------
    source : Path
    target : Path
        If another file is there, the name is numbered. If an equal one is there, the move was cut off, and is
        finished.
    state : FileState
        What the source was when it was decided to move it; a file that was changed since stays.

    Returns
    -------
    Path
        Where it is now.

    Raises
    ------
    PhotoAccessError
        If the source was changed, or cannot be read.
    PhotoWriteError
        If it cannot be moved; it stays where it was.
    """
    with _told(source, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _refuse_changed(source, state)
        target = next(name for name in _numbered(target) if not os.path.lexists(name) or _are_equal(source, name))
        if not os.path.lexists(target):
            _place(source, target)
        # Its second name has changed the time at which the file's entry was changed, and nothing else.
        _refuse_changed(source, state._replace(changed=state_of(source).changed))
        source.unlink()
        sync_folder(source.parent)
    return target


def _place(source: Path, target: Path) -> None:
    """Give a file a second name, or where that is not possible, a copy."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        _copy(source, target)
    else:
        sync_folder(target.parent)


def _copy(source: Path, target: Path) -> None:
    about = source.stat()
    write_atomically(target, source.read_bytes(), overwrite=False)
    with suppress(OSError):  # Some network drives keep their own time.
        os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
    if not _are_equal(source, target):
        target.unlink()
        message = f"{shown(target)} was copied to {target.parent}, but the copy differs from {source}."
        raise PhotoWriteError(message, hint="Check the disk or the network drive.")


def _are_equal(one: Path, other: Path) -> bool:
    filecmp.clear_cache()  # It goes by size and time.
    return other.is_file() and (one.samefile(other) or filecmp.cmp(one, other, shallow=False))


def _refuse_changed(source: Path, state: FileState) -> None:
    if state_of(source) != state:
        message = f"{shown(source)} was not moved because it has changed."
        raise PhotoAccessError(message, hint="Wait until it is denoised again.")


def _numbered(target: Path) -> Iterator[Path]:
    yield target
    for number in itertools.count(2):
        yield target.with_stem(f"{target.stem}-{number}")


@contextmanager
def _told(source: Path, target: Path) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except (OSError, ValueError) as error:
        state_of(source)  # It says so if the source is the reason.
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{shown(source)} cannot be moved or copied to {target.parent}: {reason}."
        raise PhotoWriteError(message, hint="Check that folder and the free space on its disk.") from error
