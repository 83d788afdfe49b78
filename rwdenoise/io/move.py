"""Copy and move files that may be the only copy: completely or not at all, and never over another file."""

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
    """Copy a file with its time, and verify the copy; an equal existing file is kept.

    Raises
    ------
    OutputExistsError
        If a different file exists at the target.
    PhotoAccessError
        If the source cannot be read.
    PhotoWriteError
        If the target cannot be written, or the copy differs.
    """
    with _told(source, target):
        if not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(source, target)
        elif not _are_equal(source, target):
            message = f"{shown(target)} already exists in {target.parent} and differs from {source}."
            raise OutputExistsError(message, hint="Compare the two files, and remove or rename one.")


def move_file(source: Path, target: Path, *, state: FileState) -> Path:
    """Move a file, also between file systems.

    At every moment, even after a power cut, one or two complete and synced files exist.

    Parameters
    ----------
    source : Path
    target : Path
        The name is numbered if a different file exists. An equal file is the result of an interrupted move, which is
        then completed.
    state : FileState
        State of the source at the decision to move it; a file that has changed since is not moved.

    Returns
    -------
    Path
        The new path.

    Raises
    ------
    PhotoAccessError
        If the source has changed, or cannot be read.
    PhotoWriteError
        If it cannot be moved; it remains in place.
    """
    with _told(source, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _refuse_changed(source, state)
        target = next(name for name in _numbered(target) if not os.path.lexists(name) or _are_equal(source, name))
        if not os.path.lexists(target):
            _place(source, target)
        # The second name has changed only the change time of the file.
        _refuse_changed(source, state._replace(changed=state_of(source).changed))
        source.unlink()
        sync_folder(source.parent)
    return target


def _place(source: Path, target: Path) -> None:
    """Create a second name for a file or, if impossible, a copy."""
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
    with suppress(OSError):  # Some network drives refuse to set times.
        os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
    if not _are_equal(source, target):
        target.unlink()
        message = f"{shown(target)} was copied to {target.parent}, but the copy differs from {source}."
        raise PhotoWriteError(message, hint="Check the disk or the network drive.")


def _are_equal(one: Path, other: Path) -> bool:
    filecmp.clear_cache()  # Its cache relies on size and time.
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
    """Convert errors of the system to ours."""
    try:
        yield
    except (OSError, ValueError) as error:
        state_of(source)  # Raises if the source is the reason.
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{shown(source)} cannot be moved or copied to {target.parent}: {reason}."
        raise PhotoWriteError(message, hint="Check that folder and the free space on its disk.") from error
