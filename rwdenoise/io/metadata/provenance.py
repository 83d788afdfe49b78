"""Record in the XMP of a result how it was denoised, and read this record."""

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

#: Namespace of our properties; it and the prefix are part of the file format and must not change.
NAMESPACE = "urn:rwdenoise:xmp:1.0/"
PREFIX = "rwd"


@dataclass(frozen=True)
class Provenance:
    """How a photo was denoised, for the XMP of the output."""

    weights: str
    """Name and version of the weights."""
    settings: Settings
    noise: NoiseProfile | None
    """The noise profile used for denoising; None if the denoiser measured the noise itself."""
    source_digest: str = ""
    """SHA-256 of the source file."""
    method_key: str = ""
    """Key from `rwdenoise.jobs.treatment`; it and the digest identify a result."""


def sign(exif: exiv2.ExifData, xmp: exiv2.XmpData, provenance: Provenance | None) -> None:
    """Record the program and the denoising in the metadata of a result.

    Parameters
    ----------
    exif, xmp : exiv2.ExifData, exiv2.XmpData
        The metadata to be written; the caller holds `LOCK`.
    provenance : Provenance or None
        How the photo was denoised; None if it was not.
    """
    exiv2.XmpProperties.registerNs(NAMESPACE, PREFIX)
    # The source may itself be a result; its record does not apply to the new result.
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
    """Read the record of a result; None if the file has none or cannot be read."""
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
    """Return the SHA-256 of the source and the method key of a result.

    None if the file does not state them or cannot be read. The pixels are not checked.
    """
    found = _properties(path)
    return (found["SourceDigest"], found["MethodKey"]) if {"SourceDigest", "MethodKey"} <= found.keys() else None


def _properties(path: Path) -> dict[str, str]:
    """Read our properties of a file, without the prefix; empty if it cannot be read."""
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
