"""Check a TIFF before reading its pixels: unsupported kinds and inconsistent sizes."""

from __future__ import annotations

import logging
import math

import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC, TiffFile, TiffPage

from rwdenoise.errors import UnsupportedPhotoError
from rwdenoise.io.pictures.decoders import cut_off, refuse_size

# Our errors report the problems of a file; tifffile would also print them.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_EXPECTED = "expected a gray or RGB picture of 8, 16 or 32 bits"
_SAVE_AS_RGB = "Save it in your editor as a 16-bit RGB TIFF with LZW, deflate or no compression."
_SAVE_ALONE = "Save each page as a separate TIFF."

# Maximum bytes of pixels per byte of the file. Packbits: a run (TIFF 6.0, section 9). LZW: the longest string of a
# 12-bit code (section 13). Deflate: zlib Technical Details, "Maximum Compression Factor". Zstandard: an RLE block
# (RFC 8878, 3.1.1.2.2); LZMA holds less. JPEG: 16 x 16 pixels without detail, at one bit for each of six blocks.
_MOST_PER_BYTE: dict[int, int] = {
    COMPRESSION.NONE: 1,
    COMPRESSION.PACKBITS: 64,
    COMPRESSION.LZW: 2560,
    COMPRESSION.ADOBE_DEFLATE: 1032,
    COMPRESSION.DEFLATE: 1032,
    COMPRESSION.ZSTD: 2**15,
    COMPRESSION.LZMA: 2**15,
    COMPRESSION.JPEG: 2**10,
}
_KINDS: dict[int, str] = {
    PHOTOMETRIC.PALETTE: "has indexed colors (a palette)",
    PHOTOMETRIC.MASK: "is a mask",
    PHOTOMETRIC.SEPARATED: "is CMYK, made for print",
    PHOTOMETRIC.YCBCR: "is YCbCr without JPEG compression",
    PHOTOMETRIC.CIELAB: "is in the color space Lab",
    PHOTOMETRIC.ICCLAB: "is in the color space Lab",
    PHOTOMETRIC.ITULAB: "is in the color space Lab",
    PHOTOMETRIC.CFA: "holds a RAW mosaic in a proprietary form of the camera maker",
    PHOTOMETRIC.LINEAR_RAW: "holds linear RAW colors",
    PHOTOMETRIC.LOGL: "has logarithmic samples (LogLuv)",
    PHOTOMETRIC.LOGLUV: "has logarithmic samples (LogLuv)",
}
_FORMATS = {2: "signed", 5: "complex", 6: "complex"}
# SampleFormat and BitsPerSample of unsigned integers and floats.
_TYPES = frozenset({(1, 8), (1, 16), (1, 32), (3, 16), (3, 32), (3, 64)})
# The bit of NewSubfileType for reduced copies.
_REDUCED = 1
# Further pages are not counted.
_MAX_PAGES = 1000


def only_page(tif: TiffFile, *, name: str) -> TiffPage:
    """Return the only full page; pages marked as reduced copies are previews and do not count.

    Raises
    ------
    UnsupportedPhotoError
        If the file has several full pages or none.
    """
    full = [page for page in _pages(tif) if not page.subfiletype & _REDUCED]
    if len(full) > 1:
        message = f"{name} has {len(full)} pages; expected a photo on one page."
        raise UnsupportedPhotoError(message, hint=_SAVE_ALONE)
    if not full:
        message = f"{name} has only previews; {_EXPECTED}."
        raise UnsupportedPhotoError(message, hint=_SAVE_AS_RGB)
    return full[0]


def _pages(tif: TiffFile) -> list[TiffPage]:
    """Return the pages, each once even if their chain forms a loop."""
    found: dict[int, TiffPage] = {}
    for page in tif.pages:
        if page.offset in found or len(found) == _MAX_PAGES:
            break
        if isinstance(page, TiffPage):
            found[page.offset] = page
    return list(found.values())


def refuse_other_kinds(page: TiffPage, *, name: str) -> None:
    """Raise UnsupportedPhotoError unless the page is gray or RGB with a supported depth and compression."""
    said = _other_kind(page)
    if said:
        message = f"{name} {said}; {_EXPECTED}."
        raise UnsupportedPhotoError(message, hint=_SAVE_AS_RGB)


def _other_kind(page: TiffPage) -> str:
    """Describe why the page is not supported; empty if it is."""
    jpeg = page.compression == COMPRESSION.JPEG
    if page.photometric in _KINDS and not (jpeg and page.photometric == PHOTOMETRIC.YCBCR):
        return _KINDS[page.photometric]
    if page.photometric not in (*_KINDS, PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.RGB):
        return f"has colors of an unknown kind (PhotometricInterpretation {int(page.photometric)})"
    if page.compression not in _MOST_PER_BYTE:
        return f"has an unsupported compression ({_word(page.compression)})"
    if page.sampleformat in _FORMATS:
        return f"has {_FORMATS[page.sampleformat]} samples"
    if page.bitspersample == 1:
        return "is a 1-bit black-and-white scan"
    if (page.sampleformat, page.bitspersample) not in _TYPES:
        return f"has {page.bitspersample}-bit samples (SampleFormat {_word(page.sampleformat)})"
    return "is a volume with several layers" if page.imagedepth != 1 else ""


def _word(code: int) -> str:
    return str(getattr(code, "name", code))


def color_count(page: TiffPage) -> int:
    """Return the number of color samples per pixel, as opposed to alpha and other planes."""
    return 1 if page.photometric in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE) else 3


def refuse_lies(page: TiffPage, size: int, *, name: str) -> None:
    """Raise CorruptPhotoError if a file of `size` bytes cannot contain the stated page."""
    refuse_size(page.imagelength, page.imagewidth, name=name)
    said = _lie(page, size)
    if said:
        raise cut_off(name, said)


def _lie(page: TiffPage, size: int) -> str:
    """Describe what is impossible in the stated sizes; empty if nothing is."""
    frame = f"{page.imagewidth} x {page.imagelength} pixels of {page.samplesperpixel} samples"
    places, counts, pieces = page.dataoffsets, page.databytecounts, math.prod(page.chunked)
    # Tiles extend over the edges and are decoded completely.
    samples = pieces * math.prod(page.chunks) if page.is_tiled else math.prod(page.shape)
    held = sum(counts)
    if page.samplesperpixel < color_count(page):
        return f"it states {frame}"
    if min(len(places), len(counts)) < pieces:
        return f"it has {min(len(places), len(counts))} of {pieces} strips or tiles"
    if any(place <= 0 or count <= 0 or place + count > size for place, count in zip(places, counts, strict=False)):
        return f"it has strips or tiles beyond its {size} bytes"
    if held > size or samples * page.bitspersample // 8 > held * _MOST_PER_BYTE[page.compression]:
        return f"{held} bytes cannot hold {frame}"
    return _jpeg_lie(page) if page.compression == COMPRESSION.JPEG else ""


def _jpeg_lie(page: TiffPage) -> str:
    """Describe wrong sizes inside JPEG strips or tiles, which their decoder would trust; empty if they are right."""
    file = page.parent.filehandle
    most = math.prod(page.chunks[:2])
    for place, count in zip(page.dataoffsets, page.databytecounts, strict=False):
        file.seek(place)
        _, height, width, _ = tifffile.tifffile.jpeg_shape(file.read(count))
        if height * width > most:
            return f"it has {width} x {height} pixels in a strip or tile of {most}"
    return ""
