"""File systems that come and go, which only root may have."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.row import Skip


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """Have a small disk of its own at a folder."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield


@contextmanager
def shown_at(folder: Path, other: Path) -> Iterator[None]:
    """Have a folder show what is in another."""
    with _mounted(folder, "--bind", str(other)):
        yield


def remount(folder: Path, options: str) -> bool:
    """Change a disk while it is in use, which succeeds if nothing on it is open."""
    return _system("mount", "-o", f"remount,{options}", str(folder))


@contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    if not _system("mount", *what, str(folder)):
        raise Skip("a file system can be mounted by root only")
    try:
        yield
    finally:
        # At once, even if something on it is open.
        _system("umount", "--lazy", str(folder))


def _system(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
