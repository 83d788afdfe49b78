"""Denoise many photos: skip finished ones, and continue after failures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.choices import JOBS
from rwdenoise.errors import Cancelled, JournalError, OutputExistsError
from rwdenoise.events import Event, Failed, Finished, Listener, Planned, Summary, Warned
from rwdenoise.io.formats import PICTURE_SUFFIXES
from rwdenoise.io.read import read_photo
from rwdenoise.jobs.photo import check_source, check_target, ignore
from rwdenoise.jobs.pipeline import Pipeline
from rwdenoise.jobs.stages import Job, LoadDenoiser, ReadPhoto
from rwdenoise.jobs.tally import Tally
from rwdenoise.jobs.treatment import EarlierResults

if TYPE_CHECKING:
    from rwdenoise.jobs.cluster import Cluster, Task
    from rwdenoise.jobs.journal import Journal
    from rwdenoise.jobs.treatment import Treatment
    from rwdenoise.photo.cfa import Domain


class Batch:
    """The photos of one call.

    Parameters
    ----------
    plan : sequence of (source, target)
        From `plan_outputs`.
    treatment : Treatment
        How to denoise and write each photo.
    weights : collection of str
        Digests of the weights that `load` may return, to recognize results of earlier calls.
    journal : Journal, optional
        Record of results and failures. Without it, only the results themselves show what is finished.
    read : callable
        Reads a photo.
    listen : callable
        Called with every event.
    """

    def __init__(
        self,
        plan: Sequence[tuple[Path, Path]],
        *,
        treatment: Treatment,
        weights: Collection[str] = (),
        journal: Journal | None = None,
        read: ReadPhoto = read_photo,
        listen: Listener = ignore,
    ) -> None:
        self._plan, self._treatment, self._read, self._listen = plan, treatment, read, listen
        self._journal = journal
        self._done = EarlierResults(treatment, weights=weights, journal=journal)
        self._tally = Tally(len(plan), self._tell)

    def preview(self) -> Summary:
        """Report what `run` would do, as `Planned`, `Skipped` or `Failed` for each photo, without doing it.

        Returns
        -------
        Summary
            The last event; photos that would be written count as skipped.
        """
        for source, target in self._possible():
            self._listen(Planned(str(source), str(source), str(target)))
        return self._tally.close()

    def run(self, load: LoadDenoiser, *, jobs: int = JOBS) -> Summary:
        """Denoise the photos; a photo that fails becomes a `Failed` event, and the others continue.

        Parameters
        ----------
        load : callable
            Returns the denoiser for a domain, always the same one. It is first called, after jobs that cannot succeed
            are refused, for the domains that the names of the photos suggest, and later for others as needed.
        jobs : int
            Number of photos processed at the same time.

        Returns
        -------
        Summary
            The last event. A photo refused because another file has the name of its output counts as failed.

        Raises
        ------
        WeightsError, DeviceError
            From `load`.
        Cancelled
            If the listener raises it. The current photo ends as `Stopped`; it and the remaining ones count as skipped.
        """
        with self._summed_when_stopped():
            possible = list(self._possible())
            domains = sorted({_expected_domain(source) for source, _ in possible})
            pipeline = Pipeline(load=load, attempt=self._attempt, listen=self._tally.hear, read=self._read, jobs=jobs)
            pipeline.run(
                (Job(source, target, self._treatment) for source, target in possible),
                prepare=lambda: [load(domain) for domain in domains],
            )
        return self._tally.close()

    def run_on(self, cluster: Cluster, task: Task) -> Summary:
        """Denoise the photos on other machines, otherwise like `run`."""
        with self._summed_when_stopped():
            for (source, _), events in cluster.run(self._possible(), task):
                self._tally.attempt(source, partial(self._hear_all, events))
        return self._tally.close()

    @contextmanager
    def _summed_when_stopped(self) -> Iterator[None]:
        """Report the summary of a stopped call too."""
        try:
            yield
        except (Cancelled, KeyboardInterrupt):
            self._tally.close()
            raise

    def _hear_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._tally.hear(event)

    def _possible(self) -> Iterator[tuple[Path, Path]]:
        """Yield the jobs that are neither finished nor certain to fail."""
        for source, target in self._plan:
            if self._tally.attempt(source, partial(self._examine, source, target)):
                yield source, target

    def _examine(self, source: Path, target: Path) -> None:
        check_source(source, target)
        self._done.refuse(source, target)
        check_target(target, overwrite=self._treatment.overwrite)

    def _attempt(self, job: Job, action: Callable[[], object]) -> bool:
        def act() -> None:
            try:
                action()
            except OutputExistsError:
                # Another process may be processing the same photos.
                self._done.refuse(job.source, job.target)
                raise

        return self._tally.attempt(job.source, act)

    def _tell(self, event: Event) -> None:
        self._listen(event)
        if self._journal is None or not isinstance(event, Finished | Failed):
            return
        source = Path(event.job)
        try:
            if isinstance(event, Failed):
                self._journal.record_failed(source, event)
            else:
                self._journal.record_done(source, event.source_digest, Path(event.output), event.method_key)
        except JournalError as error:
            self._listen(Warned(event.job, error.message))


def _expected_domain(source: Path) -> Domain:
    return "rgb" if source.suffix.lower() in PICTURE_SUFFIXES else "cfa"
