"""Asks the worker again and again for the same crop, as the sliders move."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pixels
from settings import to_request

if TYPE_CHECKING:
    from gi.repository import Gimp
    from worker_client import Worker

# While a slider moves its value changes many times a second; only where it rests for so long is worth a request.
_REST_SECONDS = 0.15
_POLL_SECONDS = 0.05


class Preview:
    """One crop of a drawable, denoised as the latest settings say.

    Parameters
    ----------
    worker : Worker
    drawable : Gimp.Drawable
    show : callable
        Told the crop's area and the denoised native bytes.
    say : callable
        Told in words what is going on; an empty text means that the picture is up to date.

    Notes
    -----
    At most one job runs. What changes in the meantime cancels it, and only when the worker says that it has ended are
    the pixels written anew, so that no job reads what the next one writes.
    """

    def __init__(
        self, worker: Worker, drawable: Gimp.Drawable, *, show: Callable[..., None], say: Callable[[str], None]
    ) -> None:
        self._worker = worker
        self._drawable = drawable
        self._show = show
        self._say = say
        self._wanted: tuple[pixels.Area, dict[str, object]] | None = None
        self._changed = 0.0
        self._job: tuple[str, pixels.Area] | None = None
        self._folder = Path(worker.folder)

    def want(self, area: pixels.Area, settings: dict[str, object]) -> None:
        """Ask for a crop; what was asked for before is no longer wanted."""
        self._wanted = area, settings
        self._changed = time.monotonic()
        self.cancel()

    def cancel(self) -> None:
        """End the job that runs."""
        if self._job is not None:
            self._worker.cancel(self._job[0])

    def forget(self) -> None:
        """Want nothing any more, and wait until the job that runs has ended."""
        self._wanted = None
        self.cancel()
        while self._job is not None:
            self.tick()
            time.sleep(_POLL_SECONDS)

    def tick(self) -> None:
        """Hear what the worker says and give it what is wanted; to be called a few times a second."""
        while self._job is not None and (event := self._worker.poll()) is not None:
            self._hear(event)
        rested = time.monotonic() - self._changed > _REST_SECONDS
        if self._wanted is not None and self._job is None and rested:
            self._send(*self._wanted)
            self._wanted = None

    def _send(self, area: pixels.Area, settings: dict[str, object]) -> None:
        described = pixels.prepare(self._drawable, area, self._folder)
        self._job = self._worker.submit({**to_request(settings), **described, "preview": True}), area
        self._say("working")

    def _hear(self, event: dict[str, object]) -> None:
        if self._job is None or event.get("job") != self._job[0]:
            return
        kind = event["event"]
        if kind == "progress" and event["stage"] == "denoise":
            self._say(f"{100 * event['done'] // max(1, event['total'])} %")
        elif kind in ("finished", "failed", "cancelled"):
            _, area = self._job
            self._job = None
            if kind == "finished":
                self._show(area, (self._folder / "pixels.out").read_bytes())
            self._say(f"{event['message']} {event['hint']}" if kind == "failed" else "")
