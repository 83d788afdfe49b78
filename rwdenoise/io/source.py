"""Open source files, and report problems that are detectable before decoding."""

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

#: Hint for damaged files.
COPY_AGAIN = "Copy the photo from the camera or the backup again."
#: Maximum pixels: more than twice those of the largest sensor (151 Mpx), with a float32 plane of 2 GiB.
MAX_PIXELS = 2**29
# No camera writes larger files for one photo; LibRaw uses 32-bit sizes.
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
    r"""Return the name of a file with unprintable characters escaped, for one-line messages.

    >>> shown(Path("a\nb.NEF"))
    'a\\nb.NEF'
    """
    return printable(path.name or str(path))


def printable(text: str) -> str:
    """Return text with unprintable characters escaped, on one line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class FileState(NamedTuple):
    """Values that show whether a file has changed, as in restic: times alone may be wrong, all values hardly."""

    size: int
    modified: int
    """Nanoseconds."""
    changed: int
    """Nanoseconds; the creation time on Windows."""
    inode: int


def state_of(path: Path) -> FileState:
    """Return the state of a file; raise `PhotoAccessError` if it is missing or not accessible."""
    try:
        about = path.stat()
    except (OSError, ValueError) as error:
        raise _access_error(path, error) from error
    return FileState(about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)


def read_file(path: Path) -> bytes:
    """Return the content of an ordinary file.

    Raises
    ------
    PhotoAccessError
        If it is missing, a folder, a loop of links, not an ordinary file, or not readable.
    CorruptPhotoError
        If it is empty.
    UnsupportedPhotoError
        If it is larger than 2 GiB.
    """
    with opened(path) as file:
        return file.read()


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises
    ------
    PhotoAccessError, CorruptPhotoError, UnsupportedPhotoError
        As for `read_file`.
    """
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def too_large(name: str) -> UnsupportedPhotoError:
    """Return the error for a photo that does not fit into memory."""
    hint = "Close other programs, or use a machine with more memory."
    return UnsupportedPhotoError(f"{name} needs more memory than is available.", hint=hint)


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open an ordinary file; opening and reading it raise the errors of `read_file`."""
    check_file(path)
    try:
        with path.open("rb") as file:
            yield file
    except (OSError, ValueError) as error:
        raise _access_error(path, error) from error


class FilePart:
    """The bytes of an open file, read on access.

    If the file is truncated meanwhile, it returns fewer bytes; access to a mapped file would end the process.
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
    """Raise the errors of `read_file` that are detectable without reading."""
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
    # A name that contains NUL raises ValueError.
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    reason, hint = _REASONS.get(number or 0, (f"cannot be read: {error}", "Check the disk or the network drive."))
    return PhotoAccessError(f"{shown(path)} {reason}.", hint=hint)
