"""Provide intact files to damage: synthetic files, and real ones if available."""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import exiv2
import numpy as np
import tifffile
from PIL import Image

from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.png import profile_chunk, with_chunks
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng import encode_bare_dng, encode_dng
from rwdenoise.photo.cfa import LINEAR, MONOCHROME, RGGB, X_TRANS
from rwdenoise.photo.tag import ASCII, LONG, RATIONAL, SHORT
from tests.photos import PREVIEW, PROVENANCE, raw_photo
from tests.pictures import pixels, saved
from tests.profiles import formula_curve, gamma_curve, gray_profile, rgb_profile, table_curve

Samples = Mapping[str, bytes]
#: Photo in the sample journal.
JOURNALED = "a.NEF"
#: Largest size of a real file in bytes; larger files would take most of the time.
_LARGEST = 5_000_000
_SMALL = (24, 32)


def raw_files(data: Path | None) -> Samples:
    """Return RAW files of every kind, by name."""
    drawn = {
        f"{cfa.name}.dng": encode_dng(raw_photo(cfa, size=_SMALL), preview=PREVIEW, provenance=PROVENANCE)
        for cfa in (RGGB, X_TRANS, MONOCHROME, LINEAR)
    }
    drawn |= {"bare.dng": encode_bare_dng(raw_photo(size=_SMALL)), "heap.CRW": crw(), "kodak.KDC": kdc()}
    found = sorted((data / "raw").rglob("*")) if data else []
    return drawn | {
        path.name: path.read_bytes() for path in found if path.is_file() and path.stat().st_size <= _LARGEST
    }


@cache
def pictures() -> Samples:
    """Return small pictures of every format, with profile, Exif and XMP."""
    icc = profile("display-p3")
    color, gray = pixels(size=_SMALL), pixels(channels=1, size=_SMALL)
    deep = pixels(channels=4, depth=np.uint16, size=_SMALL)
    jpeg = {"icc_profile": icc, "exif": _exif(), "comment": b"none", "dpi": (300, 300)}
    return {
        "plain.jpg": saved(color, "JPEG", **jpeg),
        "progressive.jpg": saved(color, "JPEG", progressive=True, subsampling=2, icc_profile=icc),
        "gray.jpg": saved(gray, "JPEG", exif=_exif()),
        "color.png": with_chunks(saved(color, "PNG", exif=_exif(), dpi=(300, 300)), [profile_chunk(icc)]),
        "gray.png": saved(gray, "PNG"),
        "lossy.webp": saved(color, "WEBP", icc_profile=icc, exif=_exif()),
        "lossless.webp": saved(pixels(channels=4, size=_SMALL), "WEBP", lossless=True),
        "plain.tif": _tiff(color, photometric="rgb", iccprofile=icc, resolution=(300, 300), resolutionunit="INCH"),
        "deflate.tif": _tiff(deep, photometric="rgb", extrasamples=["unassalpha"], compression="zlib", predictor=True),
        "lzw.tif": _tiff(color, photometric="rgb", compression="lzw"),
        "tiled.tif": _tiff(color, photometric="rgb", compression="packbits", tile=(16, 16)),
        "jpeg.tif": _tiff(color, photometric="ycbcr", compression="jpeg"),
        "zstd.tif": _tiff(color.astype(np.float32) / 255, photometric="rgb", compression="zstd", byteorder=">"),
        "white.tif": _tiff(gray[..., 0], photometric="miniswhite", planarconfig=None, bigtiff=True),
        "photo.avif": saved(color, "AVIF", icc_profile=icc),
        **_heif(color),
    }


@cache
def profiles() -> Samples:
    """Return ICC profiles of every kind that the reader supports."""
    curves = [gamma_curve(2.2), table_curve([0, 1000, 30000, 65535])]
    curves += [
        formula_curve(kind, *(2.2, 0.9, 0.1, 0.1, 0.04, 0.01, 0.0)[: (1, 3, 4, 5, 7)[kind]]) for kind in range(5)
    ]
    both = [make(curve) for curve in curves for make in (rgb_profile, gray_profile)]
    return {str(number): data for number, data in enumerate([*both, profile("rec2020")])}


@cache
def events() -> Samples:
    """Return one line of JSON for each event."""
    from rwdenoise.choices import Settings
    from rwdenoise.events import Failed, Finished, Noise, Progress, Residual, Started, Summary, to_json

    told = (
        Started("a", "a.NEF", "a.dng"),
        Noise("a", 1e-3, 1e-5, "given"),
        Progress("a", "denoise", 1, 96),
        Residual("a", 0.5, 12, [{"top": 1, "left": 2}]),
        Finished("a", "a.dng", 1.0, 24.0, "cfa", "cpu", Settings(4)),
        Failed("a", "no-access", "Message.", "Hint."),
        Summary(written=1, failed=0, skipped=0, seconds=1.5),
    )
    return {type(event).__name__: to_json(event).encode() for event in told}


