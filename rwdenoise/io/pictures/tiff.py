"""Reading developed TIFFs, and writing them again with other pixels."""

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
#: Kept as they are; JPEG would lose again, so it becomes deflate.
LOSSLESS = frozenset(
    {COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE}
    | {COMPRESSION.PACKBITS, COMPRESSION.ZSTD, COMPRESSION.LZMA}
)
# What further samples are: unspecified, alpha that the colors were multiplied by, alpha (TIFF 6.0, section 18).
_KINDS = (0, 1, 2)
_UNSPECIFIED = 0
# What tifffile holds of the file at once, in bytes.
_BUFFER = 2**25
_STRIP = 2**18
# Offsets of a classic TIFF have 32 bits; room is left for everything that is not pixels.
_MOST_CLASSIC = 2**32 - 2**25


def read_tiff(data: bytes | Path, *, name: str, source: Path | None = None) -> RgbPhoto:
    """Read a developed picture: gray or RGB, 8, 16 or 32 bits or floats, with or without alpha.

    Parameters
    ----------
    data : bytes or Path
        The whole file, or where it lies; of a file only the pixels are then held in memory.
    name : str
        What to call it in messages.
    source : Path or None
        What the photo says of where it came from.

    Returns
    -------
    RgbPhoto
        Black is 0 even where the file counts from white; alpha is as stored. Previews and the layers of an editor are
        left out; make, model and ISO are not filled in.

    Raises
    ------
    UnsupportedPhotoError
        If it is of another kind (CMYK, Lab, palette, 1 bit, RAW), or has several pages.
    CorruptPhotoError
        If it is damaged, cut off, or no TIFF.
    PhotoAccessError
        If it cannot be opened.
    """
    if isinstance(data, Path):
        check_file(data)
    file = BytesIO(data) if isinstance(data, bytes) else data
    # Sizes of a damaged file may be numbers of numpy's, which only warn of a division by 0.
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
    """Return colors and other planes of pixels of shape (planes, H, W, samples), with 0 for black."""
    pixels = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(np.moveaxis(pixels[..., 0], 0, -1))
    samples, extra = np.split(pixels, [color_count(page)], axis=2)
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        white = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1
        with np.errstate(invalid="ignore"):
            np.subtract(samples.dtype.type(white), samples, out=samples)
    return samples, extra if extra.size else None


def _details(page: TiffPage) -> dict[str, Any]:
    """Return what `encode_tiff` must know; a compression that loses becomes deflate with predictor."""
    lossless = page.compression in LOSSLESS
    return {
        "compression": int(page.compression if lossless else COMPRESSION.ADOBE_DEFLATE),
        "predictor": page.predictor != 1 or not lossless,
        "extrasamples": tuple(int(kind) if kind in _KINDS else _UNSPECIFIED for kind in page.extrasamples),
        **_resolution(page),
    }


def _resolution(page: TiffPage) -> dict[str, Any]:
    """Return pixels per unit, across and down, as fractions, and the unit; nothing where the file says nothing."""
    try:
        tags = [page.tags[code] for code in (_X_RESOLUTION, _Y_RESOLUTION)]
        sides = [Fraction(*tag.value) for tag in tags if tag.dtype == DATATYPE.RATIONAL]
        unit = RESUNIT(page.tags.valueof(_RESOLUTION_UNIT, RESUNIT.INCH))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return {}
    return {"resolution": tuple(side.as_integer_ratio() for side in sides), "unit": int(unit)} if sides[1:] else {}


def encode_tiff(photo: RgbPhoto) -> bytes:
    """Return the picture as a TIFF as like its own as every editor reads.

    Bit depth, alpha and its kind, profile, resolution, orientation and a compression without loss stay. The layout is
    always little-endian, contiguous strips of about 256 KiB, with black at 0: not all editors read tiles and separate
    planes (RawTherapee 5 does not). It is a BigTIFF only where 4 GiB may not be enough.
    """
    pixels = joined(photo)
    details = {"compression": COMPRESSION.ADOBE_DEFLATE, "predictor": True, **photo.stored.details}
    compressed = details["compression"] != COMPRESSION.NONE
    rows = rows_per_strip(pixels)
    file = BytesIO()
    tifffile.imwrite(
        file,
        # tifffile would copy pixels that it writes as they are, all at once.
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
    """Return how many rows make strips of about 256 KiB."""
    return max(1, _STRIP // int(pixels[0].nbytes))


def _row_bytes(pixels: Samples, rows: int) -> Iterator[bytes]:
    stored = pixels.dtype.newbyteorder("<")
    for top in range(0, len(pixels), rows):
        yield pixels[top : top + rows].astype(stored, copy=False).tobytes()


def _extra_kinds(photo: RgbPhoto) -> tuple[int, ...] | None:
    """Return what each further plane is; what the file does not say is unspecified."""
    if photo.extra is None:
        return None
    count = photo.extra.shape[2]
    kinds: tuple[int, ...] = photo.stored.details.get("extrasamples", ())
    return (*kinds, *[_UNSPECIFIED] * count)[:count]
