"""Opening a source: everything that the operating system or a glance can say before anyone decodes."""

from __future__ import annotations

import errno
import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END, BufferedReader
from pathlib import Path
from typing import NamedTuple

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError, RwDenoiseError, UnsupportedPhotoError

#: The hint for a file that is damaged.
COPY_AGAIN = "Copy the photo from the camera or the backup again."
#: More than twice what the largest sensor has (151 Mpx); float planes of it still fit into 2 GiB.
MAX_PIXELS = 2**29
# No camera writes a larger file of one photo; LibRaw counts in 32 bits.
_MAX_BYTES = 2**31 - 1

_REASONS = {
    errno.ENOENT: ("does not exist", "Check the spelling of the name."),
    errno.ELOOP: ("is part of a loop of symbolic links", "Remove the link, or name the photo itself."),
    errno.EACCES: ("cannot be read: you have no permission", "Change the permissions of the file and its folders."),
    errno.EPERM: ("cannot be read: you have no permission", "Change the permissions of the file and its folders."),
    errno.EISDIR: ("is a folder without RAW photos", "Name the photos themselves."),
    errno.ENOTDIR: ("has a file instead of a folder in its path", "Check the spelling of the name."),
    errno.ENAMETOOLONG: ("has too long a name", "Give it a shorter name."),
}


def shown(path: Path) -> str:
    r"""Return the file's name with everything unprintable escaped, for messages of one line.

    >>> shown(Path("a\nb.NEF"))
    'a\\nb.NEF'
    """
    return printable(path.name or str(path))


def printable(text: str) -> str:
    """Return text of one line, whatever a terminal would make of it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class FileState(NamedTuple):
    """What tells whether a file was changed, as restic has it: its times may lie, all of these at once hardly do."""

    size: int
    modified: int
    """Nanoseconds."""
    changed: int
    """Nanoseconds; on Windows since it was made."""
    inode: int


def state_of(path: Path) -> FileState:
    """Look at a file; raises `PhotoAccessError` if it is not there or may not be looked at."""
    try:
        about = path.stat()
    except (OSError, ValueError) as error:
        raise _access_error(path, error) from error
    return FileState(about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)


def read_file(path: Path) -> bytes:
    """Return what is in an ordinary file.

    Raises
    ------
    PhotoAccessError
        If it is missing, a folder, a loop of links, no ordinary file, or not permitted.
    CorruptPhotoError
        If it is empty.
    UnsupportedPhotoError
        If it is larger than 2 GiB.
    """
    with opened(path) as file:
        return file.read()


def digest_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal digits.

    Raises
    ------
    PhotoAccessError, CorruptPhotoError, UnsupportedPhotoError
        As `read_file`.
    """
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def too_large(name: str) -> UnsupportedPhotoError:
    """Return the error for a photo that does not fit into memory."""
    hint = "Close other programs, or use a machine with more memory."
    return UnsupportedPhotoError(f"{name} needs more memory than is available.", hint=hint)


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Give an ordinary file to read from; raises what `read_file` does, also while it is read."""
    check_file(path)
    try:
        with path.open("rb") as file:
            yield file
    except (OSError, ValueError) as error:
        raise _access_error(path, error) from error


class FilePart:
    """The bytes of an open file, each read when it is asked for.

    Unlike a mapped file, one that is cut off meanwhile gives fewer bytes; reading what is mapped would end the process.
    """

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._size = file.seek(0, SEEK_END)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        start, stop, _ = place.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))


def is_same(path: Path, other: Path | None) -> bool:
    """Tell whether two paths lead to the same file or folder, also by way of links."""
    try:
        return other is not None and path.samefile(other)
    except OSError:
        return False


def check_file(path: Path) -> None:
    """Raise what `read_file` would, as far as that can be said without reading."""
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a directory")
    except (OSError, ValueError) as error:
        raise _access_error(path, error) from error
    if not stat.S_ISREG(about.st_mode):
        message = f"{shown(path)} is a device or a pipe, not an ordinary file."
        raise PhotoAccessError(message, hint="Name a photo that is stored as a file.")
    if about.st_size == 0:
        message = f"{shown(path)} is empty (0 bytes)."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)
    if about.st_size > _MAX_BYTES:
        message = f"{shown(path)} has {about.st_size} bytes; a photo may have at most {_MAX_BYTES}."
        raise UnsupportedPhotoError(message, hint="Name a photo, not a video or an archive.")


def _access_error(path: Path, error: OSError | ValueError) -> RwDenoiseError:
    # A name with a NUL in it raises ValueError before the system is asked.
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    reason, hint = _REASONS.get(number or 0, (f"cannot be read: {error}", "Check the disk or the network drive."))
    return PhotoAccessError(f"{shown(path)} {reason}.", hint=hint)
