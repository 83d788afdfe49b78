"""What happened, as values and as lines of JSON: the contract with scripts, GIMP and the watch folder.

Exactly one of `Finished`, `Skipped`, `Failed` and `Stopped` ends a job; a stream that ends without one means that the
process died. Within version 1 fields and events are added, never renamed; readers ignore what they do not know.
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
    """A worker has started and takes requests; its first word."""

    version: str
    """Of the program."""


@dataclass(frozen=True)
class Planned:
    """A dry run would do this; no other event of the job follows."""

    job: str
    source: str
    output: str


@dataclass(frozen=True)
class Started:
    """Work on a photo begins."""

    job: str
    source: str
    output: str


@dataclass(frozen=True)
class Noise:
    """The noise profile that will be assumed, and where it is from."""

    job: str
    shot: float
    read: float
    origin: str
    """``"given"``, ``"file"`` or ``"estimated"``."""


@dataclass(frozen=True)
class Progress:
    """A part of a stage is done."""

    job: str
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Residual:
    """What was removed, held against the noise profile; told where gray grain and color noise were removed alike."""

    job: str
    consistent: float
    """Share of the blocks from which only noise was removed."""
    blocks: int
    """How many could be judged."""
    worst: list[dict[str, Any]]
    """Where structure was removed, the worst first: ``top``, ``left``, ``height``, ``width``, ``reason``."""


@dataclass(frozen=True)
class Warned:
    """Something is not as it should be, and the work goes on."""

    job: str
    message: str


@dataclass(frozen=True)
class Finished:
    """The output is written, whole."""

    job: str
    output: str
    seconds: float
    megapixels: float
    weights: str
    device: str
    settings: Settings
    """In JSON its values stand beside the other fields: `sampler`, `steps`, `strength`, `chroma` and `detail`."""
    source_digest: str = ""
    """The sha256 of the source."""
    method_key: str = ""
    """The same for results of the same method only; both also stand in the output's XMP."""
    passes: float = 0.0
    """How often a pixel went through the network, on average: at most once for each step."""


@dataclass(frozen=True)
class Skipped:
    """The photo was not worked on; no other event of the job follows."""

    job: str
    output: str
    reason: str


@dataclass(frozen=True)
class Failed:
    """The photo could not be done; nothing was left behind."""

    job: str
    code: str
    message: str
    hint: str

    @classmethod
    def because(cls, error: RwDenoiseError, *, job: str) -> Self:
        """Return the event that tells of an error; the job is empty for an error that concerns all of them."""
        return cls(job, error.code, error.message, error.hint)


@dataclass(frozen=True)
class Stopped:
    """The work was asked to stop, and did; on the wire its name is ``cancelled``."""

    job: str


@dataclass(frozen=True)
class Summary:
    """All jobs of a call are over."""

    written: int
    failed: int
    skipped: int
    """Neither written nor failed: not reached, or done already."""
    seconds: float
    megapixels: float = 0.0
    """Of what was written."""
    already: int = 0
    """How many were skipped because they were done already."""


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
# In the order in which they stand in a line.
_SETTINGS = ("sampler", "steps", "strength", "chroma", "detail")


def to_json(event: Event) -> str:
    """Return the event as one line of JSON, without the line's end.

    >>> to_json(Progress(job="IMG_1.NEF", stage="denoise", done=12, total=96))
    '{"v": 1, "event": "progress", "job": "IMG_1.NEF", "stage": "denoise", "done": 12, "total": 96}'
    """
    table = {"v": VERSION, "event": _NAMES[type(event)]}
    for name, value in dataclasses.asdict(event).items():
        table |= _flat(event.settings) if isinstance(event, Finished) and name == "settings" else {name: value}
    return json.dumps(table)


def from_json(line: str) -> Event | None:
    """Read an event back; None for what is no event of this version. Unknown fields are left out."""
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
