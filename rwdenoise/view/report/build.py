"""Write a report as one HTML file: of two files, or of all photos of a call while they are denoised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from rwdenoise.errors import Cancelled
from rwdenoise.events import Event, Failed, Finished, Listener, Noise, Progress, Skipped, Summary, Warned
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import shown
from rwdenoise.jobs.stages import ReadPhoto
from rwdenoise.view.report.comparison import compare
from rwdenoise.view.report.content import Bounds
from rwdenoise.view.report.facts import RunFacts
from rwdenoise.view.report.page import Overview, Page, refuse_other

CALL_TITLE, FILES_TITLE = "Denoising report", "Before and after"


def report_files(before: Path, after: Path, target: Path) -> None:
    """Compare a photo with what was made from it, in one HTML file.

    Parameters
    ----------
    before, after : Path
        RAW or developed pictures of the same size.
    target : Path
        The HTML file. A report that is there already is replaced.

    Raises
    ------
    PhotoError
        If a photo cannot be read, or the report not be written.
    SettingsError
        If the two differ in size.
    """
    refuse_other(target)
    comparison = compare(before, after, bounds=Bounds.for_photos(1))
    with Page(target) as page:
        page.add(comparison)
        page.write(Overview(FILES_TITLE))


class CallReport:
    """Listens to the events of a call and passes them on; before the `Summary` it writes the report.

    One photo at a time is compared, in a thread of its own. Whatever goes wrong with the report becomes a `Warned`
    event, since the photos are worth more.

    Parameters
    ----------
    target : Path
        The HTML file. `refuse_other` should have been asked before.
    photos : int
        How many there will be, by which the size of the pictures is chosen.
    listen : callable
        Receives all events.
    read : callable
        Reads photos.
    """

    def __init__(self, target: Path, *, photos: int, listen: Listener, read: ReadPhoto = read_photo) -> None:
        self._target, self._listen, self._read = target, listen, read
        self._bounds = Bounds.for_photos(photos)
        self._page: Page | None = None
        self._comparing: list[Future[None]] = []
        self._failures: list[Failed] = []
        self._not_compared: list[Warned] = []
        self._origins: dict[str, str] = {}
        self._warnings: defaultdict[str, list[str]] = defaultdict(list)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with self._warning():
            self._page = self._open.enter_context(Page(self._target))
        self._thread = ThreadPoolExecutor(1, "report")
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._open.close()

    def __call__(self, event: Event) -> None:
        """Note an event, and pass it on."""
        if self._page is not None:
            self._note(event, self._page)
        self._listen(event)

    def _note(self, event: Event, page: Page) -> None:
        if isinstance(event, Noise):
            self._origins[event.job] = event.origin
        elif isinstance(event, Warned):
            self._warnings[event.job].append(event.message)
        elif isinstance(event, Failed):
            self._failures.append(event)
        elif isinstance(event, Finished | Skipped):
            self._comparing.append(self._thread.submit(self._add, event, self._run_facts(event), page))
        elif isinstance(event, Summary):
            with self._warning():
                self._write(event, page)

    def _run_facts(self, event: Finished | Skipped) -> RunFacts:
        finished = event if isinstance(event, Finished) else None
        return RunFacts(finished, self._origins.pop(event.job, ""), tuple(self._warnings.pop(event.job, ())))

    def _add(self, event: Finished | Skipped, run: RunFacts, page: Page) -> None:
        source, result = Path(event.job), Path(event.output)
        try:
            page.add(compare(source, result, bounds=self._bounds, run=run, read=self._read))
        except Exception as error:
            self._not_compared.append(Warned(event.job, f"{shown(source)} is not in the report: {error}"))

    def _write(self, summary: Summary, page: Page) -> None:
        for done, comparing in enumerate(self._comparing):
            self._listen(Progress(str(self._target), "report", done, len(self._comparing)))
            comparing.result()
        notes = [warned.message for warned in self._not_compared]
        page.write(Overview(CALL_TITLE, list(_counts(summary)), self._failures, notes))
        for warned in self._not_compared:
            self._listen(warned)

    @contextmanager
    def _warning(self) -> Iterator[None]:
        try:
            yield
        except Cancelled:
            raise
        except Exception as error:
            self._listen(Warned(str(self._target), f"The report was not written: {error}"))


def _counts(summary: Summary) -> Iterator[tuple[str, str]]:
    yield str(summary.written), "written"
    not_reached = summary.skipped - summary.already
    for count, word in ((summary.failed, "failed"), (summary.already, "done before"), (not_reached, "not done")):
        if count:
            yield str(count), word
    minutes, seconds = divmod(round(summary.seconds), 60)
    yield f"{minutes} min {seconds} s" if minutes else f"{summary.seconds:.1f} s", "in all"
    if summary.megapixels and summary.seconds:
        yield f"{summary.megapixels / summary.seconds:.2g}", "Mpx/s"
