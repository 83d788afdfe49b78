"""Photos overlap as far as they may, and what is told is told in order, by one thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rwdenoise.choices import Settings
from rwdenoise.errors import Cancelled, CorruptPhotoError, RwDenoiseError
from rwdenoise.events import Event, Finished, Progress, Started, Warned
from rwdenoise.jobs import pipeline, stages
from rwdenoise.jobs.pipeline import Pipeline
from rwdenoise.jobs.stages import Job
from rwdenoise.jobs.treatment import Treatment

PATIENCE = 20.0


@dataclass
class Watched:
    """Photos whose stages tell when they begin and end, and that may wait for each other."""

    stages: list[str] = field(default_factory=list)
    in_work: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, stage: str) -> None:
        with self.lock:
            self.stages.append(stage)
            self.in_work += stage.startswith("read") - stage.startswith("written")
            self.most = max(self.most, self.in_work)


class Work(Job):
    """A job whose stages can be held up."""

    def __init__(self, name: str, watched: Watched, **stages: Callable[[], object]) -> None:
        super().__init__(Path(name), Path(f"{name}.dng"), Treatment())
        self.watched, self.stages = watched, stages

    def do(self, stage: str) -> None:
        self.watched.note(f"{stage} {self.name}")
        self.stages.get(stage, lambda: None)()


@pytest.fixture(autouse=True)
def stages_of_works(monkeypatch) -> None:
    """Stages return the work itself."""

    def do(stage: str) -> Callable[..., Work]:
        def act(work: Work, *_more) -> Work:
            work.do(stage)
            return work

        return act

    def denoise(work: Work, _measured, _load, listen) -> Work:
        listen(Progress(work.name, "denoise", 1, 1))
        work.do("denoise")
        return work

    def write(work: Work, warn) -> Finished:
        warn("A warning.")
        work.do("write")
        work.watched.note(f"written {work.name}")
        return Finished(work.name, str(work.target), 1.0, 1.0, "w", "d", Settings(1))

    monkeypatch.setattr(pipeline, "load", do("read"))
    monkeypatch.setattr(pipeline, "get_ready", do("expect"))
    monkeypatch.setattr(pipeline, "measure", do("measure"))
    monkeypatch.setattr(stages, "denoise", denoise)
    monkeypatch.setattr(pipeline, "write", write)


def run(works: list[Work], *, jobs: int = 3) -> list[Event]:
    """Run photos through; an error ends a photo, not the rest."""
    events: list[Event] = []
    threads: set[threading.Thread] = set()

    def listen(event: Event) -> None:
        threads.add(threading.current_thread())
        events.append(event)

    def attempt(work, action) -> bool:
        try:
            action()
        except Cancelled:
            raise
        except RwDenoiseError:
            return False
        return True

    try:
        Pipeline(load=lambda _: None, attempt=attempt, listen=listen, jobs=jobs).run(works)
    finally:
        assert threads <= {threading.current_thread()}
    return events


def names(events: list[Event], kind: type) -> list[str]:
    return [event.job for event in events if isinstance(event, kind)]


def test_the_next_is_read_and_the_last_written_while_one_is_denoised() -> None:
    """Each stage waits for another one, which would never come if they did not overlap."""
    read_c, write_a = threading.Event(), threading.Event()

    def denoise_b() -> None:
        assert read_c.wait(PATIENCE)
        assert write_a.wait(PATIENCE)

    watched = Watched()
    works = [
        Work("a", watched, write=write_a.set),
        Work("b", watched, denoise=denoise_b),
        Work("c", watched, read=read_c.set),
    ]
    events = run(works)
    assert names(events, Finished) == ["a", "b", "c"]


@pytest.mark.parametrize("jobs", [1, 5])
def test_the_network_gets_ready_while_the_photo_is_measured(jobs: int) -> None:
    ready = threading.Event()

    def measure() -> None:
        assert ready.wait(PATIENCE)

    watched = Watched()
    run([Work("a", watched, expect=ready.set, measure=measure)], jobs=jobs)
    assert watched.stages.index("read a") < watched.stages.index("measure a") < watched.stages.index("denoise a")


@pytest.mark.parametrize("jobs", [1, 2, 3, 5])
def test_no_more_than_that_are_in_work(jobs: int) -> None:
    watched = Watched()
    events = run([Work(f"{number}", watched) for number in range(12)], jobs=jobs)
    assert names(events, Finished) == [f"{number}" for number in range(12)]
    assert watched.most <= jobs
    if jobs == 1:
        stages = ["read 0", "expect 0", "measure 0", "denoise 0", "write 0", "written 0", "read 1"]
        # The network gets ready while the photo is measured.
        assert sorted(watched.stages[1:3]) == stages[1:3]
        assert watched.stages[:1] + watched.stages[3:7] == stages[:1] + stages[3:]


def test_each_job_is_told_in_order() -> None:
    events = run([Work(name, Watched()) for name in "abcd"])
    for name in "abcd":
        kinds = [type(event) for event in events if event.job == name]
        assert kinds == [Started, Progress, Progress, Progress, Progress, Warned, Finished]
    assert names(events, Started) == list("abcd")


def test_one_that_fails_in_any_stage_stops_no_other() -> None:
    def fail() -> None:
        raise CorruptPhotoError("It is cut off.", hint="Copy it again.")

    watched = Watched()
    works = [Work("a", watched, read=fail), Work("b", watched, denoise=fail), Work("c", watched, write=fail)]
    events = run([*works, Work("d", watched)])
    assert names(events, Started) == ["a", "b", "c", "d"]
    assert names(events, Finished) == ["d"]


def test_what_was_denoised_is_written_before_a_stop_is_passed_on() -> None:
    def cancel() -> None:
        raise Cancelled

    events: list[Event] = []
    finished = []

    def attempt(work, action) -> bool:
        action()
        return True

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, Finished):
            finished.append(event.job)

    watched = Watched()
    works = [Work("a", watched), Work("b", watched, denoise=cancel), Work("c", watched)]
    with pytest.raises(Cancelled):
        Pipeline(load=lambda _: None, attempt=attempt, listen=listen).run(works)
    assert finished == ["a"]
    assert "denoise c" not in watched.stages
