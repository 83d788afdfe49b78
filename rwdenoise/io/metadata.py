"""Exif, MakerNotes, GPS, XMP and IPTC: read from the source, written into what we encoded, by exiv2."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import exiv2

import rwdenoise
from rwdenoise.errors import PhotoError
from rwdenoise.io.source import read_file, shown
from rwdenoise.photo import Provenance

#: exiv2 is not safe in threads.
_LOCK = threading.Lock()
#: Our own properties; the prefix and the name are part of the file format, do not change them.
NAMESPACE = "urn:rwdenoise:xmp:1.0/"
PREFIX = "rwd"

# Directories that describe pictures which the output does not have.
_FOREIGN_GROUPS = re.compile(r"SubImage\d|SubThumb\d|Thumbnail|Image2|Image3|PanasonicRaw|MpfInfo")
# Tags of the main directory that say how pixels are stored or turned, or where something lies in the file.
_STRUCTURE = frozenset(
    {254, 255, *range(256, 260), 262, 266, 273, 274, 277, 278, 279, 284, 301, 305, 317, 318, 319, 320}
    | {*range(322, 326), 330, 338, 339, 347, *range(512, 522), *range(529, 533), 700, 33421, 33422, 33424, 33723, 34377}
    | {34665, 34675, 34853, 37398, 40965}
)
# From here on the main directory holds the tags of DNG, of which the encoder knows better.
_FIRST_DNG_TAG = 50706
_GEOMETRY = {
    "Exif.Photo.PixelXDimension", "Exif.Photo.PixelYDimension", "Exif.Photo.InteroperabilityTag",
    "Xmp.tiff.ImageWidth", "Xmp.tiff.ImageLength", "Xmp.tiff.BitsPerSample", "Xmp.tiff.Compression",
    "Xmp.tiff.PhotometricInterpretation", "Xmp.tiff.SamplesPerPixel", "Xmp.tiff.PlanarConfiguration",
    "Xmp.tiff.Orientation", "Xmp.tiff.NativeDigest", "Xmp.exif.NativeDigest", "Xmp.exif.PixelXDimension",
    "Xmp.exif.PixelYDimension", "Xmp.exif.ColorSpace", "Exif.Photo.ColorSpace", "Xmp.dc.format",
}  # fmt: skip
# How to develop the RAW: wrong for a picture that is developed already, since editors would do it twice.
_DEVELOPMENT = re.compile(r"Xmp\.(crs|crss|darktable|xmp\.Thumbnails|photoshop\.ICCProfile|xmpGImg)\b")


class Identity(NamedTuple):
    """Which camera took the photo, and at what ISO speed."""

    make: str = ""
    model: str = ""
    iso: float | None = None


class _Metadata(NamedTuple):
    exif: exiv2.ExifData
    xmp: exiv2.XmpData
    iptc: exiv2.IptcData


def read_identity(data: bytes) -> Identity:
    """Return make, model and ISO speed; empty where exiv2 cannot read them.

    Parameters
    ----------
    data : bytes
        The whole file.
    """
    with _LOCK:
        try:
            exif = _open(data).exifData()
            return Identity(_text(exif, "Exif.Image.Make"), _text(exif, "Exif.Image.Model"), _iso(exif))
        except exiv2.Exiv2Error:
            return Identity()


def copy_metadata(
    source: Path | None, encoded: bytes, *, kind: str, provenance: Provenance | None, warn: Callable[[str], None]
) -> bytes:
    """Return the encoded photo with the metadata of its source and a note of what was done to it.

    Metadata that cannot be read is never a reason to lose a photo: it becomes a warning.

    Parameters
    ----------
    source : Path or None
        Where the photo is from; its sidecars (``IMG.xmp``, ``IMG.NEF.xmp``) are read as well.
    encoded : bytes
        A whole DNG, TIFF, JPEG or PNG. Its pixels stay as they are.
    kind : str
        ``"dng"``, where the orientation stays, or another, where the picture is turned already.
    provenance : Provenance or None
        What was done; None if the photo was not denoised.
    warn : callable
        Gets a sentence for each thing that went wrong.
    """
    with _LOCK:
        carried = _read_source(source, warn)
        try:
            return _write(encoded, carried, kind=kind, provenance=provenance)
        except exiv2.Exiv2Error as error:
            warn(
                f"Some metadata does not fit into a {kind} file, so only the description of the work is in it: {error}"
            )
        return _write(encoded, None, kind=kind, provenance=provenance)


def _read_source(source: Path | None, warn: Callable[[str], None]) -> _Metadata | None:
    if source is None:
        return None
    carried = None
    try:
        image = _open(read_file(source))
        carried = _Metadata(image.exifData(), image.xmpData(), image.iptcData())
    except (exiv2.Exiv2Error, PhotoError) as error:
        warn(f"The metadata of {shown(source)} cannot be read, so the output has none of it: {error}")
        carried = _Metadata(exiv2.ExifData(), exiv2.XmpData(), exiv2.IptcData())
    for sidecar in sidecars(source):
        try:
            _merge_sidecar(sidecar, carried.xmp)
        except (exiv2.Exiv2Error, PhotoError, UnicodeError) as error:
            warn(f"The sidecar {shown(sidecar)} cannot be read, so the output has none of it: {error}")
    return carried


def sidecars(source: Path) -> list[Path]:
    """Return the XMP sidecars of a photo that are there, the most specific last: it wins."""
    names = [source.with_suffix(".xmp"), source.with_suffix(".XMP"), source.with_name(f"{source.name}.xmp")]
    return [name for name in names if name.is_file() and name != source]


def _merge_sidecar(sidecar: Path, xmp: exiv2.XmpData) -> None:
    parsed = exiv2.ImageFactory.create(exiv2.ImageType.xmp)
    parsed.setXmpPacket(read_file(sidecar).decode("utf-8-sig"))
    for datum in parsed.xmpData():
        xmp[datum.key()] = datum.value()


def _write(encoded: bytes, carried: _Metadata | None, *, kind: str, provenance: Provenance | None) -> bytes:
    image = _open(encoded)
    exif, xmp, iptc = image.exifData(), image.xmpData(), image.iptcData()
    if carried is not None:
        for datum in carried.exif:
            if _is_wanted(datum):
                exif[datum.key()] = datum.value()
        for datum in carried.xmp:
            if datum.key() not in _GEOMETRY and (kind == "dng" or not _DEVELOPMENT.match(datum.key())):
                xmp[datum.key()] = datum.value()
        for datum in carried.iptc:
            iptc.add(exiv2.IptcKey(datum.key()), datum.value())
    if kind != "dng":
        exif["Exif.Image.Orientation"] = exiv2.UShortValue(1)
    _sign(exif, xmp, provenance)
    image.setExifData(exif)
    image.setXmpData(xmp)
    image.setIptcData(iptc)
    image.writeMetadata()
    return bytes(image.data())


def _is_wanted(datum: exiv2.Exifdatum) -> bool:
    key, group = datum.key(), datum.groupName()
    if _FOREIGN_GROUPS.fullmatch(group) or key in _GEOMETRY:
        return False
    return group != "Image" or not (datum.tag() in _STRUCTURE or datum.tag() >= _FIRST_DNG_TAG)


def _sign(exif: exiv2.ExifData, xmp: exiv2.XmpData, provenance: Provenance | None) -> None:
    exiv2.XmpProperties.registerNs(NAMESPACE, PREFIX)
    program = f"rwdenoise {rwdenoise.__version__}"
    exif["Exif.Image.Software"] = program
    xmp["Xmp.xmp.CreatorTool"] = program
    xmp["Xmp.tiff.Software"] = program
    if provenance is None:
        return
    done = {
        "Version": rwdenoise.__version__,
        "Weights": provenance.weights,
        "Sampler": provenance.sampler,
        "Steps": str(provenance.steps),
        "Strength": f"{provenance.strength:g}",
        "Chroma": f"{provenance.chroma_strength:g}",
        "Detail": f"{provenance.detail:g}",
        "Shot": f"{provenance.noise.shot:.6g}",
        "Read": f"{provenance.noise.read:.6g}",
    }
    for name, value in done.items():
        xmp[f"Xmp.{PREFIX}.{name}"] = value


def _open(data: bytes) -> exiv2.Image:
    # What exiv2 finds odd in a camera's file is no concern of the photographer's.
    exiv2.LogMsg.setLevel(exiv2.LogMsg.Level.mute)
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    return image


def _text(exif: exiv2.ExifData, key: str) -> str:
    found = exif.findKey(exiv2.ExifKey(key))
    return "" if found == exif.end() else str(found.toString()).strip("\0 ")


def _iso(exif: exiv2.ExifData) -> float | None:
    found: Any = exiv2.isoSpeed(exif)
    number = re.fullmatch(r"\d+", "" if found is None or found == exif.end() else str(found.print(exif)))
    return float(number[0]) if number and int(number[0]) > 0 else None
