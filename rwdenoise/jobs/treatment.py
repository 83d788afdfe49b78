"""What is to be done to every photo of a call, and how its results are recognized.

So the same call can be made again after a crash, or with more photos, and does only what is left.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.choices import Settings
from rwdenoise.io.formats import format_of, natural_format
from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.source import digest_file
from rwdenoise.photo.noise_profile import NoiseProfile

if TYPE_CHECKING:
    from rwdenoise.jobs.journal import Journal

# Hexadecimal digits of a method's key: 128 bits, so that no two methods ever meet by chance.
_DIGITS = 32


@dataclass(frozen=True)
class Treatment:
    """How to denoise and what to write; the weights are chosen by the kind of photo."""

    settings: Settings = field(default_factory=Settings)
    noise: NoiseProfile | None = None
    """What noise to expect of mosaics; by default what the file states, or else an estimate."""
    format: str | None = None
    """By default what the name of the target ends in."""
    color: str = "srgb"
    """Color space of RAW that is developed."""
    overwrite: bool = False
    """Whether the target may exist already."""

    def format_for(self, source: Path, target: Path) -> str:
        """Return the format in which the result of `source` is written to `target`."""
        return self.format or format_of(target) or natural_format(source.suffix)

    def key(self, format: str, *, weights: str) -> str:
        """Return the method key of results of this treatment, a short text that is the same for the same method only.

        Parameters
        ----------
        format : str
            Of the result, from `format_for`.
        weights : str
            The sha256 of the weights file.
        """
        method = {
            "settings": dataclasses.asdict(self.settings) | {"chroma": self.settings.chroma_strength},
            "noise": self.noise and dataclasses.asdict(self.noise),
            "format": format,
            "color": self.color,
            "weights": weights,
        }
        return hashlib.sha256(json.dumps(method, sort_keys=True).encode()).hexdigest()[:_DIGITS]


class AlreadyDone(Exception):  # noqa: N818 -- no error, but the end of a job
    """The result is there already."""

    def __init__(self, target: Path) -> None:
        super().__init__(str(target))
        self.target = target


class EarlierResults:
    """Recognizes photos that are done already.

    It looks in the journal and into the results themselves; names and times of files prove nothing.

    Parameters
    ----------
    treatment : Treatment
    weights : collection of str
        Digests of the weights that may be asked for: those of each domain.
    journal : Journal, optional
    """

    def __init__(self, treatment: Treatment, *, weights: Collection[str], journal: Journal | None = None) -> None:
        self._treatment = treatment
        self._weights = weights
        self._journal = journal

    def refuse(self, source: Path, target: Path) -> None:
        """Refuse a photo whose target is what this treatment makes of it, as it is now.

        Raises
        ------
        AlreadyDone
        PhotoAccessError
            If the source cannot be read.
        """
        if self._is_done(source, target):
            raise AlreadyDone(target)

    def _is_done(self, source: Path, target: Path) -> bool:
        # Whoever asks to overwrite wants it made anew.
        if self._treatment.overwrite or not os.path.lexists(target):
            return False
        format = self._treatment.format_for(source, target)
        keys = {self._treatment.key(format, weights=weights) for weights in self._weights}
        digest = digest_file(source)
        if self._journal is not None and self._journal.find_done(digest, target, keys):
            return True
        return made_from(target) in {(digest, key) for key in keys}
