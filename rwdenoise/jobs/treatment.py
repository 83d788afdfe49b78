"""What is to be done to every photo of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rwdenoise.choices import Settings
from rwdenoise.io.formats import format_of, natural_format
from rwdenoise.jobs.fingerprint import method_key
from rwdenoise.photo.noise_profile import NoiseProfile


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
        """Return what tells results of this treatment from those of others, given the digest of the weights."""
        return method_key(settings=self.settings, noise=self.noise, format=format, color=self.color, weights=weights)
