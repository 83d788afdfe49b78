"""What stands in a report, ready to be written: pictures as bytes, facts as words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from rwdenoise.photo.tiling import Area

#: A word, and what belongs to it.
Fact = tuple[str, str]


@dataclass(frozen=True)
class Picture:
    """An encoded picture."""

    data: bytes
    width: int
    height: int
    kind: str
    """The media type."""

    @property
    def uri(self) -> str:
        """The picture itself as an address."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True)
class View:
    """The same part of a photo before and after, and what was removed."""

    title: str
    before: Picture
    after: Picture
    removed: Picture
    scale: float = 1.0
    """Pixels of the pictures for each of the photo."""
    marks: tuple[Area, ...] = ()
    """Where structure was removed, in px of the pictures."""

    @property
    def layers(self) -> Iterator[tuple[str, Picture]]:
        """The pictures with their names."""
        yield from (("Before", self.before), ("After", self.after), ("Removed", self.removed))


@dataclass(frozen=True)
class Comparison:
    """One photo before and after."""

    name: str
    about: str
    """The line below its name."""
    thumbnail: Picture
    views: tuple[View, ...]
    """The whole photo, then crops at 100 %."""
    curve: Picture | None = None
    """The noise curve, drawn for a light page."""
    facts: tuple[tuple[str, tuple[Fact, ...]], ...] = ()
    """Headings, and the facts below each."""
    warnings: tuple[str, ...] = ()
    iso: float | None = None
    noise: float | None = None
    """Standard deviation of the noise at middle gray, in shares of white."""
    seconds: float | None = None
    structure: float | None = None
    """Share of the blocks from which structure was removed."""
