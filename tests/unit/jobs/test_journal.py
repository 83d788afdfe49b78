"""The journal remembers what was done and what failed, for several processes, whatever happens."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rwdenoise.errors import JournalError
from rwdenoise.events import Failed
from rwdenoise.jobs.journal import SCHEMA, Journal, default_journal

CORRUPT = Failed("a", "corrupt-photo", "It is cut off.", "Copy it again.")


@pytest.fixture
def journal(tmp_path: Path):
    with Journal(tmp_path / "state" / "journal.sqlite") as journal:
        yield journal


@pytest.fixture
def photo(tmp_path: Path) -> tuple[Path, Path]:
    """Return a source and its result."""
    source, target = tmp_path / "a.NEF", tmp_path / "a.dng"
    source.write_bytes(b"raw")
    target.write_bytes(b"dng")
    return source, target


class TestDone:
    """Results are known by content and method, while they stay as they were written."""

    def test_is_found_again(self, journal, photo) -> None:
        source, target = photo
        journal.record_done(source, "digest", target, "key")
        assert journal.find_done("digest", target, {"other", "key"})
        assert not journal.find_done("another", target, {"key"})
        assert not journal.find_done("digest", target, {"other"})
        assert not journal.find_done("digest", target.with_name("b.dng"), {"key"})

    def test_a_result_that_was_changed_or_removed_counts_no_more(self, journal, photo) -> None:
        source, target = photo
        journal.record_done(source, "digest", target, "key")
        target.write_bytes(b"edited")
        assert not journal.find_done("digest", target, {"key"})
        target.unlink()
        assert not journal.find_done("digest", target, {"key"})

    def test_a_result_that_was_gone_before_it_was_recorded_is_not_done(self, journal, tmp_path) -> None:
        journal.record_done(tmp_path / "a.NEF", "digest", tmp_path / "gone.dng", "key")
        assert not journal.find_done("digest", tmp_path / "gone.dng", {"key"})

    def test_the_last_one_counts(self, journal, photo) -> None:
        source, target = photo
        journal.record_done(source, "digest", target, "key")
        journal.record_done(source, "digest", target, "another key")
        assert not journal.find_done("digest", target, {"key"})
        assert journal.find_done("digest", target, {"another key"})

    def test_relative_and_absolute_names_are_the_same(self, journal, photo, monkeypatch) -> None:
        source, target = photo
        monkeypatch.chdir(source.parent)
        journal.record_done(Path(source.name), "digest", Path(target.name), "key")
        assert journal.find_done("digest", target, {"key"})

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
    def test_names_that_are_no_text(self, journal, tmp_path) -> None:
        target = tmp_path / os.fsdecode(b"\xff\xfe \n'\";.dng")
        target.write_bytes(b"dng")
        journal.record_done(target, "digest", target, "key")
        journal.record_failed(target, CORRUPT)
        assert journal.find_done("digest", target, {"key"})
        assert [trouble.source for trouble in journal.troubles()] == [target]


class TestTroubles:
    """Failures are counted until the source is changed or done."""

    def test_attempts_are_counted(self, journal, photo) -> None:
        source, _ = photo
        assert journal.trouble_of(source) is None
        assert [journal.record_failed(source, CORRUPT).attempts for _ in range(3)] == [1, 2, 3]
        trouble = journal.trouble_of(source)
        assert (trouble.source, trouble.code, trouble.message, trouble.hint) == (
            source,
            "corrupt-photo",
            "It is cut off.",
            "Copy it again.",
        )

    def test_a_changed_source_starts_anew(self, journal, photo) -> None:
        source, _ = photo
        journal.record_failed(source, CORRUPT)
        journal.record_failed(source, CORRUPT)
        source.write_bytes(b"copied again")
        assert journal.trouble_of(source) is None
        assert journal.troubles() == []
        assert journal.record_failed(source, CORRUPT).attempts == 1

    def test_what_is_done_is_no_trouble(self, journal, photo) -> None:
        source, target = photo
        journal.record_failed(source, CORRUPT)
        journal.record_done(source, "digest", target, "key")
        assert journal.troubles() == []

    def test_messages_may_name_what_is_no_text(self, journal, photo) -> None:
        source, _ = photo
        failed = Failed("a", "write-failed", f"It is in {os.fsdecode(b'caf%c' % 0xE9)}.", "Take another folder.")
        assert journal.record_failed(source, failed) == journal.trouble_of(source)
        assert journal.trouble_of(source).message == r"It is in caf\udce9."

    @pytest.mark.parametrize("name", ["x" * 5000, "nul\0", "日本" * 60, "'; DROP TABLE troubles; --", "line\nline"])
    def test_huge_and_odd_names(self, journal, tmp_path, name) -> None:
        journal.record_failed(tmp_path / name, CORRUPT)
        assert journal.record_failed(tmp_path / name, CORRUPT).attempts == 2
        assert [trouble.source for trouble in journal.troubles()] == [tmp_path / name]

    def test_a_missing_source_can_be_trouble(self, journal, tmp_path) -> None:
        assert journal.record_failed(tmp_path / "missing", CORRUPT).attempts == 1
        assert journal.record_failed(tmp_path / "missing", CORRUPT).attempts == 2


def test_a_call_that_did_not_end_is_found(journal, tmp_path) -> None:
    assert journal.unfinished_call() is None
    journal.end_call(journal.begin_call(["a.NEF"], tmp_path))
    assert journal.unfinished_call() is None
    arguments = ["--steps", "3", os.fsdecode(b"\xff.NEF"), "b c.NEF"]
    number = journal.begin_call(arguments, tmp_path)
    call = journal.unfinished_call()
    assert (call.number, call.arguments, call.folder) == (number, tuple(arguments), tmp_path)


def test_everything_is_still_there_when_it_is_opened_again(photo, tmp_path) -> None:
    source, target = photo
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.record_done(source, "digest", target, "key")
        journal.begin_call(["a"], tmp_path)
    with Journal(path) as journal:
        assert journal.find_done("digest", target, {"key"})
        assert journal.unfinished_call() is not None


def test_what_fails_halfway_leaves_nothing_and_keeps_nobody_waiting(journal, photo) -> None:
    source, target = photo
    other = sqlite3.connect(journal.path, timeout=0)
    other.execute("DROP TABLE troubles")
    with pytest.raises(JournalError):
        journal.record_done(source, "digest", target, "key")
    assert not journal.find_done("digest", target, {"key"})
    other.execute("DELETE FROM done")
    other.close()


def test_it_waits_for_another_that_is_just_making_it(tmp_path) -> None:
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    timer = threading.Timer(0.3, other.rollback)
    timer.start()
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert time.monotonic() - begun > 0.25
        assert journal.troubles() == []
    timer.join()
    other.close()


def test_threads_share_it(journal, tmp_path) -> None:
    def fail(number: int) -> None:
        for _ in range(10):
            journal.record_failed(tmp_path / f"{number}", CORRUPT)

    threads = [threading.Thread(target=fail, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [journal.trouble_of(tmp_path / f"{number}").attempts for number in range(4)] == [10] * 4


WRITER = """
import sys
from pathlib import Path
from rwdenoise.events import Failed
from rwdenoise.jobs.journal import Journal
with Journal(Path(sys.argv[1])) as journal:
    while True:
        print(journal.record_failed(Path(sys.argv[2]), Failed("", "c", "m", "h")).attempts, flush=True)
