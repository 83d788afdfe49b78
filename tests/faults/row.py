"""What became of the photos under a fault: a line of the table."""

from dataclasses import dataclass, field

COUNTS = ("runs", "photos_in", "photos_out", "lost", "partial", "double", "changed")


class Skip(Exception):  # noqa: N818 -- no error: this machine cannot do such a thing
    """The fault cannot be caused here, for the reason given."""


@dataclass
class Row:
    """Counts, which add up over scenes."""

    runs: int = 0
    """How often the fault struck."""
    photos_in: int = 0
    photos_out: int = 0
    """Whole outputs, the same bit for bit as without the fault."""
    lost: int = 0
    """Photos that are not out in the end, were told as finished and are not there, or of which nothing was told."""
    partial: int = 0
    """Files among the outputs that are none of those made without the fault."""
    double: int = 0
    """Outputs too many, and times that a photo was finished too often."""
    changed: int = 0
    """Sources that are not what they were."""
    note: str = ""
    problems: list[str] = field(default_factory=list)
    """What else must not happen."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing happened that must not."""
        return not (self.lost or self.partial or self.double or self.changed or self.problems)

    def __add__(self, other: "Row") -> "Row":
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return Row(**counts, note=self.note or other.note, problems=self.problems + other.problems)
