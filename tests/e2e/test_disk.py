"""A disk that is really full, and one that is really read-only."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwdenoise.io.write import write_photo
from tests.photos import raw_photo


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 200 kB, which only root may."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write a RAW photo that is larger than the disk."""
    path = tmp_path / "noisy.dng"
    write_photo(raw_photo(size=(600, 600)), path, provenance=None)
    assert path.stat().st_size > 400_000
    return path


def rwdenoise(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rwdenoise_cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_full_disk_gives_one_clear_error_and_keeps_nothing(disk: Path, source: Path) -> None:
    result = rwdenoise(source, "--strength", "0", "-o", f"{disk}/")
    assert result.returncode == 1
    assert result.stderr.count("error:") == 1
    assert "the disk is full" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(disk.iterdir()) == []


def test_a_full_disk_keeps_the_file_that_was_to_be_replaced(disk: Path, source: Path) -> None:
    old = disk / "noisy.dng"
    old.write_bytes(b"old" * 100)
    result = rwdenoise(source, "--strength", "0", "-o", old, "--overwrite")
    assert result.returncode == 1
    assert old.read_bytes() == b"old" * 100
    assert list(disk.iterdir()) == [old]


def test_a_read_only_disk_gives_one_clear_error(disk: Path, source: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    result = rwdenoise(source, "--strength", "0", "-o", f"{disk}/")
    assert result.returncode == 1
    assert result.stderr.count("error:") == 1
    assert "Traceback" not in result.stderr
