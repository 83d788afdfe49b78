"""What was done to a photo: written into the XMP of the result, and read back from it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import exiv2

from rwdenoise._version import __version__
from rwdenoise.choices import Settings
from rwdenoise.errors import RwDenoiseError
from rwdenoise.io.metadata.origin import EXIV2_ERRORS, LOCK, open_image
from rwdenoise.io.source import read_file
from rwdenoise.photo.noise_profile import NoiseProfile

#: Our own properties; the prefix and the name are part of the file format, do not change them.
NAMESPACE = "urn:rwdenoise:xmp:1.0/"
PREFIX = "rwd"


@dataclass(frozen=True)
class Provenance:
    """What was done to a photo; it is written into the output's XMP."""

    weights: str
    """Name and version of the weights."""
    settings: Settings
    noise: NoiseProfile | None
    """The profile that was assumed; None if the denoiser saw the noise by itself."""
    source_digest: str = ""
    """The sha256 of the source file."""
    method_key: str = ""
    """From `rwdenoise.jobs.treatment`: by both of these a result is recognized."""


def sign(exif: exiv2.ExifData, xmp: exiv2.XmpData, provenance: Provenance | None) -> None:
    """Say in the metadata of a result which program made it, and what was done to the photo.

    Parameters
    ----------
    exif, xmp : exiv2.ExifData, exiv2.XmpData
        What will be written; the caller holds `LOCK`.
    provenance : Provenance or None
        What was done; None if the photo was not denoised.
    """
    exiv2.XmpProperties.registerNs(NAMESPACE, PREFIX)
    # Of a source that is a result itself: what was done to that is not what was done to this.
    for key in [datum.key() for datum in xmp if datum.key().startswith(f"Xmp.{PREFIX}.")]:
        del xmp[key]
    program = f"rwdenoise {__version__}"
    exif["Exif.Image.Software"] = program
    xmp["Xmp.xmp.CreatorTool"] = program
    xmp["Xmp.tiff.Software"] = program
    if provenance is None:
        return
    done = {
        "Version": __version__,
        "Weights": provenance.weights,
        "Sampler": provenance.settings.sampler,
        "Steps": str(provenance.settings.steps),
        "Strength": f"{provenance.settings.strength:g}",
        "Chroma": f"{provenance.settings.chroma_strength:g}",
        "Detail": f"{provenance.settings.detail:g}",
    }
    if provenance.source_digest:
        done |= {"SourceDigest": provenance.source_digest, "MethodKey": provenance.method_key}
    if provenance.noise is not None:
        done |= {"Shot": f"{provenance.noise.shot:.6g}", "Read": f"{provenance.noise.read:.6g}"}
    for name, value in done.items():
        xmp[f"Xmp.{PREFIX}.{name}"] = value


def read_provenance(path: Path) -> Provenance | None:
    """Return what a result of ours says of itself; None if it does not, is no result, or cannot be read."""
    with suppress(RwDenoiseError, LookupError, ValueError):
        found = _properties(path)
        noise = NoiseProfile(float(found["Shot"]), float(found["Read"])) if {"Shot", "Read"} <= found.keys() else None
        return Provenance(
            weights=found["Weights"],
            settings=Settings(
                steps=int(found["Steps"]),
                strength=float(found["Strength"]),
                sampler=found["Sampler"],
                chroma=float(found.get("Chroma", found["Strength"])),
                detail=float(found.get("Detail", "0")),
            ),
            noise=noise,
            source_digest=found.get("SourceDigest", ""),
            method_key=found.get("MethodKey", ""),
        )
    return None


def made_from(path: Path) -> tuple[str, str] | None:
    """Return the sha256 of the source and the key of the method by which a file was made.

    None if it does not say, is no result of ours, or cannot be read. Its pixels are not looked at.
    """
    found = _properties(path)
    return (found["SourceDigest"], found["MethodKey"]) if {"SourceDigest", "MethodKey"} <= found.keys() else None


def _properties(path: Path) -> dict[str, str]:
    """Return our own properties of a file, without the prefix; none of one that cannot be read."""
    begin = f"Xmp.{PREFIX}."
    try:
        data = read_file(path)
        with LOCK:
            exiv2.XmpProperties.registerNs(NAMESPACE, PREFIX)
            xmp = open_image(data).xmpData()
            found = {datum.key().removeprefix(begin): datum for datum in xmp if datum.key().startswith(begin)}
            return {name: str(datum.toString()) for name, datum in found.items()}
    except (RwDenoiseError, *EXIV2_ERRORS):
        return {}
