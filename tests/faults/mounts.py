"""Mount and unmount file systems, as root."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.row import Skip


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a small disk at a folder."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield


@contextmanager
def shown_at(folder: Path, other: Path) -> Iterator[None]:
    """Make a folder show the content of another one, by a bind mount."""
    with _mounted(folder, "--bind", str(other)):
        yield


def remount(folder: Path, options: str) -> bool:
    """Change the mount options of a disk; return whether it worked: nothing on it may be open."""
    return _system("mount", "-o", f"remount,{options}", str(folder))


@contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    if not _system("mount", *what, str(folder)):
        raise Skip("a file system can be mounted by root only")
    try:
        yield
    finally:
        # Lazily: this works even if a file on it is open.
        _system("umount", "--lazy", str(folder))


def _system(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