"""


def test_processes_share_it_and_may_be_killed_at_any_moment(tmp_path) -> None:
    """What was told as recorded is there after SIGKILL, and the others go on."""
    path = tmp_path / "journal.sqlite"
    Journal(path).__exit__(None, None, None)
    for name in ("a", "b"):
        command = [sys.executable, "-c", WRITER, str(path)]
        both = [
            subprocess.Popen([*command, str(tmp_path / source)], stdout=subprocess.PIPE, text=True)
            for source in (name, "shared")
        ]
        counts = [[int(process.stdout.readline()) for _ in range(20)] for process in both]
        for process in both:
            process.kill()
            counts[both.index(process)] += [int(line) for line in process.stdout.read().split()]
            process.wait()
            process.stdout.close()
        with Journal(path) as journal:
            assert journal.trouble_of(tmp_path / name).attempts >= counts[0][-1]
            assert journal.trouble_of(tmp_path / "shared").attempts >= counts[1][-1]


class TestRefusals:
    """A journal that cannot be had is one clear error."""

    def test_another_file(self, tmp_path) -> None:
        path = tmp_path / "journal.sqlite"
        path.write_bytes(b"This is a letter, not a journal. " * 100)
        with pytest.raises(JournalError, match=r"journal\.sqlite cannot be read or written") as raised:
            Journal(path)
        assert "--no-journal" in raised.value.hint
        assert path.read_bytes().startswith(b"This is a letter")

    def test_a_later_version(self, tmp_path) -> None:
        path = tmp_path / "journal.sqlite"
        with sqlite3.connect(path) as database:
            database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        database.close()
        with pytest.raises(JournalError, match=f"version {SCHEMA + 1}"):
            Journal(path)

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_is_read_only(self, tmp_path) -> None:
        tmp_path.chmod(0o500)
        with pytest.raises(JournalError, match="unable to open") as raised:
            Journal(tmp_path / "journal.sqlite")
        tmp_path.chmod(0o700)
        assert "permissions" in raised.value.hint

    def test_a_folder_that_cannot_be_made(self, tmp_path) -> None:
        (tmp_path / "state").write_text("no folder")
        with pytest.raises(JournalError):
            Journal(tmp_path / "state" / "journal.sqlite")


def test_it_lies_where_the_system_keeps_such_things(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = default_journal()
    assert path.name == "journal.sqlite"
    if sys.platform == "linux":
        assert path == tmp_path / "rwdenoise" / "journal.sqlite"
