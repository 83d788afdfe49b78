"""Many photos: one that fails does not stop the others, and every job ends in exactly one way."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from rwdenoise.choices import Settings
from rwdenoise.errors import (
    Cancelled,
    CorruptPhotoError,
    JournalError,
    OutputExistsError,
    WeightsMismatchError,
    WeightsNotFoundError,
)
from rwdenoise.events import Event, Failed, Finished, Planned, Skipped, Stopped, Summary, Warned
from rwdenoise.io.source import digest_file
from rwdenoise.jobs import pipeline, stages, treatment
from rwdenoise.jobs.batch import Batch
from rwdenoise.jobs.journal import Journal
from rwdenoise.jobs.stages import Job
from rwdenoise.jobs.treatment import Treatment
from tests.fakes import FakeDenoiser


def load(job: Job, _read) -> SimpleNamespace:
    """Load a photo whose contents say what becomes of it."""
    text = job.source.read_text()
    if text == "corrupt":
        raise CorruptPhotoError("It is cut off.", hint="Copy it again.")
    return SimpleNamespace(job=job, text=text)


def denoise(loaded: SimpleNamespace) -> None:
    match loaded.text:
        case "mismatch":
            raise WeightsMismatchError("Made for mosaics.", hint="Use others.")
        case "cancel":
            raise Cancelled
        case "interrupt":
            raise KeyboardInterrupt
        case "bug":
            raise ZeroDivisionError


def write(loaded: SimpleNamespace, _warn) -> Finished:
    job = loaded.job
    if loaded.text == "late":
        job.target.write_text("of another program")
    if job.target.exists():
        raise OutputExistsError("It is there.", hint="Give another name.")
    job.target.write_text("result")
    return Finished(job.name, str(job.target), 1.0, 2.0, "w", "d", Settings(4), "digest", "key")


class World:
    """A folder of sources."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.denoisers: list[object] = []
        self.loaded: list[str] = []

    def plan(self, **sources: str) -> list[tuple[Path, Path]]:
        for name, text in sources.items():
            (self.folder / name).write_text(text)
        return [(self.folder / name, self.folder / f"{name}.dng") for name in sources]

    def load(self, domain: str) -> FakeDenoiser:
        self.loaded.append(domain)
        return FakeDenoiser()

    def batch(self, plan, **options) -> Batch:
        return Batch(plan, treatment=Treatment(), listen=self.events.append, **options)

    def run(self, plan, **options) -> Summary:
        return self.batch(plan, **options).run(self.load, jobs=1)

    def ends(self) -> list[str]:
        """Return how each job ended, in order."""
        ends = [event for event in self.events if isinstance(event, Finished | Failed | Stopped | Skipped)]
        assert all(count == 1 for count in Counter(event.job for event in ends).values())
        return [f"{Path(event.job).name} {type(event).__name__}" for event in ends]


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> World:
    world = World(tmp_path)

    def denoised(loaded, _measured, load, _listen) -> SimpleNamespace:
        world.denoisers.append(load)
        denoise(loaded)
        return loaded

    monkeypatch.setattr(pipeline, "load", load)
    monkeypatch.setattr(pipeline, "get_ready", lambda *_: None)
    monkeypatch.setattr(pipeline, "measure", lambda _: None)
    monkeypatch.setattr(stages, "denoise", denoised)
    monkeypatch.setattr(pipeline, "write", write)
    return world


def test_one_denoiser_serves_all(world) -> None:
    summary = world.run(world.plan(a="fine", b="fine", c="fine"))
    assert (summary.written, summary.failed, summary.skipped) == (3, 0, 0)
    assert world.loaded == ["cfa"], "before the first photo"
    assert world.denoisers == [world.load] * 3
    assert summary.megapixels == 6
    assert world.events[-1] is summary


def test_what_the_names_promise_is_loaded_first(world) -> None:
    world.run(world.plan(**{"a.NEF": "fine", "b.JPG": "fine", "c.tif": "fine"}))
    assert world.loaded == ["cfa", "rgb"]


def test_the_others_go_on(world) -> None:
    summary = world.run(world.plan(a="corrupt", b="fine", c="mismatch", d="fine"))
    assert world.ends() == ["a Failed", "b Finished", "c Failed", "d Finished"]
    assert (summary.written, summary.failed, summary.skipped) == (2, 2, 0)
    failed = next(event for event in world.events if isinstance(event, Failed))
    assert (failed.code, failed.message, failed.hint) == ("corrupt-photo", "It is cut off.", "Copy it again.")


def test_impossible_jobs_are_refused_before_any_work(world) -> None:
    plan = world.plan(a="fine", b="fine")
    plan[1][1].write_text("old")
    world.run(plan)
    assert world.ends() == ["b Failed", "a Finished"]


def test_nothing_is_loaded_if_nothing_can_be_done(world) -> None:
    summary = world.run([(world.folder / "missing", world.folder / "x.dng")])
    assert (summary.failed, world.loaded) == (1, [])
    assert world.run([]) == Summary(0, 0, 0, pytest.approx(0, abs=1))


