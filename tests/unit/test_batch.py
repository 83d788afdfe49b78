"""Many photos: one that fails does not stop the others, and every job ends in exactly one way."""

from collections import Counter
from pathlib import Path

import pytest

from rwdenoise import batch
from rwdenoise.diffusion import Settings
from rwdenoise.errors import Cancelled, CorruptPhotoError, WeightsMismatchError, WeightsNotFoundError
from rwdenoise.events import Event, Failed, Finished, Planned, Stopped, Summary
from tests.fakes import FakeDenoiser


class World:
    """A folder of sources, and a `denoise_photo` that does what a source's contents say."""

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

    def denoise_photo(self, source: Path, target: Path, *, denoiser, listen, **_options) -> Finished:
        self.denoisers.append(denoiser)
        match source.read_text():
            case "corrupt":
                raise CorruptPhotoError("It is cut off.", hint="Copy it again.")
            case "mismatch":
                raise WeightsMismatchError("Made for mosaics.", hint="Use others.")
            case "cancel":
                raise Cancelled
            case "interrupt":
                raise KeyboardInterrupt
            case "bug":
                raise ZeroDivisionError
        finished = Finished(str(source), str(target), 1.0, 2.0, "w", "d", "improved", 4, 1.0, 1.0, 0.0)
        listen(finished)
        return finished

    def run(self, plan, **options) -> Summary:
        settings = Settings()
        return batch.denoise_photos(plan, load=self.load, settings=settings, listen=self.events.append, **options)

    def ends(self) -> list[str]:
        """Return how each job ended, in order."""
        ends = [event for event in self.events if isinstance(event, Finished | Failed | Stopped)]
        assert all(count == 1 for count in Counter(event.job for event in ends).values())
        return [f"{Path(event.job).name} {type(event).__name__}" for event in ends]


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> World:
    world = World(tmp_path)
    monkeypatch.setattr(batch, "denoise_photo", world.denoise_photo)
    return world


def test_one_denoiser_serves_all(world) -> None:
    summary = world.run(world.plan(a="fine", b="fine", c="fine"))
    assert (summary.written, summary.failed, summary.skipped) == (3, 0, 0)
    assert world.loaded == ["cfa"], "before the first photo"
    assert world.denoisers == [world.load] * 3
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
    summary = batch.preview_photos(plan, listen=world.events.append)
    assert [type(event) for event in world.events] == [Planned, Failed, Summary]
    assert (summary.written, summary.failed, summary.skipped) == (0, 1, 1)
    assert not world.denoisers
    assert not plan[0][1].exists()
