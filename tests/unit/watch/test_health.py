"""What a watcher says of itself."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from rwdenoise.choices import Settings
from rwdenoise.events import Failed, Finished, Progress, Skipped, Started, Stopped
from rwdenoise.watch import health as watch_state
from rwdenoise.watch.health import (
    HEALTH_FILE,
    LOCK_FILE,
    STALE,
    Health,
    HealthFile,
    is_fresh,
    read_health,
    state_folder,
)


@pytest.fixture
def world(tmp_path: Path) -> SimpleNamespace:
    world = SimpleNamespace(now=1000.0, path=tmp_path / "health.json")
    world.file = HealthFile(world.path, Path("inbox"), clock=lambda: world.now, now=lambda: "noon")
    return world


def finished(megapixels: float) -> Finished:
    return Finished("a.NEF", "a.dng", 1.0, megapixels, "w", "cpu", Settings(2))


def test_events_are_counted(world: SimpleNamespace) -> None:
    hear = world.file.hear
    hear(Started("a.NEF", "a.NEF", "a.dng"))
    assert read_health(world.path).photo == "a.NEF"
    hear(finished(24.0))
    hear(Skipped("b.NEF", "b.dng", "done already"))
    hear(Failed("c.NEF", "corrupt-photo", "It is cut off.", "Copy it again."))
    hear(Started("d.NEF", "d.NEF", "d.dng"))
    hear(Stopped("d.NEF"))
    world.now += 90
    world.file.write(queue=7, state="waiting")
    health = read_health(world.path)
    assert (health.done, health.skipped, health.failed, health.queue) == (1, 1, 1, 7)
    assert (health.uptime, health.photo, health.state, health.started) == (90, None, "waiting", "noon")
    assert (health.inbox, health.pid) == ("inbox", os.getpid())
    assert health.last_error == {
        "job": "c.NEF", "code": "corrupt-photo", "message": "It is cut off.", "hint": "Copy it again.", "time": "noon",
    }  # fmt: skip


def test_the_rate_is_that_of_the_last_minutes(world: SimpleNamespace) -> None:
    for _ in range(6):
        world.file.hear(finished(20.0))
        world.now += 60
    world.file.write()
    health = read_health(world.path)
    assert (health.photos_per_minute, health.megapixels_per_minute) == (1.0, 20.0)
    world.now += 300
    world.file.write()
    assert read_health(world.path).photos_per_minute == pytest.approx(0.5)
    world.now += 3600
    world.file.write()
    assert read_health(world.path).photos_per_minute == 0


def test_it_is_written_now_and_then_while_a_photo_is_in_work(world: SimpleNamespace) -> None:
    world.file.write()
    for seconds, expected in [(1.0, 1000.0), (0.9, 1000.0), (0.1, 1002.0), (30, 1032.0)]:
        world.now += seconds
        world.file.hear(Progress("a.NEF", "denoise", 1, 9))
        assert read_health(world.path).heartbeat == pytest.approx(expected)


def test_nothing_else_is_left_beside_it(world: SimpleNamespace) -> None:
    for _ in range(3):
        world.file.write()
    assert list(world.path.parent.iterdir()) == [world.path]


def test_where_it_cannot_be_written_the_work_goes_on(tmp_path: Path) -> None:
    HealthFile(tmp_path / "missing" / "health.json", Path("inbox")).write()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"v": 2}', '{"v": 1}', '{"v": 1, "inbox": "a"}', "\udcff"])
def test_nonsense_is_no_health(world: SimpleNamespace, text: str) -> None:
    world.path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_health(world.path) is None


def test_unknown_fields_are_left_out() -> None:
    health = Health("inbox", 1, "host", "noon")
    line = health.to_json().replace('"pid"', '"later": [], "pid"')
    assert Health.from_json(line) == health


@pytest.mark.parametrize(
    ("age", "fresh"), [(0, True), (STALE, True), (STALE + 1, False), (-1, False)]
)  # The last is from before the machine was started.
def test_age(age: float, fresh: bool) -> None:
    assert is_fresh(Health("inbox", 1, "host", "noon", heartbeat=1000), 1000 + age) is fresh


def test_the_same_inbox_has_the_same_state_whatever_leads_there(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(watch_state.platformdirs, "user_state_path", lambda _: tmp_path / "state")
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    folder = state_folder(tmp_path / "in")
    assert state_folder(tmp_path / "link") == state_folder(tmp_path / "link" / ".." / "in") == folder
    assert state_folder(tmp_path / "other") != folder
    assert (folder / HEALTH_FILE).parent == (folder / LOCK_FILE).parent == folder
    assert folder.is_relative_to(tmp_path / "state")