@pytest.mark.parametrize(("how", "error"), [("cancel", Cancelled), ("interrupt", KeyboardInterrupt)])
def test_asked_to_stop(world, how, error) -> None:
    with pytest.raises(error):
        world.run(world.plan(a="fine", b=how, c="fine"))
    assert world.ends() == ["a Finished", "b Stopped"]
    summary = world.events[-1]
    assert isinstance(summary, Summary)
    assert (summary.written, summary.failed, summary.skipped) == (1, 0, 2)


def test_a_bug_is_not_swallowed(world) -> None:
    with pytest.raises(ZeroDivisionError):
        world.run(world.plan(a="bug", b="fine"))


def test_weights_that_cannot_be_loaded_are_one_error(world, monkeypatch) -> None:
    def load(_domain: str) -> None:
        raise WeightsNotFoundError("No such weights.", hint="See the list.")

    monkeypatch.setattr(world, "load", load)
    with pytest.raises(WeightsNotFoundError):
        world.run(world.plan(a="fine", b="fine"))
    assert not world.events


def test_a_preview_does_nothing(world) -> None:
    plan = world.plan(a="fine", b="fine")
    plan[1][1].write_text("old")
    summary = world.batch(plan).preview()
    assert [type(event) for event in world.events] == [Planned, Failed, Summary]
    assert (summary.written, summary.failed, summary.skipped) == (0, 1, 1)
    assert not world.denoisers
    assert not plan[0][1].exists()


class TestEarlierResults:
    """What is there already is told by what it was made from, not by its name."""

    WEIGHTS = ("a" * 64, "b" * 64)

    @pytest.fixture
    def made(self, monkeypatch) -> dict[Path, tuple[str, str]]:
        """Return what results say they were made from."""
        made: dict[Path, tuple[str, str]] = {}
        monkeypatch.setattr(treatment, "made_from", made.get)
        return made

    def key(self, treatment: Treatment | None = None) -> str:
        return (treatment or Treatment()).key("dng", weights=self.WEIGHTS[1])

    def test_a_result_that_says_so_is_skipped(self, world, made) -> None:
        plan = world.plan(a="fine", b="fine")
        plan[0][1].write_text("result")
        made[plan[0][1]] = (digest_file(plan[0][0]), self.key())
        summary = world.run(plan, weights=self.WEIGHTS)
        assert world.ends() == ["a Skipped", "b Finished"]
        assert (summary.written, summary.failed, summary.skipped, summary.already) == (1, 0, 1, 1)

    def test_of_another_source_or_treatment_it_is_in_the_way(self, world, made) -> None:
        plan = world.plan(a="fine", b="other")
        for source, target in plan:
            target.write_text("result")
            made[target] = (digest_file(source), self.key())
        made[plan[0][1]] = (digest_file(plan[0][0]), self.key(Treatment(color="rec2020")))
        plan[1][0].write_text("changed since")
        world.run(plan, weights=self.WEIGHTS)
        assert world.ends() == ["a Failed", "b Failed"]
        assert [path.read_text() for _, path in plan] == ["result", "result"]

    def test_overwriting_makes_it_anew(self, world, made) -> None:
        (plan,) = [world.plan(a="fine")]
        plan[0][1].write_text("result")
        made[plan[0][1]] = (digest_file(plan[0][0]), self.key())
        batch = Batch(plan, treatment=Treatment(overwrite=True), weights=self.WEIGHTS, listen=world.events.append)
        assert [batch.preview().already, world.ends()] == [0, []]

    def test_another_process_that_was_faster(self, world, made) -> None:
        """Both were given the same photo: the second finds its name taken, by the same result."""
        plan = world.plan(a="late", b="late")
        made[plan[0][1]] = (digest_file(plan[0][0]), self.key())
        summary = world.run(plan, weights=self.WEIGHTS)
        assert world.ends() == ["a Skipped", "b Failed"]
        assert (summary.written, summary.failed, summary.already) == (0, 1, 1)

    def test_the_journal_knows_what_is_written_and_what_fails(self, world, tmp_path) -> None:
        plan = world.plan(a="fine", b="corrupt")
        with Journal(tmp_path / "journal.sqlite") as journal:
            world.run(plan, journal=journal)
            assert journal.find_done("digest", plan[0][1], {"key"})
            (trouble,) = journal.troubles()
            assert (trouble.source, trouble.code) == (plan[1][0], "corrupt-photo")

    def test_a_journal_that_cannot_be_written_costs_no_photo(self, world) -> None:
        class Full:
            def record_done(self, *_) -> None:
                raise JournalError("The disk is full.", hint="Free some space.")

            record_failed = record_done

        summary = world.run(world.plan(a="fine", b="corrupt"), journal=Full())
        assert (summary.written, summary.failed) == (1, 1)
        assert [event.message for event in world.events if isinstance(event, Warned)] == ["The disk is full."] * 2
