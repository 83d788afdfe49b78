"""Denoise photos in sequence, and read and write others meanwhile: the network never waits for a disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from rwdenoise.choices import JOBS
from rwdenoise.denoising.photos import Measured
from rwdenoise.events import Event, Finished, Listener, Warned
from rwdenoise.io.read import read_photo
from rwdenoise.jobs.stages import (
    Denoised,
    Job,
    LoadDenoiser,
    Loaded,
    ReadPhoto,
    get_ready,
    load,
    measure,
    run_until_denoised,
    write,
)

#: Calls a function for a job, reports its error as the end of the job, and returns whether it succeeded.
Attempt = Callable[[Job, Callable[[], object]], bool]
Written = tuple[list[str], Finished]


class Pipeline:
    """Runs photos through their stages.

    The thread that calls `run` reports all events, in the order of each job: a listener needs no lock, and may raise
    `Cancelled`.

    It processes at most `jobs` photos at the same time, each of which takes memory; 1 is strict sequence.
    """

    def __init__(
        self,
        *,
        load: LoadDenoiser,
        attempt: Attempt,
        listen: Listener,
        read: ReadPhoto = read_photo,
        jobs: int = JOBS,
    ) -> None:
        self._load, self._attempt, self._listen, self._read = load, attempt, listen, read
        self._at_once = jobs
        self._ahead: deque[tuple[Job, Future[Loaded], Future[Measured]]] = deque()
        self._written: deque[tuple[Job, Future[Written]]] = deque()

    def run(self, jobs: Iterable[Job], *, prepare: Callable[[], object] = lambda: None) -> None:
        """Process all jobs; call `prepare` while the first photo is read.

        Raises
        ------
        Cancelled, KeyboardInterrupt
            From `attempt`, after photos that are being written are completed and reported.
        """
        todo = iter(jobs)
        with (
            ThreadPoolExecutor(max(1, self._at_once - 2), "read") as self._readers,
            ThreadPoolExecutor(1, "write") as self._writer,
        ):
            try:
                self._load_ahead(todo)
                prepare()
                while self._load_ahead(todo):
                    self._denoise(*self._ahead.popleft())
            finally:
                self._readers.shutdown(wait=False, cancel_futures=True)
                while self._written:
                    self._tell_written()

    def _load_ahead(self, todo: Iterator[Job]) -> bool:
        """Start reading as many photos as allowed; return False if none is left to denoise."""
        while True:
            while len(self._ahead) + len(self._written) < self._at_once and (job := next(todo, None)) is not None:
                loading = self._readers.submit(load, job, self._read)
                self._ahead.append((job, loading, self._readers.submit(_measure, loading)))
            if self._ahead or not self._written:
                return bool(self._ahead)
            self._tell_written()

    def _denoise(self, job: Job, loading: Future[Loaded], measuring: Future[Measured]) -> None:
        def prepare() -> tuple[Loaded, Measured]:
            get_ready(loading.result(), self._load)
            return loading.result(), measuring.result()

        def denoise() -> None:
            self._tell(job.started)
            denoised = run_until_denoised(job, prepare, self._load, self._tell)
            self._written.append((job, self._writer.submit(_write, denoised)))

        self._attempt(job, denoise)

    def _tell(self, event: Event) -> None:
        """Report photos written meanwhile, then the event."""
        while self._written and self._written[0][1].done():
            self._tell_written()
        self._listen(event)

    def _tell_written(self) -> None:
        """Wait until the oldest photo is written, and report the result."""
        job, writing = self._written.popleft()

        def tell() -> None:
            warnings, finished = writing.result()
            for message in warnings:
                self._listen(Warned(job.name, message))
            self._listen(finished)

        self._attempt(job, tell)


def _measure(loading: Future[Loaded]) -> Measured:
    return measure(loading.result())


def _write(denoised: Denoised) -> Written:
    warnings: list[str] = []
    return warnings, write(denoised, warnings.append)
