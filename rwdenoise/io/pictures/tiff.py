"""Read developed TIFFs, and write them with other pixels."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from tifffile import COMPRESSION, DATATYPE, PHOTOMETRIC, RESUNIT, TiffFile, TiffPage

from rwdenoise.io.pictures.convert import joined
from rwdenoise.io.pictures.decoders import decoding
from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.io.pictures.tiff_checks import color_count, only_page, refuse_lies, refuse_other_kinds
from rwdenoise.io.source import check_file
from rwdenoise.photo.rgb import RgbPhoto, Samples, Stored

# Tag numbers (TIFF 6.0; the profile: ICC.1:2022, annex B.2).
_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _ICC_PROFILE = 274, 282, 283, 296, 34675
_SHORT = 3
#: Compressions that are kept; lossy JPEG becomes deflate.
LOSSLESS = frozenset(
    {COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE}
    | {COMPRESSION.PACKBITS, COMPRESSION.ZSTD, COMPRESSION.LZMA}
)
# Kinds of extra samples: unspecified, premultiplied alpha, alpha (TIFF 6.0, section 18).
_KINDS = (0, 1, 2)
_UNSPECIFIED = 0
# Buffer size of tifffile in bytes.
_BUFFER = 2**25
_STRIP = 2**18
# Offsets of a classic TIFF have 32 bits; this leaves room for data other than pixels.
_MOST_CLASSIC = 2**32 - 2**25


def read_tiff(data: bytes | Path, *, name: str, source: Path | None = None) -> RgbPhoto:
    """Read a developed picture: gray or RGB, 8, 16 or 32 bits or floats, with or without alpha.

    Parameters
    ----------
    data : bytes or Path
        The complete file, or its path; with a path, only the pixels are held in memory.
    name : str
        Name of the file in messages.
    source : Path or None
        The `source` of the returned photo.

    Returns
    -------
    RgbPhoto
        Black is 0 even if it is not in the file; alpha is as stored. Previews and layers of editors are ignored; make,
        model and ISO are not set.

    Raises
    ------
    UnsupportedPhotoError
        If its kind is not supported (CMYK, Lab, palette, 1 bit, RAW), or it has several pages.
    CorruptPhotoError
        If it is damaged, cut off, or not a TIFF.
    PhotoAccessError
        If it cannot be opened.
    """
    if isinstance(data, Path):
        check_file(data)
    file = BytesIO(data) if isinstance(data, bytes) else data
    # Sizes of a damaged file may be numpy numbers, which by default only warn about a division by 0.
    with decoding(name, "TIFF"), np.errstate(all="raise"), TiffFile(file) as tif:
        page = only_page(tif, name=name)
        refuse_other_kinds(page, name=name)
        refuse_lies(page, tif.filehandle.size, name=name)
        pixels = page.asarray(squeeze=False, buffersize=_BUFFER)[:, 0]
        icc, orientation = page.tags.valueof(_ICC_PROFILE), page.tags.valueof(_ORIENTATION)
        details = _details(page)
    samples, extra = _split(pixels, page)
    icc = icc if isinstance(icc, bytes) else None
    return RgbPhoto(
        samples=samples,
        extra=extra,
        encoding=encoding_of(icc, gray=samples.shape[2] == 1, floating=samples.dtype.kind == "f"),
        stored=Stored("tiff", icc, details),
        orientation=int(orientation) if orientation in range(1, 9) else 1,
        source=source,
    )


def _split(pixels: Samples, page: TiffPage) -> tuple[Samples, Samples | None]:
    """Split pixels of shape (planes, H, W, samples) into colors, with black at 0, and other planes."""
    pixels = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(np.moveaxis(pixels[..., 0], 0, -1))
    samples, extra = np.split(pixels, [color_count(page)], axis=2)
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        white = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1
        with np.errstate(invalid="ignore"):
            np.subtract(samples.dtype.type(white), samples, out=samples)
    return samples, extra if extra.size else None


def _details(page: TiffPage) -> dict[str, Any]:
    """Return the details for `encode_tiff`; lossy compression becomes deflate with predictor."""
    lossless = page.compression in LOSSLESS
    return {
        "compression": int(page.compression if lossless else COMPRESSION.ADOBE_DEFLATE),
        "predictor": page.predictor != 1 or not lossless,
        "extrasamples": tuple(int(kind) if kind in _KINDS else _UNSPECIFIED for kind in page.extrasamples),
        **_resolution(page),
    }


def _resolution(page: TiffPage) -> dict[str, Any]:
    """Return pixels per unit, across and down, as fractions, and the unit; empty if not stated."""
    try:
        tags = [page.tags[code] for code in (_X_RESOLUTION, _Y_RESOLUTION)]
        sides = [Fraction(*tag.value) for tag in tags if tag.dtype == DATATYPE.RATIONAL]
        unit = RESUNIT(page.tags.valueof(_RESOLUTION_UNIT, RESUNIT.INCH))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return {}
    return {"resolution": tuple(side.as_integer_ratio() for side in sides), "unit": int(unit)} if sides[1:] else {}


def encode_tiff(photo: RgbPhoto) -> bytes:
    """Encode a TIFF that is as similar to the source as all editors can read.

    Bit depth, alpha and its kind, profile, resolution, orientation and lossless compression are kept. The layout is
    always little-endian with contiguous strips of about 256 KiB and black at 0, because some editors (RawTherapee 5)
    read neither tiles nor separate planes. The file is a BigTIFF only if it may exceed 4 GiB.
    """
    pixels = joined(photo)
    details = {"compression": COMPRESSION.ADOBE_DEFLATE, "predictor": True, **photo.stored.details}
    compressed = details["compression"] != COMPRESSION.NONE
    rows = rows_per_strip(pixels)
    file = BytesIO()
    tifffile.imwrite(
        file,
        # tifffile would copy all uncompressed pixels at once.
        pixels if compressed else _row_bytes(pixels, rows),
        shape=pixels.shape,
        dtype=pixels.dtype,
        bigtiff=pixels.nbytes > _MOST_CLASSIC,
        byteorder="<",
        photometric="rgb" if photo.samples.shape[2] == 3 else "minisblack",
        planarconfig="contig" if pixels.ndim == 3 else None,
        extrasamples=_extra_kinds(photo),
        compression=details["compression"],
        predictor=compressed and details["predictor"],
        rowsperstrip=rows,
        iccprofile=photo.stored.icc,
        resolution=details.get("resolution"),
        resolutionunit=details.get("unit"),
        extratags=[(_ORIENTATION, _SHORT, 1, photo.orientation, True)],
        metadata=None,
        software="",
        buffersize=_BUFFER,
    )
    return file.getvalue()


def rows_per_strip(pixels: Samples) -> int:
    """Return the number of rows in a strip of about 256 KiB."""
    return max(1, _STRIP // int(pixels[0].nbytes))


def _row_bytes(pixels: Samples, rows: int) -> Iterator[bytes]:
    stored = pixels.dtype.newbyteorder("<")
    for top in range(0, len(pixels), rows):
        yield pixels[top : top + rows].astype(stored, copy=False).tobytes()


def _extra_kinds(photo: RgbPhoto) -> tuple[int, ...] | None:
    """Return the kind of each extra plane; unspecified if the file does not state it."""
    if photo.extra is None:
        return None
    count = photo.extra.shape[2]
    kinds: tuple[int, ...] = photo.stored.details.get("extrasamples", ())
    return (*kinds, *[_UNSPECIFIED] * count)[:count]
