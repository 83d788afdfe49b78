"""Reading photos in another process: what it reads is what comes back, and what goes wrong there stays there."""

import dataclasses
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.errors import Cancelled, CorruptPhotoError, PhotoAccessError, PhotoError, UnsupportedPhotoError
from rwdenoise.io.formats import PICTURE_OUTPUTS
from rwdenoise.io.isolated import reader as isolated
from rwdenoise.io.isolated.photos import pack, unpack
from rwdenoise.io.isolated.reader import IsolatedReader
from rwdenoise.io.isolated.wire import NONSENSE, Message, read_message, write_message
from rwdenoise.io.raw.dng import encode_bare_dng, encode_dng
from rwdenoise.io.read import read_photo
from rwdenoise.io.write import encode_picture
from rwdenoise.photo.cfa import LINEAR, MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.kinds import Photo
from tests.fakes import fake_picture
from tests.photos import PREVIEW, PROVENANCE, raw_photo
from tests.pictures import write

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")

#: A child that does what the name of the photo says.
BAD_CHILD = """
import os, signal, struct, sys, time
asked = sys.stdin.buffer
while length := asked.read(8):
    path = asked.read(int.from_bytes(length, "big")).decode()
    answer = b""
    if "abort" in path: os.kill(os.getpid(), signal.SIGSEGV)
    if "exit" in path: sys.exit(7)
    if "hang" in path: time.sleep(60)
    if "huge" in path: answer = struct.pack(">Q", 2**60)
    if "text" in path: answer = b"no message at all " * 9
    if "half" in path: sys.stdout.buffer.write(struct.pack(">Q", 100) + b"{"); sys.exit(0)
    if "array" in path: answer = b'{"kind": "raw", "arrays": [["float64", 4000000000, 4000000000]]}'
    if "odd" in path: answer = b'{"kind": "weights", "arrays": []}'
    if "deep" in path: answer = b"[" * 100000
    if "escape" in path:
        answer = b'{"kind": "error", "code": "no-access", "message": "\\\\u001b[2J", "hint": "x\\\\n", "arrays": []}'
    if not answer.startswith(b"no m") and "huge" not in path: answer = struct.pack(">Q", len(answer)) + answer
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
"""


@pytest.fixture(scope="module")
def reader():
    with IsolatedReader() as reader:
        yield reader


@pytest.fixture
def bad_reader(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(isolated, "_COMMAND", (sys.executable, "-c", BAD_CHILD))
    with IsolatedReader(seconds=1.0) as reader:
        yield reader


def assert_same(found: Photo, expected: Photo) -> None:
    assert type(found) is type(expected)
    for field in dataclasses.fields(expected):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(other, np.ndarray):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
        elif field.name != "encoding":
            assert one == other, field.name


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME, LINEAR], ids=lambda cfa: cfa.name)
def test_raw_comes_back_the_same(cfa: Cfa, reader: IsolatedReader, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dng", encode_dng(raw_photo(cfa), preview=PREVIEW, provenance=PROVENANCE))
    photo = reader.read(path)
    assert_same(photo, read_photo(path))
    assert photo.source == path


@pytest.mark.parametrize("format", PICTURE_OUTPUTS)
def test_a_picture_comes_back_the_same(format: str, reader: IsolatedReader, tmp_path: Path) -> None:
    path = write(tmp_path / f"a.{format}", encode_picture(fake_picture(), format=format))
    photo, expected = reader.read(path), read_photo(path)
    assert_same(photo, expected)
    np.testing.assert_array_equal(photo.planes(), expected.planes())


def test_errors_come_back_the_same(reader: IsolatedReader, tmp_path: Path) -> None:
    for name in ("a.NEF", "a.jpg", "a.png", "a.tif"):
        path = write(tmp_path / name, b"no photo")
        with pytest.raises(PhotoError) as here:
            read_photo(path)
        with pytest.raises(type(here.value)) as there:
            reader.read(path)
        assert (there.value.message, there.value.hint) == (here.value.message, here.value.hint)
    with pytest.raises(PhotoAccessError, match=r"b\.NEF does not exist"):
        reader.read(tmp_path / "b.NEF")


def test_relative_and_odd_names_are_read(
    reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("写真 \n.dng", os.fsdecode(b"\xff.dng") if sys.platform == "linux" else "b.dng"):
        path = write(Path(name), encode_bare_dng(raw_photo()))
        assert reader.read(path).source == path


@posix
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("abort", "the decoder crashed (signal 11)"),
        ("exit", "the decoder crashed (exit status 7)"),
        ("half", "the decoder crashed (exit status 0)"),
        ("hang", "still running after 1 seconds"),
        *((name, "it sent invalid data") for name in ("huge", "text", "array", "odd", "deep")),
    ],
)
def test_a_bad_child_costs_one_photo(name: str, words: str, bad_reader: IsolatedReader, tmp_path: Path) -> None:
    path = write(tmp_path / f"{name}.NEF", b"x")
    for _ in range(2):
        with pytest.raises(CorruptPhotoError) as failed:
            bad_reader.read(path)
        assert words in failed.value.message
        assert failed.value.message.startswith(path.name)


def test_a_child_cannot_write_to_the_terminal(bad_reader: IsolatedReader, tmp_path: Path) -> None:
    with pytest.raises(PhotoAccessError) as failed:
        bad_reader.read(write(tmp_path / "escape.NEF", b"x"))
    assert (failed.value.message, failed.value.hint) == ("\\x1b[2J", "x\\n")


