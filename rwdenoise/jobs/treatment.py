"""How to process every photo of a call, and how to recognize earlier results.

Repeating a call after a crash, or with more photos, therefore processes only the remaining photos.
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

# Hexadecimal digits of a method key: 128 bits exclude accidental collisions.
_DIGITS = 32


@dataclass(frozen=True)
class Treatment:
    """How to denoise and what to write; the weights depend on the kind of photo."""

    settings: Settings = field(default_factory=Settings)
    noise: NoiseProfile | None = None
    """Noise profile of mosaics; by default the one in the file, or else an estimate."""
    format: str | None = None
    """Output format; by default that of the suffix of the target."""
    color: str = "srgb"
    """Color space of developed RAW."""
    overwrite: bool = False
    """Whether to replace an existing target."""

    def format_for(self, suffix: str, target: Path) -> str:
        """Return the format of the result of `source` in `target`."""
        return self.format or format_of(target) or natural_format(suffix)

    def key(self, format: str, *, weights: str) -> str:
        """Return the method key of results of this treatment, which is equal only for the same method.

        Parameters
        ----------
        format : str
            Format of the result, from `format_for`.
        weights : str
            SHA-256 of the weights file.
        """
        method = {
            "settings": dataclasses.asdict(self.settings) | {"chroma": self.settings.chroma_strength},
            "noise": self.noise and dataclasses.asdict(self.noise),
            "format": format,
            "color": self.color,
            "weights": weights,
        }
        return hashlib.sha256(json.dumps(method, sort_keys=True).encode()).hexdigest()[:_DIGITS]


class AlreadyDone(Exception):  # noqa: N818 -- not an error, but the end of a job
    """The result already exists."""

    def __init__(self, target: Path) -> None:
        super().__init__(str(target))
        self.target = target


class EarlierResults:
    """Recognizes photos that are already finished.

    It checks the journal and the results themselves; names and times of files prove nothing.

    Parameters
    ----------
    treatment : Treatment
    weights : collection of str
        Digests of the weights in use, those of each domain.
    journal : Journal, optional
    """

    def __init__(self, treatment: Treatment, *, weights: Collection[str], journal: Journal | None = None) -> None:
        self._treatment = treatment
        self._weights = weights
        self._journal = journal

    def refuse(self, source: Path, target: Path) -> None:
        """Raise if the target is the result of this treatment for the photo in its present state.

        Raises
        ------
        AlreadyDone
            If it is.
        PhotoAccessError
            If the source cannot be read.
        """
        # Overwriting means processing again.
        if self._treatment.overwrite or not os.path.lexists(target):
            return
        format = self._treatment.format_for(source.suffix, target)
        keys = {self._treatment.key(format, weights=weights) for weights in self._weights}
        digest = digest_file(source)
        in_journal = self._journal is not None and self._journal.find_done(digest, target, keys)
        if in_journal or made_from(target) in {(digest, key) for key in keys}:
            raise AlreadyDone(target)
