"""Keep the preview up to date: request the crop from the worker again when a setting changes."""

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

# A moving slider changes its value many times per second; a request is sent only after this time without a change.
_REST_SECONDS = 0.15
_POLL_SECONDS = 0.05


class Preview:
    """Preview of one crop of a drawable, denoised with the latest settings.

    Parameters
    ----------
    worker : Worker
    drawable : Gimp.Drawable
    show : callable
        Called with the crop's area and its denoised pixels in the drawable's format.
    say : callable
        Called with a status text; an empty text means that the picture is up to date.

    Notes
    -----
    At most one job runs. A change cancels it, and the pixels for the next job are written only after the worker reports
    the end of the old one: no job reads the pixels of another.
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
        """Request a crop; this replaces earlier requests."""
        self._wanted = area, settings
        self._changed = time.monotonic()
        self.cancel()

    def cancel(self) -> None:
        """Cancel the running job."""
        if self._job is not None:
            self._worker.cancel(self._job[0])

    def forget(self) -> None:
        """Drop the request, and wait until the running job has ended."""
        self._wanted = None
        self.cancel()
        while self._job is not None:
            self.tick()
            time.sleep(_POLL_SECONDS)

    def tick(self) -> None:
        """Process the worker's events and send it the latest request; call this a few times per second."""
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
