"""One watcher a folder, in one process and in several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rwdenoise.errors import JournalError, SettingsError
from rwdenoise.watch import lock
from rwdenoise.watch.lock import FolderLock, is_held

HOLD = """
import sys
from pathlib import Path
from rwdenoise.watch.lock import FolderLock
with FolderLock(Path(sys.argv[1]), Path("inbox")):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "watcher.lock"


@pytest.fixture(autouse=True)
def no_patience(monkeypatch) -> None:
    monkeypatch.setattr(lock, "_SECONDS", 0.0)


def test_a_second_one_is_refused_and_told_by_whom(path: Path) -> None:
    with FolderLock(path, Path("inbox")):
        assert is_held(path)
        with pytest.raises(SettingsError, match=f"inbox is being watched already, by process {os.getpid()} on "):
            FolderLock(path, Path("inbox")).__enter__()
        assert is_held(path)
    assert not is_held(path)
    with FolderLock(path, Path("inbox")):
        pass


def test_looking_takes_nothing(path: Path) -> None:
    assert not is_held(path)
    assert not path.exists()
    with FolderLock(path, Path("inbox")):
        assert is_held(path)


def test_a_process_that_is_killed_holds_nothing(path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"held"
        with pytest.raises(SettingsError, match=f"process {process.pid} "):
            FolderLock(path, Path("inbox")).__enter__()
        process.kill()
    with FolderLock(path, Path("inbox")):
        pass


def test_where_no_lock_can_be_made_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalError, match=r"watcher\.lock cannot be created"):
        FolderLock(tmp_path / "file" / "watcher.lock", Path("inbox")).__enter__()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has such permissions")
def test_others_may_not_look(path: Path) -> None:
    with FolderLock(path, Path("inbox")):
        assert path.parent.stat().st_mode & 0o077 == 0
