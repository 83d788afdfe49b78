"""The watch folder by a clock that only the test moves, with a denoiser that only halves."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.errors import CorruptPhotoError, JournalError
from rwdenoise.events import Event, Failed, Finished, Progress, Skipped, Started, Stopped, Summary, Warned
from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.read import read_photo
from rwdenoise.io.write import write_photo
from rwdenoise.jobs.journal import Journal
from rwdenoise.jobs.treatment import Treatment
from rwdenoise.watch import intake
from rwdenoise.watch.health import HealthFile
from rwdenoise.watch.inbox import Inbox
from rwdenoise.watch.orders import Orders
from rwdenoise.watch.wakeup import Wakeup
from rwdenoise.watch.watcher import Watcher
from tests.fakes import FakeDenoiser
from tests.photos import raw_photo

# Longer than all attempts take.
LONG = 1000.0


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> list[bytes]:
    """Return three small RAW files."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(3):
        write_photo(raw_photo(size=(32, 48), seed=seed), folder / f"{seed}.dng", provenance=None)
    return [(folder / f"{seed}.dng").read_bytes() for seed in range(3)]


class Clock(Wakeup):
    """Waits by moving its own time; at some moments something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.end = self.now + LONG
        self.plan: list[tuple[float, Callable[[], object]]] = []

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        self.plan.append((1000 + seconds, action))
        self.plan.sort(key=lambda step: step[0])

    def wait(self, seconds: float) -> bool:
        assert seconds > 0
        until = self.now + seconds
        if self.plan and self.plan[0][0] <= until:
            until, action = self.plan.pop(0)
            self.now = max(self.now, until)
            action()
        else:
            self.now = until
        if self.now >= self.end:
            self.stop()
        return False


class World:
    """A watcher, and all that it has to do with."""

    def __init__(self, folder: Path, photos: list[bytes]) -> None:
        self.folder, self.photos = folder, photos
        self.inbox, self.out, self.done = folder / "in", folder / "out", folder / "done"
        self.inbox.mkdir()
        self.clock = Clock()
        self.events: list[tuple[float, Event]] = []
        self.read_at: list[tuple[float, str]] = []
        self.read = read_photo
        self.denoiser = FakeDenoiser()
        self.health = HealthFile(folder / "health.json", self.inbox, clock=lambda: self.clock.now)
        self.orders = Orders(
            self.inbox, str(self.out), Treatment(), lambda _: self.denoiser, weights=frozenset({self.denoiser.digest})
        )

    def put(self, name: str, data: bytes | None = None) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.photos[0] if data is None else data)
        return path

    def run(self, *, seconds: float = LONG, once: bool = False) -> None:
        """Start a watcher, as after the start of the machine, and let it run for a while."""
        self.clock.stopping, self.clock.end = False, self.clock.now + seconds
        with Journal(self.folder / "journal.sqlite") as journal:
            Watcher(
                Inbox(self.inbox),
                orders=lambda: self.orders,
                journal=journal,
                health=self.health,
                listen=self.listen,
                wakeup=self.clock,
                read=self.reading,
                clock=lambda: self.clock.now,
            ).run(once=once)

    def listen(self, event: Event) -> None:
        self.events.append((self.clock.now - 1000, event))

    def reading(self, path: Path):
        self.read_at.append((self.clock.now - 1000, path.name))
        return self.read(path)

    def told(self, kind: type[Event]) -> list[Event]:
        return [event for _, event in self.events if isinstance(event, kind)]

    def results(self) -> set[str]:
        return {path.relative_to(self.out).as_posix() for path in self.out.rglob("*") if path.is_file()}

    def left(self, folder: Path) -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def world(tmp_path: Path, photos: list[bytes]) -> World:
    return World(tmp_path, photos)


class TestTaking:
    def test_what_lies_there_and_what_comes(self, world: World) -> None:
        world.put("a.NEF")
        world.clock.at(100, lambda: world.put("sub/b.NEF", world.photos[1]))
        world.run()
        assert world.results() == {"a.dng", "sub/b.dng"}
        assert world.left(world.inbox) == {"a.NEF", "sub/b.NEF"}
        assert len(world.told(Finished)) == 2
        before, after = read_photo(world.inbox / "sub" / "b.NEF"), read_photo(world.out / "sub" / "b.dng")
        # The fake halves what is above black.
        assert np.abs(after.planes() - before.planes() / 2).max() < 1e-3

    def test_not_before_two_seconds_without_a_change(self, world: World) -> None:
        world.put("a.NEF")
        world.clock.at(1.5, lambda: world.put("a.NEF", world.photos[1]))
        world.run()
        assert 3.5 <= world.read_at[0][0] <= 5
        assert len(world.read_at) == 1

    def test_each_photo_once(self, world: World) -> None:
        for number in range(20):
            world.put(f"{number}.NEF")
        world.run()
        world.run()
        assert len(world.read_at) == 20
        assert (len(world.told(Finished)), len(world.told(Skipped)), len(world.told(Failed))) == (20, 20, 0)

    def test_a_changed_photo_does_not_replace_its_result(self, world: World) -> None:
        world.put("a.NEF")
        world.clock.at(100, lambda: world.put("a.NEF", world.photos[1]))
        world.run(seconds=120)
        assert [event.code for event in world.told(Failed)] == ["output-exists"]
        first = (world.out / "a.dng").read_bytes()
        world.orders = replace(world.orders, treatment=Treatment(overwrite=True))
        world.run()
        assert (world.out / "a.dng").read_bytes() != first

    def test_overwriting_does_not_make_everything_anew_after_each_start(self, world: World) -> None:
        world.orders = replace(world.orders, treatment=Treatment(overwrite=True))
        world.put("a.NEF")
        world.run()
        world.run()
        assert len(world.read_at) == 1

    def test_other_settings_make_nothing_anew(self, world: World) -> None:
        world.put("a.NEF")
        world.run()
        settings = replace(world.orders.treatment.settings, strength=0.5)
        world.orders = replace(world.orders, treatment=Treatment(settings))
        world.run()
        assert not world.told(Failed)
        assert len(world.told(Skipped)) == 1

    def test_own_results_are_not_taken(self, world: World) -> None:
        world.out = world.inbox / "out"
        world.orders = replace(world.orders, into=str(world.out), done_to=world.inbox / "done")
        world.put("a.NEF")
        world.run()
        assert world.left(world.inbox) == {"out/a.dng", "done/a.NEF"}

    def test_new_orders_count_from_the_next_photo(self, world: World) -> None:
        world.put("a.NEF")

        def change() -> None:
            world.orders = replace(world.orders, into=str(world.folder / "other"))
            world.put("b.NEF")

        world.clock.at(50, change)
        world.run()
        assert world.results() == {"a.dng"}
        assert world.left(world.folder / "other") == {"b.dng"}

    def test_a_photo_that_is_taken_away_is_no_failure(self, world: World, monkeypatch) -> None:
        photo = world.put("a.NEF")
        world.put("b.NEF")
        take = intake.Intake.take

        def take_away_first(self, source: Path, orders: Orders):
            photo.unlink(missing_ok=True)
            return take(self, source, orders)

        monkeypatch.setattr(intake.Intake, "take", take_away_first)
        world.run()
        assert world.results() == {"b.dng"}
        assert not world.told(Failed)

    def test_what_another_process_made_meanwhile_is_done(self, world: World, monkeypatch) -> None:
        world.put("a.NEF")
        world.run(seconds=10)
        made = (world.out / "a.dng").read_bytes()
        (world.out / "a.dng").unlink()
        (world.folder / "journal.sqlite").unlink()
        world.read = lambda path: (world.out / "a.dng").write_bytes(made) and read_photo(path)
        world.run()
        assert not world.told(Failed)
        assert len(world.told(Skipped)) == 1


class TestFailing:
    def fails(self, world: World) -> None:
        def refuse(path: Path):
            if path.name == "bad.NEF" and path.read_bytes() == b"bad":
                raise CorruptPhotoError("bad.NEF is cut off.", hint="Copy it again.")
            return read_photo(path)

        world.read = refuse
        world.put("bad.NEF", b"bad")

    def times(self, world: World) -> list[float]:
        return [time for time, name in world.read_at if name == "bad.NEF"]

    def test_it_is_tried_again_three_times_and_then_left_alone(self, world: World) -> None:
        self.fails(world)
        world.put("good.NEF")
        world.run()
        first, *others = self.times(world)
        waits = np.diff([first, *others])
        assert waits == pytest.approx([30, 120, 480], abs=2)
        assert world.results() == {"good.dng"}
        assert (world.health.health.failed, world.health.health.queue) == (4, 0)
        assert world.health.health.last_error["code"] == "corrupt-photo"

    def test_until_it_changes(self, world: World) -> None:
        self.fails(world)
        world.run()
        world.clock.at(LONG + 100, lambda: world.put("bad.NEF"))
        world.run()
        assert len(self.times(world)) == 5
        assert world.results() == {"bad.dng"}
        with Journal(world.folder / "journal.sqlite") as journal:
            assert journal.troubles() == []

    def test_a_change_starts_the_count_anew(self, world: World) -> None:
        self.fails(world)
        world.run()
        os.utime(world.inbox / "bad.NEF", (1, 1))
        world.run()
        assert len(self.times(world)) == 8

    def test_a_new_start_does_not(self, world: World) -> None:
        self.fails(world)
        world.run(seconds=60)
        world.run()
        assert len(self.times(world)) == 4
        world.run()
        assert len(self.times(world)) == 4

    def test_a_mistake_of_ours_costs_one_photo(self, world: World, caplog) -> None:
        def stumble(path: Path):
            if path.name == "a.NEF":
                raise ZeroDivisionError("oh")
            return read_photo(path)

        world.read = stumble
        world.put("a.NEF")
        world.put("b.NEF")
        world.run()
        assert world.results() == {"b.dng"}
        assert "bug in the program: ZeroDivisionError('oh')" in world.told(Failed)[0].message
        assert "Traceback" in caplog.text

    def test_a_photo_that_changes_while_it_is_read_has_not_failed(self, world: World) -> None:
        def change(path: Path):
            photo = read_photo(path)
            if len(world.read_at) == 1:
                world.put("a.NEF", world.photos[1])
            return photo

        world.read = change
        world.put("a.NEF")
        world.run()
        assert world.results() == {"a.dng"}
        assert len(world.read_at) == 2
        with Journal(world.folder / "journal.sqlite") as journal:
            assert journal.troubles() == []

    def test_where_nothing_can_be_written_others_wait_and_all_goes_on(self, world: World) -> None:
        world.out.write_bytes(b"in the way")
        for name in ("a.NEF", "b.NEF", "c.NEF"):
            world.put(name)
        world.clock.at(900, world.out.unlink)
        world.run(seconds=2000)
        assert world.results() == {"a.dng", "b.dng", "c.dng"}
        times = [time for time, event in world.events if isinstance(event, Failed)]
        assert min(np.diff(times)) >= 29
        assert world.events[-1][0] < 900 + 600

    def test_once_does_not_wait_for_what_failed(self, world: World) -> None:
        self.fails(world)
        world.put("good.NEF")
        world.run(once=True)
        assert world.results() == {"good.dng"}
        assert world.clock.now < 1010

    def test_once_ends_where_nothing_can_be_written(self, world: World) -> None:
        world.out.write_bytes(b"in the way")
        world.put("a.NEF")
        world.run(once=True)
        assert world.clock.now < 1010

    def test_a_journal_that_cannot_be_written_stops_nothing(self, world: World, monkeypatch) -> None:
        def refuse(*_: object) -> None:
            raise JournalError("The disk is full.", hint="Free some space.")

        monkeypatch.setattr(Journal, "record_done", refuse)
        world.put("a.NEF")
        world.put("b.NEF")
        world.run()
        assert world.results() == {"a.dng", "b.dng"}
        assert {event.message for event in world.told(Warned)} == {"The disk is full."}


class TestStopping:
    @pytest.mark.parametrize("stage", ["read", "denoise", "write"])
    def test_the_photo_in_work_is_dropped(self, world: World, stage: str) -> None:
        world.put("a.NEF")
        hear = world.listen

        def stop(event: Event) -> None:
            hear(event)
            if isinstance(event, Progress) and event.stage == stage and event.done == 0:
                world.clock.stop()
            if isinstance(event, Progress) and event.stage == stage == "denoise" and event.done == 1:
                world.clock.stop()

        world.listen = stop
        world.run()
        if stage == "write":
            # It is nearly done, and what is written is told.
            assert isinstance(world.events[-1][1], Finished)
        else:
            assert isinstance(world.events[-1][1], Stopped)
            assert not world.out.exists() or world.results() == set()
            assert made_from(world.out / "a.dng") is None
        world.listen = hear
        world.run()
        assert world.results() == {"a.dng"}
        assert world.health.health.state == "stopped"

    def test_others_are_not_begun(self, world: World) -> None:
        for name in ("a.NEF", "b.NEF"):
            world.put(name)
        hear = world.listen
        world.listen = lambda event: (hear(event), isinstance(event, Finished) and world.clock.stop())
        world.run()
        assert world.results() == {"a.dng"}
        assert len(world.told(Started)) == 1
        assert not world.told(Summary)


class TestPuttingAway:
    @pytest.fixture
    def world(self, tmp_path: Path, photos: list[bytes]) -> World:
        world = World(tmp_path, photos)
        world.orders = replace(world.orders, done_to=world.done, companions=True)
        return world

    def test_all_that_belongs_to_a_photo_travels(self, world: World) -> None:
        for name in ("a.xmp", "a.JPG", "a.NEF.xmp"):
            world.put(f"sub/{name}", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        world.put("sub/a.NEF")
        world.run()
        assert world.left(world.inbox) == set()
        assert world.left(world.done) == {"sub/a.NEF", "sub/a.xmp", "sub/a.JPG", "sub/a.NEF.xmp"}
        assert world.results() == {"sub/a.dng", "sub/a.xmp", "sub/a.JPG", "sub/a.dng.xmp"}
        assert (world.done / "sub" / "a.NEF").read_bytes() == world.photos[0]

    def test_the_source_moves_after_the_result_is_there(self, world: World, monkeypatch) -> None:
        move = intake.move_file
        seen = []

        def watch(source: Path, target: Path, **options):
            seen.append((source.name, world.results()))
            return move(source, target, **options)

        monkeypatch.setattr(intake, "move_file", watch)
        world.put("a.NEF")
        world.put("a.JPG", b"picture")
        world.run()
        # The source last: as long as it is there, the rest is tried again.
        assert seen == [("a.JPG", {"a.dng", "a.JPG"}), ("a.NEF", {"a.dng", "a.JPG"})]

    def test_what_failed_stays(self, world: World) -> None:
        world.put("a.NEF", b"bad")
        world.put("a.xmp", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        world.run()
        assert world.left(world.inbox) == {"a.NEF", "a.xmp"}
        assert not world.done.exists()

    def test_an_edited_companion_is_not_written_over(self, world: World) -> None:
        (world.out).mkdir()
        (world.out / "a.JPG").write_bytes(b"edited")
        world.put("a.JPG", b"picture")
        world.put("a.NEF")
        world.run()
        assert (world.out / "a.JPG").read_bytes() == b"edited"
        assert world.left(world.done) == {"a.NEF", "a.JPG"}
        assert "differs from" in world.told(Warned)[0].message

    def test_the_same_name_again_is_numbered(self, world: World) -> None:
        world.orders = replace(world.orders, treatment=Treatment(overwrite=True))
        world.put("a.NEF")
        world.clock.at(100, lambda: world.put("a.NEF", world.photos[1]))
        world.run()
        assert (world.done / "a.NEF").read_bytes() == world.photos[0]
        assert (world.done / "a-2.NEF").read_bytes() == world.photos[1]

    def test_what_could_not_be_moved_is_moved_later(self, world: World) -> None:
        world.done.write_bytes(b"in the way")
        world.put("a.NEF")
        world.clock.at(600, world.done.unlink)
        world.run()
        assert world.left(world.done) == {"a.NEF"}
        assert len(world.read_at) == 1
        assert not world.told(Failed)

    @pytest.mark.parametrize("once", [False, True])
    def test_a_companion_that_comes_while_its_photo_is_in_work(self, world: World, *, once: bool) -> None:
        def late(path: Path):
            world.put("a.JPG", b"picture")
            return read_photo(path)

        world.read = late
        world.put("a.NEF")
        world.run(once=once)
        assert world.left(world.done) == {"a.NEF", "a.JPG"}
        assert world.results() == {"a.dng", "a.JPG"}

    def test_moving_goes_on_after_a_crash(self, world: World, monkeypatch) -> None:
        def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(intake, "move_file", crash)
            world.put("a.NEF")
            with pytest.raises(KeyboardInterrupt):
                world.run()
        assert world.results() == {"a.dng"}
        world.run()
        assert world.left(world.done) == {"a.NEF"}
        assert len(world.read_at) == 1


class TestAway:
    def test_an_inbox_that_comes_back_goes_on(self, world: World) -> None:
        world.put("a.NEF")
        away = world.inbox.with_name("away")
        world.clock.at(50, lambda: world.inbox.rename(away))
        world.clock.at(500, lambda: away.rename(world.inbox))
        world.clock.at(600, lambda: world.put("b.NEF"))
        world.run()
        assert world.results() == {"a.dng", "b.dng"}
        assert [name for _, name in world.read_at] == ["a.NEF", "b.NEF"]
        assert not world.told(Skipped)
        words = [event.message for event in world.told(Warned)]
        assert words == ["The folder does not exist or cannot be read. Waiting for it.", "The folder is back."]

    def test_once_waits_for_it(self, world: World) -> None:
        world.put("a.NEF")
        away = world.inbox.with_name("away")
        world.inbox.rename(away)
        world.clock.at(500, lambda: away.rename(world.inbox))
        world.run(once=True)
        assert world.results() == {"a.dng"}
        assert world.clock.now < 1600

    def test_no_photo_is_to_blame(self, world: World) -> None:
        away = world.inbox.with_name("away")

        def go_away(path: Path):
            if len(world.read_at) == 1:
                world.inbox.rename(away)
            return read_photo(path)

        world.read = go_away
        world.put("a.NEF")
        world.clock.at(100, lambda: away.rename(world.inbox))
        world.run()
        assert world.results() == {"a.dng"}
        assert not world.told(Failed)

    def test_nothing_is_written_below_an_unmounted_disk(self, world: World, monkeypatch) -> None:
        mounted = {str(world.out)}
        monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)
        world.put("a.NEF")

        def unmount() -> None:
            world.out.rename(world.folder / "kept")
            mounted.clear()
            world.put("b.NEF")

        def mount() -> None:
            assert not world.out.exists()
            (world.folder / "kept").rename(world.out)
            mounted.add(str(world.out))

        world.clock.at(50, unmount)
        world.clock.at(500, mount)
        world.run()
        assert world.results() == {"a.dng", "b.dng"}
        assert not world.told(Failed)

    def test_a_removed_folder_for_results_is_made_again(self, world: World) -> None:
        world.put("a.NEF")

        def remove() -> None:
            (world.out / "a.dng").unlink()
            world.out.rmdir()
            world.put("b.NEF")

        world.clock.at(50, remove)
        world.run()
        assert world.results() == {"b.dng"}
        # What was in it is made again after the next start.
        world.run()
        assert world.results() == {"a.dng", "b.dng"}


def test_a_clock_that_is_set_back_does_not_matter(world: World, monkeypatch) -> None:
    world.put("a.NEF")
    world.clock.at(100, lambda: monkeypatch.setattr("time.time", lambda: 1.0))
    world.clock.at(110, lambda: os.utime(world.put("b.NEF"), (0, 0)))
    world.run()
    assert world.results() == {"a.dng", "b.dng"}


def test_a_queue_of_many_is_looked_through_now_and_then(world: World) -> None:
    """What comes while a long queue is worked off is seen before its end."""
    for number in range(5):
        world.put(f"{number}.NEF")

    def slow(path: Path):
        world.clock.now += 10
        if len(world.read_at) == 1:
            (world.inbox / "4.NEF").unlink()
        return read_photo(path)

    world.read = slow
    world.run()
    assert world.results() == {f"{number}.dng" for number in range(4)}
    assert not world.told(Failed)
