"""Count what happened to the photos under a fault: one row of the table."""

from dataclasses import dataclass, field

COUNTS = ("runs", "photos_in", "photos_out", "lost", "partial", "double", "changed")


class Skip(Exception):  # noqa: N818 -- no error: this machine cannot do such a thing
    """The fault cannot be injected on this machine; the message gives the reason."""


@dataclass
class Row:
    """Counts for a fault; rows can be added."""

    runs: int = 0
    """Number of times the fault was injected."""
    photos_in: int = 0
    photos_out: int = 0
    """Complete outputs, identical bit for bit to those without the fault."""
    lost: int = 0
    """Photos without an output at the end, reported as finished but missing, or without any report."""
    partial: int = 0
    """Output files that do not occur without the fault."""
    double: int = 0
    """Surplus outputs, and surplus reports of a finished photo."""
    changed: int = 0
    """Sources that have changed."""
    note: str = ""
    problems: list[str] = field(default_factory=list)
    """Descriptions of all other failures."""

    @property
    def is_clean(self) -> bool:
        """Whether there was no failure of any kind."""
        return not (self.lost or self.partial or self.double or self.changed or self.problems)

    def __add__(self, other: "Row") -> "Row":
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return Row(**counts, note=self.note or other.note, problems=self.problems + other.problems)
