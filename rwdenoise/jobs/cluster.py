"""Denoise photos on many machines, as tasks of a Dask scheduler whose workers share the folders."""

from __future__ import annotations

import importlib
import platform
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
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

#: Maximum number of photos at the scheduler: enough for all workers, few enough for its memory.
WINDOW = 1000
#: Retries of a photo after an error of its worker, as opposed to the photo.
RETRIES = 2
#: Seconds to wait for the scheduler.
PATIENCE = 10.0

# A worker reads and writes in several threads but computes in one at a time.
_COMPUTING = threading.Lock()


@dataclass(frozen=True)
class Task:
    """The instructions for the workers, equal for all photos."""

    treatment: Treatment
    weights: Mapping[str, str]
    """Name of the weights for each domain."""
    digests: frozenset[str]
    """Expected checksums of these weights."""
    device: str

    def run(self, source: Path, target: Path) -> list[str]:
        """Denoise a photo on a worker, and return the events as JSON lines.

        After the death of a worker, another one gets its photo; it skips the photo if the result is already written.
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
    """A Dask scheduler and its workers.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``tcp://192.168.1.2:8786``.

    Raises
    ------
    SettingsError
        If `distributed` is not installed.
    DeviceUnavailableError
        If no scheduler answers at the address.
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

    def __exit__(self, *_error: object) -> None:
        # This withdraws waiting photos; workers finish their current photo.
        self._client.close()

    def run(self, plan: Iterable[tuple[Path, Path]], task: Task) -> Iterator[tuple[tuple[Path, Path], list[Event]]]:
        """Send photos to the workers, and yield the paths and events of each as it ends.

        The scheduler gives the photos of a dead worker to others. A photo that kills several workers fails.
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
        """Request a GPU per photo if workers offer one (``dask worker --resources GPU=1``)."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return {"GPU": 1} if any("GPU" in worker["resources"] for worker in workers) else None


def _events_of(future: Any, source: Path) -> list[Event]:  # noqa: ANN401 -- a future of Dask's
    error = future.exception()
    if error is not None:
        name = f"{type(error).__name__}: {error}"
        hint = "Check the log of the worker; a photo that kills workers needs more memory, or is malicious."
        return [Failed(str(source), "worker-failed", f"The worker could not finish {shown(source)}: {name}", hint)]
    return [event for line in future.result() if (event := from_json(line)) is not None]
