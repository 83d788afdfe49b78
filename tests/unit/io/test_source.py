"""Everything that the system says about a source becomes one clear error."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError, RwDenoiseError, UnsupportedPhotoError
from rwdenoise.io import source
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.raw.tiff_structure import read_directories
from rwdenoise.io.source import FilePart, digest_file, read_file, shown, state_of


@pytest.mark.parametrize("name", ["plain.NEF", "日本 語.NEF", "line\nbreak.NEF", "größe\t.NEF", "-x *.NEF"])
def test_reads_a_file_of_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"content")
    assert read_file(path) == b"content"
    assert shown(path).isprintable()


def test_reads_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.NEF"))
    try:
        path.write_bytes(b"content")
    except OSError:
        pytest.skip("this disk knows only names in Unicode")
    assert read_file(path) == b"content"
    assert shown(path) == "\\udcff.NEF"


def fails(path: Path, kind: type[RwDenoiseError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read_raw(path)
    assert caught.value.hint.endswith(".")


def test_missing(tmp_path: Path) -> None:
    fails(tmp_path / "no.NEF", PhotoAccessError, "does not exist")
    fails(tmp_path / "a\0b.NEF", PhotoAccessError, "does not exist")
    fails(tmp_path / ("n" * 400), PhotoAccessError, "too long")


def test_a_folder_and_what_lies_below_a_file(tmp_path: Path) -> None:
    fails(tmp_path, PhotoAccessError, "is a folder")
    (tmp_path / "file").write_bytes(b"x")
    fails(tmp_path / "file" / "photo.NEF", PhotoAccessError, "a file instead of a folder")


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a.NEF").symlink_to(tmp_path / "b.NEF")
    (tmp_path / "b.NEF").symlink_to(tmp_path / "a.NEF")
    fails(tmp_path / "a.NEF", PhotoAccessError, "loop of symbolic links")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.NEF"
    path.write_bytes(b"x")

    def refuse(self: Path, _mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    fails(path, PhotoAccessError, "no permission")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.NEF")
    fails(tmp_path / "pipe.NEF", PhotoAccessError, "not an ordinary file")


def test_empty_and_enormous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.NEF"
    path.write_bytes(b"")
    fails(path, CorruptPhotoError, "is empty")
    path.write_bytes(b"123")
    monkeypatch.setattr(source, "_MAX_BYTES", 2)
    fails(path, UnsupportedPhotoError, "3 bytes")


def test_a_file_that_is_cut_off_while_it_is_looked_at(tmp_path: Path) -> None:
    """A mapped file would end the process here, by SIGBUS."""
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0" + (50_000).to_bytes(4, "little") + bytes(100_000))
    with path.open("rb") as file:
        part = FilePart(file)
        assert (len(part), part[:4], part[99_999:100_003]) == (100_008, b"II*\0", bytes(4))
        path.write_bytes(b"")
        assert part[50_000:50_004] == b""
        assert read_directories(part) == ()


def test_a_file_that_is_replaced_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "a.NEF"
    path.write_bytes(b"content")
    before = state_of(path)
    assert state_of(path) == before
    times = path.stat()
    (tmp_path / "new").write_bytes(b"CONTENT")
    os.utime(tmp_path / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
    (tmp_path / "new").replace(path)
    assert state_of(path) != before, "although size and time are the same"
    with pytest.raises(PhotoAccessError, match="does not exist"):
        state_of(tmp_path / "missing")


def test_a_digest_is_the_sha256(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"raw" * 100_000)
    assert digest_file(path) == hashlib.sha256(b"raw" * 100_000).hexdigest()


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    try:
        digest_file(tmp_path / "a")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(CorruptPhotoError):
        digest_file(tmp_path / "empty")
    with pytest.raises(PhotoAccessError):
        digest_file(tmp_path / "missing")
