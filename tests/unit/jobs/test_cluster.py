"""How photos are given to a scheduler and what comes back; the scheduler is a fake."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from rwdenoise.choices import Settings
from rwdenoise.errors import DeviceUnavailableError, SettingsError, WeightsMismatchError
from rwdenoise.events import Event, Failed, Finished, Summary
from rwdenoise.jobs import cluster
from rwdenoise.jobs.batch import Batch
from rwdenoise.jobs.cluster import Cluster, Task
from rwdenoise.jobs.treatment import Treatment
from tests.fakes import FakeDenoiser

TASK = Task(Treatment(), {"cfa": "cfa-best", "rgb": "rgb"}, frozenset({FakeDenoiser.digest}), "cpu")


class FakeFuture:
    """A task that is done when somebody asks."""

    def __init__(self, key: str, work: Callable[[], list[str]]) -> None:
        self.key = key
        self._work = work

    def exception(self) -> BaseException | None:
        try:
            self._work()
        except MemoryError as error:
            return error
        return None

    def result(self) -> list[str]:
        return self._work()


class FakeCompleted:
    """Gives futures in the order in which they came, and counts how many there are at once."""

    most = 0

    def __init__(self, futures: Iterable[FakeFuture], *, loop: object) -> None:
        self._futures = list(futures)

    def update(self, futures: Iterable[FakeFuture]) -> None:
        self._futures += futures

    def __iter__(self):
        while self._futures:
            FakeCompleted.most = max(FakeCompleted.most, len(self._futures))
            yield self._futures.pop(0)


class FakeClient:
    """A client of a scheduler that has these workers."""

    def __init__(self, workers: dict[str, dict]) -> None:
        self.loop = None
        self.submitted: list[dict] = []
        self._workers = workers

    def scheduler_info(self, **_options) -> dict:
        return {"workers": {name: {"resources": resources} for name, resources in self._workers.items()}}

    def submit(self, run, *job, **options) -> FakeFuture:
        self.submitted.append(options)
        return FakeFuture(f"{len(self.submitted)}", lambda: run(*job))

    def close(self) -> None:
        return


@pytest.fixture
def client(monkeypatch) -> FakeClient:
    client = FakeClient({"a": {}, "b": {}})
    module = SimpleNamespace(Client=lambda *_, **__: client, as_completed=FakeCompleted)
    monkeypatch.setattr(importlib, "import_module", lambda _: module)
    return client


def told() -> Callable[..., list[str]]:
    """Return a task that says how each photo ended."""

    def run(self, source: Path, target: Path) -> list[str]:
        match source.name:
            case "fine":
                event: Event = Finished(str(source), str(target), 1, 2, "w", "d", Settings(1), "x", "y")
            case "bad":
                event = Failed(str(source), "corrupt-photo", "It is cut off.", "Copy it again.")
            case _:
                raise MemoryError("too large")
        return [cluster.to_json(event)]

    return run


def test_what_workers_tell_is_counted(client, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(Task, "run", told())
    plan = []
    for name in ("fine", "bad", "kills"):
        (tmp_path / name).write_text("raw")
        plan.append((tmp_path / name, tmp_path / f"{name}.dng"))
    events: list[Event] = []
    with Cluster("tcp://here:1") as there:
        summary = Batch(plan, treatment=Treatment(), listen=events.append).run_on(there, TASK)
    assert (summary.written, summary.failed, summary.megapixels) == (1, 2, 2)
    failed = [event for event in events if isinstance(event, Failed)]
    assert [event.code for event in failed] == ["corrupt-photo", "worker-failed"]
    assert "MemoryError: too large" in failed[1].message
    assert isinstance(events[-1], Summary)


@pytest.mark.parametrize(("workers", "expected"), [({"a": {}}, None), ({"a": {}, "b": {"GPU": 2}}, {"GPU": 1})])
def test_a_gpu_is_asked_for_where_there_are_some(client, monkeypatch, workers, expected) -> None:
    monkeypatch.setattr(Task, "run", told())
    monkeypatch.setattr(client, "_workers", workers)
    list(Cluster("tcp://here:1").run([(Path("fine"), Path("fine.dng"))], TASK))
    assert [options["resources"] for options in client.submitted] == [expected]


def test_the_scheduler_is_not_flooded(client, monkeypatch) -> None:
    monkeypatch.setattr(Task, "run", told())
    monkeypatch.setattr(cluster, "WINDOW", 5)
    monkeypatch.setattr(FakeCompleted, "most", 0)
    jobs = [(Path("fine"), Path(f"{number}.dng")) for number in range(50)]
    assert [job for job, _ in Cluster("tcp://here:1").run(iter(jobs), TASK)] == jobs
    assert FakeCompleted.most == 5


def test_other_weights_on_a_worker_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(cluster, "_load", lambda *_: FakeDenoiser(digest="e" * 64))
    with pytest.raises(WeightsMismatchError, match="different weights called cfa-best"):
        TASK._load("cfa")


def test_a_missing_package_is_told_how_to_get(monkeypatch) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SettingsError) as raised:
        Cluster("tcp://here:1")
    assert "rwdenoise[cluster]" in raised.value.hint


def test_no_scheduler(monkeypatch) -> None:
    def refuse(*_arguments, **_options) -> None:
        raise OSError("refused")

    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace(Client=refuse))
    with pytest.raises(DeviceUnavailableError, match="No Dask scheduler answers at tcp://here:1: refused"):
        Cluster("tcp://here:1")
