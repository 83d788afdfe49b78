"""Report the progress of jobs as events, and convert them to and from JSON lines.

The JSON lines are the contract with scripts, GIMP and the watch folder. Exactly one of `Finished`, `Skipped`, `Failed`
and `Stopped` ends a job; a stream that ends without one means that the process died. Version 1 may gain fields and
events but renames none; readers ignore unknown ones.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from rwdenoise.choices import Settings
from rwdenoise.errors import RwDenoiseError

VERSION = 1


@dataclass(frozen=True)
class Ready:
    """A worker has started and accepts requests; always its first event."""

    version: str
    """Version of the program."""


@dataclass(frozen=True)
class Planned:
    """A dry run would write this output; no other event of the job follows."""

    job: str
    source: str
    output: str


@dataclass(frozen=True)
class Started:
    """Processing of a photo begins."""

    job: str
    source: str
    output: str


@dataclass(frozen=True)
class Noise:
    """The noise profile used for denoising, and its origin."""

    job: str
    shot: float
    read: float
    origin: str
    """``"given"``, ``"file"`` or ``"estimated"``."""


@dataclass(frozen=True)
class Progress:
    """Part of a stage is done."""

    job: str
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Residual:
    """Comparison of the removed residual with the noise profile; only if `chroma` equals `strength`."""

    job: str
    consistent: float
    """Share of the blocks that lost only noise."""
    blocks: int
    """Number of blocks that could be judged."""
    worst: list[dict[str, Any]]
    """Areas that lost structure, worst first: ``top``, ``left``, ``height``, ``width``, ``reason``."""


@dataclass(frozen=True)
class Warned:
    """Something is wrong, but the job continues."""

    job: str
    message: str


@dataclass(frozen=True)
class Finished:
    """The output is completely written."""

    job: str
    output: str
    seconds: float
    megapixels: float
    weights: str
    device: str
    settings: Settings
    """JSON has its values as top-level fields: `sampler`, `steps`, `strength`, `chroma` and `detail`."""
    source_digest: str = ""
    """SHA-256 of the source."""
    method_key: str = ""
    """Equal only for results of the same method. The XMP of the output has this key and the digest too."""
    passes: float = 0.0
    """Average number of network passes per pixel, at most one per step."""


@dataclass(frozen=True)
class Skipped:
    """The photo was not processed; no other event of the job follows."""

    job: str
    output: str
    reason: str


@dataclass(frozen=True)
class Failed:
    """The photo could not be processed; no partial file remains."""

    job: str
    code: str
    message: str
    hint: str

    @classmethod
    def because(cls, error: RwDenoiseError, *, job: str) -> Self:
        """Return the event for an error; `job` is empty for an error that concerns all jobs."""
        return cls(job, error.code, error.message, error.hint)


@dataclass(frozen=True)
class Stopped:
    """The job stopped on request; its name in JSON is ``cancelled``."""

    job: str


@dataclass(frozen=True)
class Summary:
    """All jobs of a call have ended."""

    written: int
    failed: int
    skipped: int
    """Neither written nor failed: not reached, or done earlier."""
    seconds: float
    megapixels: float = 0.0
    """Total of the written photos."""
    already: int = 0
    """Photos skipped because they were done earlier."""


Event = (
    Ready | Planned | Started | Noise | Progress | Residual | Warned | Finished | Skipped | Failed | Stopped | Summary
)
Listener = Callable[[Event], None]

_KINDS: dict[str, type[Event]] = {
    "ready": Ready,
    "planned": Planned,
    "started": Started,
    "noise": Noise,
    "progress": Progress,
    "residual": Residual,
    "warning": Warned,
    "finished": Finished,
    "skipped": Skipped,
    "failed": Failed,
    "cancelled": Stopped,
    "summary": Summary,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
# In the order of their fields in a line.
_SETTINGS = ("sampler", "steps", "strength", "chroma", "detail")


def to_json(event: Event) -> str:
    """Return the event as one line of JSON, without a newline.

    >>> to_json(Progress(job="IMG_1.NEF", stage="denoise", done=12, total=96))
    '{"v": 1, "event": "progress", "job": "IMG_1.NEF", "stage": "denoise", "done": 12, "total": 96}'
    """
    table = {"v": VERSION, "event": _NAMES[type(event)]}
    for name, value in dataclasses.asdict(event).items():
        table |= _flat(event.settings) if isinstance(event, Finished) and name == "settings" else {name: value}
    return json.dumps(table)


def from_json(line: str) -> Event | None:
    """Parse an event; return None for anything else. Unknown fields are ignored."""
    try:
        table = json.loads(line)
        kind = _KINDS[table["event"]]
        if kind is Finished:
            table["settings"] = Settings(**{name: table[name] for name in _SETTINGS})
        known = {field.name for field in dataclasses.fields(kind)}
        return kind(**{key: value for key, value in table.items() if key in known})
    except (RwDenoiseError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _flat(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in _SETTINGS} | {"chroma": settings.chroma_strength}
