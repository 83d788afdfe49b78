"""What is in the inbox, and when it is ready; by a clock that only the test moves."""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rwdenoise.watch.inbox import SETTLE, Inbox, Mount, group_photos, name_beside
from rwdenoise.watch.notifications import Notifications
from rwdenoise.watch.wakeup import Wakeup


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def put(path: Path, data: bytes = b"photo") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def seen(inbox: Inbox, now: float) -> list[str]:
    inbox.look(now)
    return [path.relative_to(inbox.folder).as_posix() for path in inbox.ready(now)]


class TestReady:
    def test_after_two_seconds_without_a_change(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        assert seen(inbox, 100) == []
        assert inbox.next_time(100) == 100 + SETTLE
        assert seen(inbox, 101.9) == []
        put(photo, b"longer")
        assert seen(inbox, 102) == []
        assert seen(inbox, 103.9) == []
        assert seen(inbox, 104) == ["a.NEF"]

    def test_a_change_of_time_alone_counts(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        inbox.look(0)
        os.utime(photo, (1, 1))
        assert seen(inbox, 2) == []

    def test_what_came_first_is_first(self, folder: Path) -> None:
        inbox = Inbox(folder)
        put(folder / "b.NEF")
        inbox.look(0)
        put(folder / "sub" / "a.NEF")
        put(folder / "0.NEF")
        inbox.look(1)
        assert seen(inbox, 5) == ["b.NEF", "0.NEF", "sub/a.NEF"]

    def test_not_while_somebody_writes(self, folder: Path) -> None:
        open_files = {put(folder / "a.NEF")}
        inbox = Inbox(folder, is_written=open_files.__contains__)
        inbox.look(0)
        assert seen(inbox, 50) == []
        open_files.clear()
        assert seen(inbox, 50) == ["a.NEF"]

    def test_not_before_its_companions(self, folder: Path) -> None:
        inbox = Inbox(folder)
        put(folder / "a.NEF")
        inbox.look(0)
        picture = put(folder / "a.JPG")
        assert seen(inbox, 2) == []
        assert seen(inbox, 4) == ["a.NEF"]
        assert inbox.companions(folder / "a.NEF") == (picture,)

    @pytest.mark.parametrize(
        "name",
        [".a.NEF", "._a.NEF", "~a.NEF", "a.NEF.part", "a.NEF~", "a.txt", ".hidden/a.NEF", "@eaDir/a.JPG", "a.xmp"],
    )
    def test_others_are_left_out(self, folder: Path, name: str) -> None:
        inbox = Inbox(folder)
        put(folder / name)
        inbox.look(0)
        assert seen(inbox, 5) == []
        assert inbox.waiting() == 0

    def test_links_are_left_out(self, folder: Path, tmp_path: Path) -> None:
        inbox = Inbox(folder)
        put(tmp_path / "elsewhere" / "a.NEF")
        (folder / "link").symlink_to(tmp_path / "elsewhere")
        (folder / "a.NEF").symlink_to(tmp_path / "elsewhere" / "a.NEF")
        (folder / "circle").symlink_to(folder)
        inbox.look(0)
        assert seen(inbox, 5) == []

    def test_folders_that_are_not_its_own(self, folder: Path) -> None:
        inbox = Inbox(folder)
        inbox.left_out = frozenset({folder / "out"})
        put(folder / "out" / "a.dng")
        put(folder / "out2" / "a.dng")
        inbox.look(0)
        assert seen(inbox, 5) == ["out2/a.dng"]


class TestPutOff:
    def test_until_a_time(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        inbox.look(0)
        inbox.put_off(photo, 30, stamp=inbox.stamp(photo))
        assert (inbox.is_pending(29), inbox.waiting(), inbox.next_time(10)) == (False, 1, 30)
        assert seen(inbox, 29) == []
        assert seen(inbox, 30) == ["a.NEF"]

    def test_for_good_until_it_changes(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        inbox.look(0)
        inbox.put_off(photo, math.inf, stamp=inbox.stamp(photo))
        assert seen(inbox, 1e9) == []
        assert inbox.waiting() == 0
        put(photo, b"another")
        inbox.look(2e9)
        assert seen(inbox, 2e9 + SETTLE) == ["a.NEF"]

    def test_a_photo_that_changed_meanwhile_is_not_put_off(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        inbox.look(0)
        stamp = inbox.stamp(photo)
        put(photo, b"another")
        inbox.look(1)
        inbox.put_off(photo, math.inf, stamp=stamp)
        assert seen(inbox, 3) == ["a.NEF"]


class TestAway:
    def test_a_folder_that_is_gone_is_not_empty(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        assert inbox.look(0)
        inbox.put_off(photo, math.inf, stamp=inbox.stamp(photo))
        folder.rename(folder.with_name("away"))
        assert not inbox.look(10)
        folder.with_name("away").rename(folder)
        assert inbox.look(20)
        assert seen(inbox, 30) == []

    def test_an_empty_mount_point_is_not_empty(self, folder: Path, monkeypatch) -> None:
        mounted = {str(folder)}
        monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        inbox.look(0)
        inbox.put_off(photo, math.inf, stamp=inbox.stamp(photo))
        kept = photo.rename(folder.with_name("kept"))
        mounted.clear()
        assert not inbox.look(10)
        kept.rename(photo)
        mounted.add(str(folder))
        assert seen(inbox, 20) == []
        assert inbox.waiting() == 0

    def test_what_was_taken_away_is_forgotten(self, folder: Path) -> None:
        inbox, photo = Inbox(folder), put(folder / "a.NEF")
        inbox.look(0)
        photo.unlink()
        inbox.look(1)
        assert inbox.waiting() == 0

    def test_a_part_that_cannot_be_read_is_remembered(self, folder: Path, monkeypatch) -> None:
        inbox = Inbox(folder)
        put(folder / "sub" / "a.NEF")
        inbox.look(0)
        scan = os.scandir

        def refuse(path: Path) -> Iterator[os.DirEntry[str]]:
            if path == folder / "sub":
                raise PermissionError(13, "Permission denied")
            return scan(path)

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", refuse)
            assert inbox.look(1)
        assert inbox.unreadable == {folder / "sub"}
        assert inbox.waiting() == 1
        assert seen(inbox, 2) == ["sub/a.NEF"]
        assert not inbox.unreadable


def grouped(*names: str) -> dict[str, list[str]]:
    groups = group_photos(Path(name) for name in names)
    return {photo.as_posix(): [path.as_posix() for path in paths] for photo, paths in groups.items()}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.NEF", "a.JPG", "a.xmp"], {"a.NEF": ["a.JPG", "a.xmp"]}),
        (["a.NEF", "a.NEF.xmp", "a.HIF"], {"a.NEF": ["a.HIF", "a.NEF.xmp"]}),
        (["a.JPG", "a.xmp"], {"a.JPG": ["a.xmp"]}),
        (["a.JPG", "a.png"], {"a.JPG": [], "a.png": []}),
        # What no camera writes beside its RAW file somebody wants denoised.
        (["a.NEF", "a.tif"], {"a.NEF": [], "a.tif": []}),
        (["one/a.NEF", "other/a.JPG"], {"one/a.NEF": [], "other/a.JPG": []}),
        (["a.xmp"], {}),
        (["a.CR2", "a.CR3", "a.jpg"], {"a.CR2": ["a.jpg"], "a.CR3": ["a.jpg"]}),
        (["a.NEF", "a.1.NEF", "a.1.xmp"], {"a.NEF": [], "a.1.NEF": ["a.1.xmp"]}),
    ],
)
def test_groups(names: list[str], expected: dict[str, list[str]]) -> None:
    assert grouped(*names) == expected


@pytest.mark.parametrize(
    ("companion", "expected"),
    [("a.xmp", "out/b.xmp"), ("a.NEF.xmp", "out/b.dng.xmp"), ("a.JPG", "out/b.JPG")],
)
def test_names_beside_the_result(companion: str, expected: str) -> None:
    assert name_beside(Path("in", companion), Path("in/a.NEF"), Path("out/b.dng")) == Path(expected)


def test_a_file_system_that_is_mounted_later_counts(tmp_path: Path, monkeypatch) -> None:
    mounted: set[str] = set()
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)
    mount = Mount(tmp_path / "share" / "out")
    assert mount.is_there()
    mounted.add(str(tmp_path / "share"))
    assert mount.is_there()
    mounted.clear()
    assert not mount.is_there()


def test_thousands_of_photos_take_a_second_or_two(folder: Path) -> None:
    for number in range(3000):
        os.close(os.open(folder / f"{number}.NEF", os.O_CREAT | os.O_WRONLY))
    inbox = Inbox(folder)
    begun = time.process_time()
    inbox.look(0)
    assert len(inbox.ready(2)) == 3000
    assert time.process_time() - begun < 3


class TestWakeup:
    def test_a_call_that_came_before_ends_the_waiting(self) -> None:
        wakeup = Wakeup()
        wakeup.call()
        wakeup.call()
        begun = time.monotonic()
        assert wakeup.wait(60)
        assert time.monotonic() - begun < 30
        # Two calls count as one.
        assert not wakeup.wait(0.001)

    def test_stopping_ends_the_waiting(self) -> None:
        wakeup = Wakeup()
        wakeup.stop()
        wakeup.wait(60)
        assert wakeup.stopping

    @pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system sends no signals to threads")
    def test_a_signal_that_does_not_interrupt_the_waiting_is_heard_soon(self) -> None:
        wakeup = Wakeup()
        before = signal.signal(signal.SIGUSR1, lambda _number, _frame: wakeup.call())
        # Python runs the handler in the main thread, which the signal did not reach.
        other = threading.Timer(0.2, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1))
        begun = time.monotonic()
        other.start()
        try:
            assert wakeup.wait(30)
        finally:
            other.join()
            signal.signal(signal.SIGUSR1, before)
        assert time.monotonic() - begun < 15


class TestEvents:
    """The real ones of this system."""

    @pytest.fixture
    def events(self, folder: Path) -> Iterator[Notifications]:
        self.calls: list[float] = []
        events = Notifications(folder, lambda: self.calls.append(time.monotonic()))
        assert events.listen()
        yield events
        events.close()

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.01)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a file is closed")
    def test_who_writes_is_known_until_the_file_is_closed(self, folder: Path, events: Notifications) -> None:
        path = folder / "sub" / "a.NEF"
        path.parent.mkdir()
        self.until(lambda: self.calls)
        with path.open("wb", buffering=0) as file:
            # The system begins to listen in a new folder a moment after it was made.
            self.until(lambda: file.write(b"a") and events.is_written(path))
        self.until(lambda: not events.is_written(path))
        os.utime(path)
        time.sleep(0.2)
        assert not events.is_written(path)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a file is closed")
    def test_who_writes_is_known_by_the_new_name(self, folder: Path, events: Notifications) -> None:
        with (folder / "a.part").open("wb", buffering=0) as file:
            self.until(lambda: file.write(b"a") and events.is_written(folder / "a.part"))
            (folder / "a.part").rename(folder / "a.NEF")
            self.until(lambda: events.is_written(folder / "a.NEF"))
            assert not events.is_written(folder / "a.part")

    def test_what_is_moved_in_wakes(self, folder: Path, tmp_path: Path, events: Notifications) -> None:
        put(tmp_path / "a.NEF").rename(folder / "a.NEF")
        self.until(lambda: self.calls)
        assert not events.is_written(folder / "a.NEF")

    def test_a_folder_that_was_replaced_is_listened_to(self, folder: Path, events: Notifications) -> None:
        assert events.hears()
        folder.rename(folder.with_name("old"))
        assert not events.hears()
        assert not events.listen()
        folder.mkdir()
        assert not events.hears()
        assert events.listen()
        assert events.hears()
        self.calls.clear()
        put(folder / "a.NEF")
        self.until(lambda: self.calls)