@cache
def requests() -> Samples:
    """Return lines of JSON with requests to a worker."""
    sides = {"width": 4, "height": 4, "channels": 3, "alpha": False, "type": "u8", "encoding": "linear"}
    job: dict[str, Any] = {"v": 1, "request": "denoise", "job": "a", "folder": "/nowhere", **sides}
    every = job | {"steps": 4, "strength": 0.5, "chroma": None, "detail": 0.0, "quality": "best", "preview": True}
    cancel = {"v": 1, "request": "cancel", "job": "a"}
    return {str(number): json.dumps(table).encode() for number, table in enumerate((job, every, cancel))}


@cache
def weights() -> Samples:
    """Return the weights file of a tiny network."""
    from rwdenoise.network.unet import save_network
    from tests.tiny import tiny_facts, tiny_network

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.safetensors"
        save_network(tiny_network(), tiny_facts(), path)
        return {path.name: path.read_bytes()}


@cache
def configuration() -> Samples:
    """Return a configuration file."""
    text = '[denoise]\nsteps = 4\nstrength = 0.5\nformat = "tiff"\noverwrite = true\n\n[inspect]\njson = true\n'
    return {"config.toml": text.encode()}


@cache
def journal() -> Samples:
    """Return a journal with entries."""
    from rwdenoise.events import Failed
    from rwdenoise.jobs.journal import Journal

    with tempfile.TemporaryDirectory() as folder:
        path, photo = Path(folder) / "journal.sqlite", Path(folder) / JOURNALED
        photo.write_bytes(b"photo")
        with Journal(path) as journal:
            journal.record_done(photo, "0" * 64, photo, "0" * 32)
            journal.record_failed(photo, Failed("a", "no-access", "Message.", "Hint."))
            journal.begin_call(["-o", "b", "a"], Path(folder))
        return {path.name: path.read_bytes()}


@cache
def sidecars() -> Samples:
    """Return XMP sidecars as editors write them."""
    packet = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
    <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="3">
    <dc:subject><rdf:Bag><rdf:li>night</rdf:li><rdf:li>stars</rdf:li></rdf:Bag></dc:subject>
    <dc:title><rdf:Alt><rdf:li xml:lang="x-default">A title</rdf:li></rdf:Alt></dc:title>
    </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
    entities = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c SYSTEM "file:///etc/passwd">]>' + packet
    return {"a.xmp": packet.encode(), "entities.xmp": entities.replace("night", "&b;&c;").encode()}


def crw() -> bytes:
    """Return a heap of records as in Canon's first RAW files: texts, and a nested heap with its directory last."""
    inner = b"Canon\0One\0" + _heap_directory([(0x080A, 10, 0)], start=10)
    records = [(0x2807, len(inner), 0), (0x5029, 100, 7)]
    heap = inner + _heap_directory(records, start=len(inner))
    return b"II\x1a\0\0\0HEAPCCDR" + bytes(12) + heap


def kdc() -> bytes:
    """Return a TIFF with Kodak's private directory, as in KDC files."""
    directory = _directory([(tags.MAKE, ASCII, 4, b"Kod\0"), (tags.KODAK_IFD, LONG, 1, b"\x26\0\0\0")])
    own = _directory([(1000, SHORT, 2, b"\1\0\2\0"), (1001, RATIONAL, 1, b"\x08\0\0\0")])
    return b"II*\0\x08\0\0\0" + directory + own


def _directory(entries: list[tuple[int, int, int, bytes]]) -> bytes:
    rows = (
        b"".join(number.to_bytes(2, "little") for number in entry[:2]) + _u32(entry[2]) + entry[3] for entry in entries
    )
    return len(entries).to_bytes(2, "little") + b"".join(rows) + bytes(4)


def _heap_directory(records: list[tuple[int, int, int]], *, start: int) -> bytes:
    rows = b"".join(kind.to_bytes(2, "little") + _u32(size) + _u32(place) for kind, size, place in records)
    return len(records).to_bytes(2, "little") + rows + _u32(start)


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _tiff(array: np.ndarray, **settings: Any) -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, array, metadata=None, **{"planarconfig": "contig", **settings})
    return file.getvalue()


def _heif(array: np.ndarray) -> Samples:
    try:
        import pillow_heif
    except ImportError:
        return {}
    file = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(array)).save(file)
    return {"photo.heic": file.getvalue()}


def _exif() -> bytes:
    image = exiv2.ImageFactory.open(saved(pixels(size=(8, 8)), "JPEG"))
    image.readMetadata()
    exif = image.exifData()
    exif["Exif.Image.Make"], exif["Exif.Image.Model"] = "Test", "Test One"
    exif["Exif.Image.Orientation"] = exiv2.UShortValue(6)
    exif["Exif.Photo.ISOSpeedRatings"] = exiv2.UShortValue(6400)
    exif["Exif.GPSInfo.GPSLatitudeRef"] = "N"
    image.setExifData(exif)
    image.writeMetadata()
    return bytes(Image.open(BytesIO(bytes(image.data()))).info["exif"])
