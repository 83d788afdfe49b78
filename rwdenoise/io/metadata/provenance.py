"""What was done to a photo, read back from the XMP of the result."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import exiv2

from rwdenoise.errors import RwDenoiseError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, PREFIX, open_image
from rwdenoise.io.source import read_file
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import Provenance


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
