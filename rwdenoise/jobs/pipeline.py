"""Photos one after the other, while the next is read and the last is written: the network waits for no disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from rwdenoise.choices import JOBS
from rwdenoise.events import Event, Finished, Listener, Progress, Started, Warned

if TYPE_CHECKING:
    from rwdenoise.jobs.stages import LoadDenoiser, PhotoWork

#: Does some work on a photo, and tells whether it went well; what the work raises is told as the end of its job.
Attempt = Callable[["PhotoWork", Callable[[], object]], bool]
Written = tuple[list[str], Finished]


class Pipeline:
    """Runs photos through their stages.

    All events are told, in the order of each job, by the thread that calls `run`; so whoever listens needs no lock,
    and may raise `Cancelled`.

    Parameters
    ----------
    load : callable
        Gives the denoiser for a domain.
    attempt : callable
        Does some work on a photo.
    listen : callable
        Is told the events.
    jobs : int
        How many photos are in work at once, each of which takes memory: 1 for strictly one after the other.
    """

    def __init__(
        self,
        *,
        load: LoadDenoiser,
        attempt: Attempt,
        listen: Listener,
        jobs: int = JOBS,
    ) -> None:
        self._load, self._attempt, self._listen = load, attempt, listen
        self._jobs = jobs
        self._read: deque[tuple[PhotoWork, Future[None], Future[None]]] = deque()
        self._written: deque[tuple[PhotoWork, Future[Written]]] = deque()

    def run(self, works: Iterable[PhotoWork], *, prepare: Callable[[], object] = lambda: None) -> None:
        """Run all photos through; prepare for that while the first is read.

        Raises
        ------
        Cancelled, KeyboardInterrupt
            As `attempt` does; what is being written becomes whole and is told first.
        """
        todo = iter(works)
        with (
            ThreadPoolExecutor(max(1, self._jobs - 2), "read") as self._readers,
            ThreadPoolExecutor(1, "write") as self._writer,
        ):
            try:
                self._read_ahead(todo)
                prepare()
                while self._read_ahead(todo):
                    self._denoise(*self._read.popleft())
            finally:
                self._readers.shutdown(wait=False, cancel_futures=True)
                while self._written:
                    self._tell_written()

    def _read_ahead(self, todo: Iterator[PhotoWork]) -> bool:
        """Begin to read as many photos as may be in work; False if there is none left to denoise."""
        while True:
            while len(self._read) + len(self._written) < self._jobs and (work := next(todo, None)) is not None:
                reading = self._readers.submit(work.read)
                self._read.append((work, reading, self._readers.submit(_measure, work, reading)))
            if self._read or not self._written:
                return bool(self._read)
            self._tell_written()

    def _denoise(self, work: PhotoWork, reading: Future[None], measuring: Future[None]) -> None:
        def denoise() -> None:
            self._tell(Started(work.job, source=work.job, output=str(work.target)))
            self._tell(Progress(work.job, "read", 0, 1))
            reading.result()
            work.expect(self._load)
            measuring.result()
            self._tell(Progress(work.job, "read", 1, 1))
            work.denoise(self._load, self._tell)
            self._tell(Progress(work.job, "write", 0, 1))

        if self._attempt(work, denoise):
            self._written.append((work, self._writer.submit(_write, work)))

    def _tell(self, event: Event) -> None:
        """Tell what was written meanwhile, and then the event."""
        while self._written and self._written[0][1].done():
            self._tell_written()
        self._listen(event)

    def _tell_written(self) -> None:
        """Wait until the oldest photo is written, and tell how that went."""
        work, writing = self._written.popleft()

        def tell() -> None:
            warnings, finished = writing.result()
            for message in warnings:
                self._listen(Warned(work.job, message))
            self._listen(finished)

        self._attempt(work, tell)


def _measure(work: PhotoWork, reading: Future[None]) -> None:
    reading.result()
    work.measure()


def _write(work: PhotoWork) -> Written:
    warnings: list[str] = []
    return warnings, work.write(warnings.append)