@posix
def test_the_next_photo_gets_a_new_child(
    bad_reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CorruptPhotoError):
        bad_reader.read(write(tmp_path / "abort.NEF", b"x"))
    good = write(tmp_path / "a.dng", encode_bare_dng(raw_photo()))
    monkeypatch.undo()
    with IsolatedReader() as reader:
        first = reader._child
        assert_same(reader.read(good), read_photo(good))
        os.kill(first._process.pid, signal.SIGKILL)
        first._process.wait()
        assert_same(reader.read(good), read_photo(good))


def test_closing_cancels_what_another_thread_reads(bad_reader: IsolatedReader, tmp_path: Path) -> None:
    bad_reader._seconds = 30
    path, ended = write(tmp_path / "hang.NEF", b"x"), []

    def read() -> None:
        try:
            bad_reader.read(path)
        except Cancelled as error:
            ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.3)
    begun = time.monotonic()
    bad_reader.close()
    thread.join()
    assert time.monotonic() - begun < 5
    assert len(ended) == 1
    with pytest.raises(Cancelled):
        bad_reader.read(path)


def test_many_threads_may_read(reader: IsolatedReader, tmp_path: Path) -> None:
    photos = {}
    for seed in range(4):
        path = tmp_path / f"{seed}.dng"
        photos[write(path, encode_bare_dng(raw_photo(seed=seed)))] = seed
    found = {}
    threads = [threading.Thread(target=lambda path=path: found.update({path: reader.read(path)})) for path in photos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path, seed in photos.items():
        np.testing.assert_array_equal(found[path].mosaic, raw_photo(seed=seed).mosaic)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space as asked")
def test_a_photo_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dng", encode_bare_dng(raw_photo(size=(6000, 8000))))
    small = write(tmp_path / "b.dng", encode_bare_dng(raw_photo()))
    with IsolatedReader() as reader:
        reader.read(small)
        used = int(Path(f"/proc/{reader._child._process.pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    with IsolatedReader(memory=used + 2**26) as reader:
        with pytest.raises(UnsupportedPhotoError, match="memory"):
            reader.read(path)
        reader.read(small)


@posix
def test_the_child_dies_with_its_parent() -> None:
    script = (
        "import sys; from pathlib import Path; from rwdenoise.io.isolated.reader import IsolatedReader\n"
        "reader = IsolatedReader(); print(reader._child._process.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(200):
        if not is_alive(child):
            break
        time.sleep(0.05)
    assert not is_alive(child)


def is_alive(number: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_child_loads_no_torch() -> None:
    script = "import sys, rwdenoise.io.isolated.child; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_messages_go_through_a_pipe() -> None:
    pipe = io.BytesIO()
    arrays = [np.arange(6, dtype=">u2").reshape(2, 3), np.ones((2, 2, 1), np.float16)[::-1]]
    write_message(pipe, Message({"a": b"\0\xff", "b": [1.5, None]}, arrays))
    pipe.seek(0)
    found = read_message(pipe)
    assert found.table == {"a": "AP8=", "b": [1.5, None]}
    for one, other in zip(found.arrays, arrays, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(EOFError):
        read_message(pipe)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "else"},
        {"white": float("nan")},
        {"white": 1.0},
        {"white": "4095"},
        {"cfa": ["Bayer", [[0, 1], [2, 3]]]},
        {"cfa": ["Bayer", [[0, 1, 2]]]},
        {"cfa": ["monochrome", [[0]]]},
        {"active": [0, 0, 91, 120]},
        {"active": [-1, 0, 90, 120]},
        {"crop": [0, 0, 90]},
        {"orientation": 9},
        {"orientation": True},
        {"make": "\udcff"},
        {"iso": float("inf")},
        {"white_balance": [1, 1, 0]},
        {"color_matrix": None},
        {"color_matrix": [[1, 2, 3]]},
        {"noise": [2, 0]},
        {"dng_tags": [[50706, 99, ""]]},
        {"dng_tags": [[50706, 4, "AAA="]]},
        {"dng_tags": None},
        {"origin": ["no digest", [[], "", [], False, ""], None, None]},
        {"origin": ["0" * 64, [[], "", [], False, "\x1b[2J"], None, None]},
        {"origin": ["0" * 64, [[["Exif.Image.Make", "text", "AA==", ""]], "", [], False, ""], None, None]},
        {"origin": ["0" * 64, [[], "", [], False, ""], 5, None]},
        {"origin": ["0" * 64]},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(change: dict) -> None:
    message = passed(pack(raw_photo()))
    unpack(message)
    with pytest.raises(NONSENSE):
        unpack(message._replace(table={**message.table, **change}))


@pytest.mark.parametrize(
    "details", [{"unit": 4}, {"compression": 7}, {"unknown": 1}, {"qtables": [[1] * 63]}, {"resolution": [[1, 0]] * 2}]
)
def test_details_that_cannot_be_are_refused(details: dict) -> None:
    message = passed(pack(fake_picture()))
    format, icc, _ = message.table["stored"]
    unpack(message)
    with pytest.raises(NONSENSE):
        unpack(message._replace(table={**message.table, "stored": [format, icc, details]}))


@pytest.mark.parametrize("array", [np.zeros((90, 120), np.uint8), np.zeros((90, 120, 3), np.uint16)])
def test_arrays_of_another_kind_are_refused(array: np.ndarray) -> None:
    message = passed(pack(raw_photo()))
    with pytest.raises(NONSENSE):
        unpack(message._replace(arrays=[array, message.arrays[1]]))


def passed(message: Message) -> Message:
    pipe = io.BytesIO()
    write_message(pipe, message)
    pipe.seek(0)
    return read_message(pipe)
