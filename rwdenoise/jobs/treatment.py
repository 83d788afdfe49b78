"""What is to be done to every photo of a call."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from rwdenoise.choices import Settings
from rwdenoise.io.formats import format_of, natural_format
from rwdenoise.photo.noise_profile import NoiseProfile

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
