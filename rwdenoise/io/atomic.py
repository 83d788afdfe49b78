"""Write files atomically: after any interruption, a file is either complete or missing.

The steps follow restic's local backend: write next to the target, sync, move into place, sync the folder.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise.io.source import shown

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space, or write to another disk with -o."),
    errno.EDQUOT: ("your disk quota is used up", "Free some space, or write to another disk with -o."),
    errno.EFBIG: ("the file is larger than the disk or your limits allow", "Write to another disk with -o."),
    errno.EROFS: ("the disk is read-only", "Write to another folder with -o."),
    errno.EACCES: ("you have no write permission there", "Write to another folder with -o, or change its permissions."),
    errno.EPERM: ("you have no write permission there", "Write to another folder with -o, or change its permissions."),
    errno.ENOENT: ("the folder does not exist", "Create the folder first, or write to another with -o."),
    errno.ENOTDIR: ("part of its path is not a folder", "Write to another folder with -o."),
    errno.EISDIR: ("a folder has that name", "Give another name with -o."),
    errno.ENAMETOOLONG: ("the name is too long", "Give a shorter name with -o."),
}
# Errors of systems or disks without unnamed files (ISDIR: kernels before 3.11) or without hard links.
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
_OPEN_FILES = Path("/proc/self/fd")
_NEW_FILE_MODE = 0o666  # The umask of the user applies, as for any new file.


class _File(NamedTuple):
    descriptor: int
    name: Path | None
    """None for an unnamed file."""


def refuse_existing(target: Path, *, overwrite: bool) -> None:
    """Raise, before any work, if the target already exists.

    Raises
    ------
    OutputExistsError
        If a file or folder of that name exists and `overwrite` is not set.
    """
    if not overwrite and os.path.lexists(target):
        raise _exists(target)


def write_atomically(target: Path, data: bytes | memoryview, *, overwrite: bool) -> None:
    """Write a complete file or nothing; once this returns, the file survives a power cut.

    A killed process leaves the old state or the new file. On Linux the file has no name until it is complete: nothing
    else remains, except for a complete hidden file if the process dies between naming and replacing. Elsewhere a
    partial file with a hidden name may remain.

    Parameters
    ----------
    target : Path
        The file to write. Its folder must exist.
    data : bytes or memoryview
        The complete content.
    overwrite : bool
        Whether to replace an existing file. Otherwise it is kept, even if it appeared a moment ago.

    Raises
    ------
    OutputExistsError
        If the target exists and `overwrite` is not set.
    PhotoWriteError
        If the disk is full, the folder is read-only or missing, and so on. No partial file remains.
    """
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _whole_file(target.parent, data) as source:
            _put_into_place(source, target, overwrite=overwrite)
        sync_folder(target.parent)
    except FileExistsError as error:
        raise _exists(target) from error
    except (OSError, ValueError) as error:
        raise _write_error(target, error) from error


@contextmanager
def _whole_file(folder: Path, data: bytes | memoryview) -> Iterator[_File]:
    """Yield a synced file with the content; it is deleted afterwards unless it was moved into place."""
    name = None
    descriptor = _open_unnamed(folder)
    try:
        if descriptor is None:
            name = _hidden_name(folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(name, flags, _NEW_FILE_MODE)
        _write_all(descriptor, data)
        yield _File(descriptor, name)
    finally:
        if descriptor is not None:
            with suppress(OSError):  # Already closed if renaming on Windows required it.
                os.close(descriptor)
        if name is not None:
            name.unlink(missing_ok=True)


def _open_unnamed(folder: Path) -> int | None:
    if not (hasattr(os, "O_TMPFILE") and _OPEN_FILES.is_dir()):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, _NEW_FILE_MODE)
    except OSError as error:
        if error.errno in _NO_UNNAMED_FILES and folder.is_dir():
            return None
        raise


def _write_all(file: int, data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def _put_into_place(file: _File, target: Path, *, overwrite: bool) -> None:
    if file.name is None:
        if not overwrite:
            _name_unnamed(file, target)
            return
        name = _hidden_name(target.parent)
        try:
            _name_unnamed(file, name)
            name.replace(target)
        finally:
            name.unlink(missing_ok=True)
        return
    os.close(file.descriptor)
    if overwrite:
        file.name.replace(target)
    else:
        _link(file.name, target)


def _name_unnamed(file: _File, target: Path) -> None:
    """Name an unnamed file, which fails if the name exists (see O_TMPFILE in open(2))."""
    folder = os.open(_OPEN_FILES, os.O_RDONLY)
    try:
        # Without src_dir_fd Python 3.11 calls link(2), which does not follow the link in /proc.
        os.link(str(file.descriptor), target, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _link(source: Path, target: Path) -> None:
    """Add a name to the file, which fails if the name exists, without a race."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without hard links (FAT, some network drives), only a check beforehand is possible.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        source.replace(target)


def _hidden_name(folder: Path) -> Path:
    return folder / f".rwdenoise-{secrets.token_hex(8)}.tmp"


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that added and removed files survive a power cut, if the system supports it."""
    # The file is complete and in place; some network drives and Windows cannot sync a folder.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _exists(target: Path) -> OutputExistsError:
    message = f"{shown(target)} already exists in {target.parent}; nothing was overwritten."
    return OutputExistsError(message, hint="Use --overwrite, or give another name with -o.")


def _write_error(target: Path, error: OSError | ValueError) -> PhotoWriteError:
    number = error.errno if isinstance(error, OSError) else None
    reason, hint = _REASONS.get(number or 0, (str(error), "Write to another folder with -o."))
    return PhotoWriteError(f"{shown(target)} could not be written to {target.parent}: {reason}.", hint=hint)


def make_folder(folder: Path) -> None:
    """Create the folder of a result if it is missing; raise `PhotoWriteError` if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {folder} cannot be created: {error.strerror}."
        raise PhotoWriteError(message, hint="Choose another folder with -o.") from error
