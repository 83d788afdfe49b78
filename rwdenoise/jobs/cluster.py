"""Photos on many machines: each is a task of a Dask scheduler, whose workers see the same folders."""

from __future__ import annotations

import importlib
import platform
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rwdenoise.errors import DeviceUnavailableError, SettingsError, WeightsMismatchError
from rwdenoise.events import Event, Failed, Listener, Progress, from_json, to_json
from rwdenoise.io.source import shown
from rwdenoise.jobs.stages import Job, run_stages
from rwdenoise.jobs.tally import Tally
from rwdenoise.jobs.treatment import EarlierResults, Treatment

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.photo.cfa import Domain

#: Photos that the scheduler is given at once: enough for every worker, few enough for its memory.
WINDOW = 1000
#: How often a photo is tried anew whose worker had an error that is none of the photo's.
RETRIES = 2
#: Seconds to wait for the scheduler.
PATIENCE = 10.0

# A worker reads and writes with several threads, but computes with one.
_COMPUTING = threading.Lock()


@dataclass(frozen=True)
class Task:
    """What each worker is told about all photos."""

    treatment: Treatment
    weights: Mapping[str, str]
    """Name of the weights for each domain."""
    digests: frozenset[str]
    """What these weights' checksums must be."""
    device: str

    def run(self, source: Path, target: Path) -> list[str]:
        """Denoise a photo on a worker, and return what happened, as lines of JSON.

        A photo whose worker died is given to another: where the first had written the result, it is not made twice.
        """
        events: list[Event] = []
        tally = Tally(1, events.append)
        tally.attempt(source, lambda: self._denoise(source, target, tally.hear))
        return [to_json(event) for event in events if not isinstance(event, Progress)]

    def _denoise(self, source: Path, target: Path, listen: Listener) -> None:
        EarlierResults(self.treatment, weights=self.digests).refuse(source, target)
        job = Job(source, target, self.treatment)
        listen(job.started)
        run_stages(job, self._load, listen, computing=_COMPUTING)

    def _load(self, domain: Domain) -> Denoiser:
        denoiser = _load(self.weights[domain], self.device)
        if denoiser.digest not in self.digests:
            message = (
                f"The worker {platform.node()} and this machine have different weights called {self.weights[domain]}."
            )
            raise WeightsMismatchError(message, hint="Install the same version of rwdenoise on all machines.")
        return denoiser


@cache
def _load(weights: str, device: str) -> Denoiser:
    from rwdenoise.denoising.denoiser import load_denoiser

    return load_denoiser(weights, device=device)


class Cluster:
    """A Dask scheduler, and the workers behind it.

    Parameters
    ----------
    address : str
        Such as ``tcp://192.168.1.2:8786``.

    Raises
    ------
    SettingsError
        If `distributed` is not installed.
    DeviceUnavailableError
        If no scheduler answers there.
    """

    def __init__(self, address: str) -> None:
        try:
            self._distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            message = "--cluster needs the package 'distributed', which is not installed."
            raise SettingsError(message, hint="Install it with pip install 'rwdenoise[cluster]'.") from error
        try:
            self._client = self._distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            message = f"No Dask scheduler answers at {address}: {error}"
            raise DeviceUnavailableError(
                message, hint="Start one with 'dask scheduler', or correct the address."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is not done yet is taken back; workers finish the photo at hand.
        self._client.close()

    def run(self, plan: Iterable[tuple[Path, Path]], task: Task) -> Iterator[tuple[tuple[Path, Path], list[Event]]]:
        """Give photos to the workers, and give back what happened to each, as they come.

        A worker that dies in the middle loses nothing: the scheduler gives its photos to others, a photo that kills
        several workers is a failure of that photo.
        """
        todo = iter(plan)
        resources = self._resources()
        submitted: dict[Any, tuple[Path, Path]] = {}

        def submit(paths: tuple[Path, Path]) -> Any:  # noqa: ANN401 -- a future of Dask's
            future = self._client.submit(task.run, *paths, pure=False, retries=RETRIES, resources=resources)
            submitted[future.key] = paths
            return future

        first = [submit(paths) for paths in islice(todo, WINDOW)]
        running = self._distributed.as_completed(first, loop=self._client.loop)
        for future in running:
            paths = submitted.pop(future.key)
            yield paths, _events_of(future, paths[0])
            running.update(submit(another) for another in islice(todo, 1))

    def _resources(self) -> dict[str, int] | None:
        """Ask for a GPU for each photo where workers say that they have one (``dask worker --resources GPU=1``)."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return {"GPU": 1} if any("GPU" in worker["resources"] for worker in workers) else None


def _events_of(future: Any, source: Path) -> list[Event]:  # noqa: ANN401 -- a future of Dask's
    error = future.exception()
    if error is not None:
        name = f"{type(error).__name__}: {error}"
        hint = "Check the log of the worker; a photo that kills workers needs more memory, or is malicious."
        return [Failed(str(source), "worker-failed", f"The worker could not finish {shown(source)}: {name}", hint)]
    return [event for line in future.result() if (event := from_json(line)) is not None]
