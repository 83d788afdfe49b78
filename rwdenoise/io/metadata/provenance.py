"""What was done to a photo, read back from the XMP of the result."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import exiv2

from rwdenoise.errors import RwDenoiseError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, PREFIX, open_image
from rwdenoise.io.source import read_file
from rwdenoise.photo.noise_profile import NoiseProfile


@dataclass(frozen=True)
class Provenance:
    """What was done to a photo; it is written into the output's XMP."""

    weights: str
    """Name and version of the weights."""
    sampler: str
    steps: int
    strength: float
    noise: NoiseProfile | None
    """The profile that was assumed; None if the denoiser saw the noise by itself."""
    chroma: float | None = None
    """Strength against color noise; None for the same as `strength`."""
    detail: float = 0.0
    source_digest: str = ""
    """The sha256 of the source file."""
    method_key: str = ""
    """From `rwdenoise.jobs.fingerprint`: by both of these a result is known again."""

    @property
    def chroma_strength(self) -> float:
        """Strength against color noise."""
        return self.strength if self.chroma is None else self.chroma


def read_provenance(path: Path) -> Provenance | None:
    """Return what a result of ours says of itself; None if it does not, is no result, or cannot be read."""
    with suppress(RwDenoiseError, LookupError, ValueError):
        return _provenance(_properties(path))
    return None


def _properties(path: Path) -> dict[str, str]:
    """Return our own properties, without the prefix."""
    data = read_file(path)
    begin = f"Xmp.{PREFIX}."
    with LOCK:
        try:
            xmp = open_image(data).xmpData()
            return {datum.key().removeprefix(begin): _text(datum) for datum in xmp if datum.key().startswith(begin)}
        except EXIV2_ERRORS:
            return {}


def _text(datum: exiv2.Xmpdatum) -> str:
    return str(datum.toString())


def _provenance(found: Mapping[str, str]) -> Provenance:
    noise = NoiseProfile(float(found["Shot"]), float(found["Read"])) if {"Shot", "Read"} <= found.keys() else None
    return Provenance(
        weights=found["Weights"],
        sampler=found["Sampler"],
        steps=int(found["Steps"]),
        strength=float(found["Strength"]),
        noise=noise,
        chroma=float(found.get("Chroma", found["Strength"])),
        detail=float(found.get("Detail", "0")),
        source_digest=found.get("SourceDigest", ""),
        method_key=found.get("MethodKey", ""),
    )
