"""Copying and moving: nothing is lost, and nothing is written over, wherever it is cut off."""

import errno
import os
from pathlib import Path

import pytest

from rwdenoise.errors import OutputExistsError, PhotoAccessError, PhotoWriteError
from rwdenoise.io import move
from rwdenoise.io.move import copy_file, move_file
from rwdenoise.io.source import state_of


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "a.NEF"
    path.parent.mkdir()
    path.write_bytes(b"photo")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


@pytest.fixture(params=["same disk", "other disk"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "other disk":

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        # Written files get their names by links, too; those are within one disk.
        link = os.link
        monkeypatch.setattr(move.os, "link", lambda *a, **k: link(*a, **k) if "src_dir_fd" in k else refuse())


@pytest.mark.usefixtures("disk")
class TestMove:
    def test_it_is_there_and_no_longer_here(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "done" / "sub" / "a.NEF"
        assert move_file(source, target, state=state_of(source)) == target
        assert target.read_bytes() == b"photo"
        assert target.stat().st_mtime == 1_000_000_000
        assert not source.exists()
        assert [path.name for path in target.parent.iterdir()] == ["a.NEF"]

    def test_another_file_stays(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "a.NEF"
        target.write_bytes(b"other")
        (tmp_path / "a-2.NEF").write_bytes(b"third")
        assert move_file(source, target, state=state_of(source)) == tmp_path / "a-3.NEF"
        assert (target.read_bytes(), (tmp_path / "a-3.NEF").read_bytes()) == (b"other", b"photo")

    def test_a_move_that_was_cut_off_is_finished(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "a.NEF"
        target.write_bytes(b"photo")
        assert move_file(source, target, state=state_of(source)) == target
        assert not source.exists()
        assert not (tmp_path / "a-2.NEF").exists()

    def test_a_changed_file_stays(self, source: Path, tmp_path: Path) -> None:
        state = state_of(source)
        source.write_bytes(b"another photo")
        with pytest.raises(PhotoAccessError, match="changed"):
            move_file(source, tmp_path / "a.NEF", state=state)
        assert source.read_bytes() == b"another photo"
        assert not (tmp_path / "a.NEF").exists()

    def test_a_file_that_is_replaced_meanwhile_stays(self, source: Path, tmp_path: Path, monkeypatch) -> None:
        place = move._place

        def replace_after(one: Path, target: Path) -> None:
            place(one, target)
            new = one.with_name("new")
            new.write_bytes(b"newer")
            new.replace(one)

        monkeypatch.setattr(move, "_place", replace_after)
        with pytest.raises(PhotoAccessError, match="changed"):
            move_file(source, tmp_path / "a.NEF", state=state_of(source))
        assert source.read_bytes() == b"newer"
        assert (tmp_path / "a.NEF").read_bytes() == b"photo"

    def test_where_nothing_can_be_written_it_stays(self, source: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(PhotoWriteError, match=r"a\.NEF cannot be moved or copied to"):
            move_file(source, tmp_path / "file" / "a.NEF", state=state_of(source))
        assert source.exists()


def test_two_names_of_one_file_become_one(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.NEF"
    os.link(source, target)
    assert move_file(source, target, state=state_of(source)) == target
    assert target.read_bytes() == b"photo"
    assert not source.exists()


def test_a_bad_copy_is_not_believed(source: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(move, "write_atomically", lambda target, _data, **_: target.write_bytes(b"phot0"))
    with pytest.raises(PhotoWriteError, match="differs"):
        copy_file(source, tmp_path / "a.NEF")
    assert not (tmp_path / "a.NEF").exists()
    assert source.read_bytes() == b"photo"


class TestCopy:
    def test_content_and_time(self, source: Path, tmp_path: Path) -> None:
        copy_file(source, tmp_path / "sub" / "b.NEF")
        copy = tmp_path / "sub" / "b.NEF"
        assert (copy.read_bytes(), copy.stat().st_mtime) == (b"photo", 1_000_000_000)
        assert source.exists()

    def test_an_equal_file_is_the_copy(self, source: Path, tmp_path: Path) -> None:
        copy_file(source, tmp_path / "b.NEF")
        before = state_of(tmp_path / "b.NEF")
        copy_file(source, tmp_path / "b.NEF")
        assert state_of(tmp_path / "b.NEF") == before

    def test_another_file_stays(self, source: Path, tmp_path: Path) -> None:
        (tmp_path / "b.NEF").write_bytes(b"other")
        with pytest.raises(OutputExistsError, match="differs"):
            copy_file(source, tmp_path / "b.NEF")
        assert (tmp_path / "b.NEF").read_bytes() == b"other"

    def test_a_missing_source_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(PhotoAccessError, match="does not exist"):
            copy_file(tmp_path / "a.NEF", tmp_path / "b.NEF")
