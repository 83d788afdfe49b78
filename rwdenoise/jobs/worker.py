"""A worker that stays alive, reads requests as JSON lines and writes events; see ``docs/worker.md``.

Importing this module loads neither numpy nor torch, so a worker can report at once that it is ready.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rwdenoise._version import __version__
from rwdenoise.choices import QUALITY, Settings
from rwdenoise.errors import Cancelled, RwDenoiseError, SettingsError
from rwdenoise.events import VERSION, Event, Failed, Finished, Listener, Progress, Ready, Started, Stopped
from rwdenoise.memory import within_memory

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.io.pictures.layer import Layout
    from rwdenoise.jobs.layers import LayerDenoiser

#: Returns the denoiser for a quality and a device; called for each job.
LoadDenoiser = Callable[[str, str], "Denoiser"]
Value = TypeVar("Value", bool, int, float, str)

_READ_AT_ONCE = 2**16
# Longer than writing any result takes; a process that waits for the end waits less than a second.
_SECONDS_TO_WRITE = 0.8
_HINT = "Send a request as docs/worker.md describes it."
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@dataclass(frozen=True)
class LayerJob:
    """A layer to denoise."""

    name: str
    folder: Path
    layout: Layout
    settings: Settings
    quality: str
    device: str
    preview: bool


@dataclass(frozen=True, eq=False)
class Request:
    """A received line."""

    line: bytes
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def table(self) -> Mapping[str, Any]:
        """The parsed request; empty if it is not a JSON object."""
        try:
            table = json.loads(self.line)
        except (ValueError, RecursionError):
            return {}
        return table if isinstance(table, dict) else {}

    @property
    def job(self) -> str:
        """The job that the request concerns; empty if it does not state one."""
        job = self.table.get("job")
        return job if isinstance(job, str) else ""


class Requests:
    """Requests in order of arrival, read by a separate thread.

    A request to cancel therefore reaches a running job, and the end of the stream is noticed at once.

    Parameters
    ----------
    descriptor : int
        File or pipe to read.
    on_end : callable
        Called in that thread at the end of the stream. If it returns, the pending requests are still processed.
    """

    def __init__(self, descriptor: int, *, on_end: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_end = on_end
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._open: list[Request] = []

    def start(self) -> None:
        """Start reading."""
        threading.Thread(target=self._read, daemon=True).start()

    def __iter__(self) -> Iterator[Request]:
        """Yield the requests in order."""
        while (request := self._waiting.get()) is not None:
            yield request
            self._open.remove(request)

    def _read(self) -> None:
        for line in _lines(self._descriptor):
            request = Request(line)
            if request.table.get("request") == "cancel":
                self._cancel(request.job)
            elif line.strip():
                self._open.append(request)
                self._waiting.put(request)
        self._on_end()
        self._waiting.put(None)

    def _cancel(self, job: str) -> None:
        for request in tuple(self._open):
            if request.job == job:
                request.cancelled.set()


def _lines(descriptor: int) -> Iterator[bytes]:
    rest = b""
    try:
        while data := os.read(descriptor, _READ_AT_ONCE):
            *lines, rest = (rest + data).split(b"\n")
            yield from lines
    except OSError:
        return  # An unreadable stream delivers no more requests.


class Worker:
    """Processes requests one at a time.

    Parameters
    ----------
    load : callable
        Returns the denoiser for a quality and a device.
    listen : callable
        Called with every event.
    """

    def __init__(self, load: LoadDenoiser, *, listen: Listener) -> None:
        self._load = load
        self._listen = listen
        self._writing = threading.Lock()

    def serve(self, requests: Requests) -> None:
        """Report that the worker is ready, and process requests until they end."""
        self._listen(Ready(__version__))
        requests.start()
        # This import takes seconds and starts before the first job.
        from rwdenoise.jobs.layers import LayerDenoiser

        layers = LayerDenoiser()
        for request in requests:
            self._answer(request, layers)

    def abandon(self) -> None:
        """Write no more files; called by another thread before it ends the process.

        A result that is being written is completed and reported first.
        """
        self._writing.acquire(timeout=_SECONDS_TO_WRITE)

    def _answer(self, request: Request, layers: LayerDenoiser) -> None:
        try:
            with within_memory():
                self._denoise(read_job(request.table), layers, cancelled=request.cancelled)
        except Cancelled:
            self._listen(Stopped(request.job))
        except RwDenoiseError as error:
            self._listen(Failed.because(error, job=request.job))

    def _denoise(self, job: LayerJob, layers: LayerDenoiser, *, cancelled: threading.Event) -> None:
        from rwdenoise.io.pictures.layer import PIXELS, RESULT, read_layer, write_layer

        def tell(event: Event) -> None:
            if cancelled.is_set():
                raise Cancelled
            self._listen(event)

        begun, output = time.perf_counter(), str(job.folder / RESULT)
        tell(Started(job.name, source=str(job.folder / PIXELS), output=output))
        photo = read_layer(job.folder, job.layout)
        denoiser = self._load(job.quality, job.device)
        photo = layers.denoise(
            photo,
            denoiser=denoiser,
            settings=job.settings,
            preview=job.preview,
            on_progress=lambda done, total: tell(Progress(job.name, "denoise", done, total)),
        )
        tell(Progress(job.name, "write", 0, 1))
        with self._writing:
            write_layer(photo, job.folder)
            finished = Finished(
                job.name,
                output=output,
                seconds=round(time.perf_counter() - begun, 3),
                megapixels=round(job.layout.width * job.layout.height / 1e6, 3),
                weights=denoiser.name,
                device=denoiser.device,
                settings=job.settings,
            )
            self._listen(finished)


def read_job(table: Mapping[str, Any]) -> LayerJob:
    """Create the job of a request.

    Raises
    ------
    SettingsError
        If a value is missing or wrong.
    """
    from rwdenoise.io.pictures.layer import Layout

    if table.get("v") != VERSION or table.get("request") != "denoise":
        message = f"A request has v {table.get('v')!r} and request {table.get('request')!r}; expected a JSON"
        message += f" object on one line with v {VERSION} and request 'denoise' or 'cancel'."
        raise SettingsError(message, hint=_HINT)
    return LayerJob(
        name=_take(table, "job", str),
        folder=Path(_take(table, "folder", str)),
        layout=Layout(
            width=_take(table, "width", int),
            height=_take(table, "height", int),
            channels=_take(table, "channels", int),
            alpha=_take(table, "alpha", bool),
            type=_take(table, "type", str),
            encoding=_take(table, "encoding", str),
        ),
        settings=Settings(
            steps=_take(table, "steps", int, Settings.steps),
            strength=_take(table, "strength", float, Settings.strength),
            chroma=None if table.get("chroma") is None else _take(table, "chroma", float),
            detail=_take(table, "detail", float, Settings.detail),
        ),
        quality=_take(table, "quality", str, QUALITY),
        device=_take(table, "device", str, "auto"),
        preview=_take(table, "preview", bool, False),
    )


def _take(table: Mapping[str, Any], name: str, kind: type[Value], default: Value | None = None) -> Value:
    """Return a value of a request, or the default if it is missing or null."""
    value = table.get(name)
    if value is None and default is not None:
        return default
    if kind is float and type(value) is int:
        return kind(value)
    if type(value) is not kind:
        message = f"{name} is {json.dumps(value)}; it must be {_KINDS[kind]}."
        raise SettingsError(message, hint=_HINT)
    return value
