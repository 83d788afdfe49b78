"""A target is either as it was or whole and new, and nothing else is ever left in its folder."""

import errno
import os
from pathlib import Path

import pytest

from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise.io import atomic
from rwdenoise.io.atomic import refuse_existing, write_atomically


@pytest.fixture(params=["unnamed", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with Linux' unnamed files, and as if there were none."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    return str(request.param)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("name", ["photo.dng", "日本 語.dng", "line\nbreak.dng"])
def test_writes_a_new_file(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, b"content" * 9999, overwrite=False)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"content" * 9999


@pytest.mark.usefixtures("way")
def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_atomically(tmp_path / "photo", b"", overwrite=False)
    assert (tmp_path / "photo").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.usefixtures("way")
def test_refuses_what_is_there(tmp_path: Path) -> None:
    target = tmp_path / "photo.dng"
    target.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match=r"photo\.dng"):
        write_atomically(target, b"new", overwrite=False)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


@pytest.mark.usefixtures("way")
def test_overwrites_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "photo.dng"
    target.write_bytes(b"old")
    write_atomically(target, b"new", overwrite=True)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"new"]


@pytest.mark.usefixtures("way")
def test_a_dangling_link_is_something_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "photo.dng").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExistsError):
        refuse_existing(tmp_path / "photo.dng", overwrite=False)
    with pytest.raises(OutputExistsError):
        write_atomically(tmp_path / "photo.dng", b"new", overwrite=False)
    refuse_existing(tmp_path / "photo.dng", overwrite=True)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_way(tmp_path: Path, *, overwrite: bool) -> None:
    (tmp_path / "photo.dng").mkdir()
    with pytest.raises(PhotoWriteError, match="a folder has that name"):
        write_atomically(tmp_path / "photo.dng", b"new", overwrite=overwrite)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no/photo.dng", "does not exist"),
        ("file/photo.dng", "part of its path is not a folder"),
        ("n" * 400, "too long"),
    ],
)
def test_targets_that_cannot_be(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PhotoWriteError, match=words) as caught:
        write_atomically(tmp_path / name, b"new", overwrite=True)
    assert caught.value.hint.endswith(".")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("step", ["write", "fsync", "link"])
@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EIO, "Input/output")]
)
def test_failures_at_every_step_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(PhotoWriteError, match=words):
        write_atomically(tmp_path / "photo.dng", b"new", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PhotoWriteError, match="no write permission"):
        write_atomically(tmp_path / "photo.dng", b"new", overwrite=False)


def test_a_disk_that_is_really_full() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        atomic._write_all(file.fileno(), b"new")


def test_a_disk_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    monkeypatch.setattr(os, "link", refuse)
    write_atomically(tmp_path / "photo.dng", b"new", overwrite=False)
    with pytest.raises(OutputExistsError):
        write_atomically(tmp_path / "photo.dng", b"newer", overwrite=False)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"new"]
