"""Write RAW as DNG, in a layout that LibRaw, darktable, RawTherapee and Adobe's programs can read.

The main directory has a JPEG preview and all color tags; one SubIFD has the full native mosaic, or the three linear
colors of each pixel, in tiles of lossless JPEG.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng_tags import D65, MOSAIC_CODES
from rwdenoise.io.raw.tiff_structure import Picture, assemble
from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import LINEAR, MONOCHROME
from rwdenoise.photo.color import U16_MAX
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tag import BYTE, DOUBLE, LONG, SHORT, Tag

# Adobe's converter uses 256; some programs do not read lossless JPEG of other sizes.
TILE = 256
_PREVIEW_QUALITY = 90
_JPEG, _YCBCR, _CENTERED, _CHUNKY, _FULL, _REDUCED = 7, 6, 1, 1, 0, 1
#: Minimum remaining variance: the profile never states less than a tenth of the standard deviation.
_LEAST_RESIDUAL = 0.01
_RECTANGULAR = 1


def encode_dng(
    photo: RawPhoto,
    *,
    preview: NDArray[np.uint8],
    provenance: Provenance | None,
    tiles: list[bytes] | None = None,
) -> bytes:
    """Encode a photo as a DNG file.

    Parameters
    ----------
    photo : RawPhoto
        The mosaic is written losslessly at native size with its borders; linear colors too, but clipped at black.
    preview : ndarray of uint8, shape (H, W, 3)
        The preview for file browsers, in sRGB, without applying the orientation.
    provenance : Provenance or None
        How the photo was denoised, which determines the remaining noise; None if it was not.
    tiles : list of bytes, optional
        The result of `encode_tiles` for the photo, if available.

    Returns
    -------
    bytes
        The complete file without the Exif of the source, which `rwdenoise.io.metadata.copy.copy_metadata` adds.
    """
    photo = _without_black(photo)
    main = [*_preview_tags(preview), *_identity_tags(photo), *_color_tags(photo), *_noise_tags(provenance)]
    jpeg = bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(preview), level=_PREVIEW_QUALITY, subsampling="444"))
    return assemble(Picture(main, [jpeg]), Picture([*_mosaic_tags(photo)], tiles or _tiles(photo.mosaic)))


def encode_tiles(photo: RawPhoto) -> list[bytes]:
    """Encode the tiles for the DNG of a photo."""
    return _tiles(_without_black(photo).mosaic)


def encode_bare_dng(photo: RawPhoto) -> bytes:
    """Encode a photo as a DNG without a preview, for a raw converter in the same process."""
    photo = _without_black(photo)
    everything = [*_identity_tags(photo), *_color_tags(photo), *_mosaic_tags(photo)]
    return assemble(Picture(everything, _tiles(photo.mosaic)))


def _without_black(photo: RawPhoto) -> RawPhoto:
    """Return a linear photo with black at 0; return other photos unchanged.

    LibRaw 0.22, RawTherapee 5.9 and darktable 4.2 subtract the black level of linear DNGs wrongly or not at all.
    """
    if photo.is_mosaic or not photo.black.any():
        return photo
    span = photo.white - photo.black
    white = np.rint(span.max())
    samples = np.rint((photo.mosaic - photo.black) * (white / span)).clip(0, U16_MAX).astype(np.uint16)
    return replace(photo, mosaic=samples, black=np.zeros_like(photo.black), white=float(white))


def _tiles(mosaic: NDArray[np.uint16]) -> list[bytes]:
    """Encode the mosaic as tiles of lossless JPEG; repeat the edge to fill the last tiles."""
    (height, width), step = mosaic.shape[:2], _tile_width(mosaic)

    def encode(corner: tuple[int, int]) -> bytes:
        piece = mosaic[corner[0] : corner[0] + TILE, corner[1] : corner[1] + step]
        filling = [(0, TILE - piece.shape[0]), (0, step - piece.shape[1]), (0, 0)][: piece.ndim]
        return _encode_tile(np.pad(piece, filling, mode="edge"))

    return on_every_core(encode, product(range(0, height, TILE), range(0, width, step)))


def _tile_width(mosaic: NDArray[np.uint16]) -> int:
    """Return the width of tiles, a multiple of 16 as TIFF requires.

    LibRaw 0.22 corrupts tiles wider than the mosaic, and mosaics exactly two tiles wide.
    """
    if mosaic.shape[1] == 2 * TILE:
        return TILE // 2
    return min(TILE, max(int(mosaic.shape[1]) // 16 * 16, 16))


def _encode_tile(piece: NDArray[np.uint16]) -> bytes:
    # In an image of half the width with two components, each site of a mosaic is predicted from one of the same color.
    components = piece if piece.ndim == 3 else piece.reshape(piece.shape[0], -1, 2)
    return bytes(imagecodecs.jpeg8_encode(components, lossless=True, bitspersample=16))


def _preview_tags(preview: NDArray[np.uint8]) -> Iterator[Tag]:
    height, width, samples = preview.shape
    yield from _pixel_tags(height, width, kind=_REDUCED, photometric=_YCBCR, bits=(8,) * samples)
    yield tags.numbers(tags.ROWS_PER_STRIP, LONG, (height,))
    yield tags.numbers(tags.YCBCR_SUBSAMPLING, SHORT, (1, 1))
    yield tags.numbers(tags.YCBCR_POSITIONING, SHORT, (_CENTERED,))
    yield tags.rationals(tags.REFERENCE_BLACK_WHITE, (0, 255, 128, 255, 128, 255))


def _pixel_tags(height: int, width: int, *, kind: int, photometric: int, bits: Sequence[int]) -> Iterator[Tag]:
    yield tags.numbers(tags.NEW_SUBFILE_TYPE, LONG, (kind,))
    yield tags.numbers(tags.IMAGE_WIDTH, LONG, (width,))
    yield tags.numbers(tags.IMAGE_LENGTH, LONG, (height,))
    yield tags.numbers(tags.BITS_PER_SAMPLE, SHORT, bits)
    yield tags.numbers(tags.COMPRESSION, SHORT, (_JPEG,))
    yield tags.numbers(tags.PHOTOMETRIC, SHORT, (photometric,))
    yield tags.numbers(tags.SAMPLES_PER_PIXEL, SHORT, (len(bits),))
    yield tags.numbers(tags.PLANAR_CONFIGURATION, SHORT, (_CHUNKY,))


def _identity_tags(photo: RawPhoto) -> Iterator[Tag]:
    yield tags.numbers(tags.DNG_VERSION, BYTE, (1, 4, 0, 0))
    yield tags.numbers(tags.DNG_BACKWARD_VERSION, BYTE, (1, 1, 0, 0))
    yield tags.numbers(tags.ORIENTATION, SHORT, (photo.orientation,))
    camera = ((tags.MAKE, photo.make), (tags.MODEL, photo.model))
    yield from (tags.ascii_text(code, said) for code, said in camera if said)
    if photo.iso and photo.source is None:  # Otherwise the Exif of the source states it.
        yield tags.numbers(tags.ISO_SPEED, SHORT, (min(round(photo.iso), U16_MAX),))
    if tags.UNIQUE_CAMERA_MODEL not in _codes(photo.dng_tags):
        brand = photo.make.split(" ")[0]
        whole = photo.model if photo.model.upper().startswith(brand.upper()) else f"{brand} {photo.model}"
        yield tags.ascii_text(tags.UNIQUE_CAMERA_MODEL, whole.strip() or "Unknown camera")


def _color_tags(photo: RawPhoto) -> Iterator[Tag]:
    """Yield the color tags of a DNG source unchanged, or else tags with the colors known for the camera."""
    carried = [tag for tag in photo.dng_tags if tag.code not in MOSAIC_CODES]
    yield from carried
    codes = _codes(carried)
    if tags.BASELINE_EXPOSURE not in codes:
        yield tags.rationals(tags.BASELINE_EXPOSURE, (0,), signed=True)
    if photo.color_matrix is None:
        return
    if tags.COLOR_MATRIX_1 not in codes:
        yield tags.rationals(tags.COLOR_MATRIX_1, photo.color_matrix.ravel(), signed=True)
        yield tags.numbers(tags.CALIBRATION_ILLUMINANT_1, SHORT, (D65,))
    if not codes & {tags.AS_SHOT_NEUTRAL, tags.AS_SHOT_WHITE_XY}:
        yield tags.rationals(tags.AS_SHOT_NEUTRAL, (1 / gain for gain in photo.white_balance))


def _noise_tags(provenance: Provenance | None) -> Iterator[Tag]:
    if provenance is None:
        return
    if provenance.noise is not None:
        left = max((1 - min(provenance.settings.strength, provenance.settings.chroma_strength)) ** 2, _LEAST_RESIDUAL)
        profile = (provenance.noise.shot * left, provenance.noise.read * left)
        yield tags.numbers(tags.NOISE_PROFILE, DOUBLE, profile)
    yield tags.rationals(tags.NOISE_REDUCTION_APPLIED, (provenance.settings.strength,))


def _mosaic_tags(photo: RawPhoto) -> Iterator[Tag]:
    active, crop = photo.active, photo.crop
    mosaic = photo.cfa not in (MONOCHROME, LINEAR)
    photometric = tags.CFA_PHOTOMETRIC if mosaic else tags.LINEAR_RAW_PHOTOMETRIC
    height, width, *colors = photo.mosaic.shape
    samples = math.prod(colors)
    yield from _pixel_tags(height, width, kind=_FULL, photometric=photometric, bits=(16,) * samples)
    yield tags.numbers(tags.TILE_WIDTH, LONG, (_tile_width(photo.mosaic),))
    yield tags.numbers(tags.TILE_LENGTH, LONG, (TILE,))
    edges = (active.top, active.left, active.top + active.height, active.left + active.width)
    if mosaic:
        rows, columns = photo.cfa.period
        yield tags.numbers(tags.CFA_REPEAT_PATTERN_DIM, SHORT, (rows, columns))
        yield tags.numbers(tags.CFA_PATTERN, BYTE, np.ravel(photo.cfa.colors))
        yield tags.numbers(tags.CFA_PLANE_COLOR, BYTE, (0, 1, 2))
        yield tags.numbers(tags.CFA_LAYOUT, SHORT, (_RECTANGULAR,))
    yield tags.numbers(tags.BLACK_LEVEL_REPEAT_DIM, SHORT, photo.black.shape[:2])
    yield tags.rationals(tags.BLACK_LEVEL, photo.black.ravel())
    yield tags.numbers(tags.WHITE_LEVEL, LONG, (round(photo.white),) * samples)
    # The horizontal and vertical scale for display; one of them is 1.
    yield tags.rationals(tags.DEFAULT_SCALE, (max(photo.pixel_aspect, 1.0), max(1 / photo.pixel_aspect, 1.0)))
    yield tags.rationals(tags.DEFAULT_CROP_ORIGIN, (crop.left, crop.top))
    yield tags.rationals(tags.DEFAULT_CROP_SIZE, (crop.width, crop.height))
    yield tags.numbers(tags.ACTIVE_AREA, LONG, edges)
    yield from (tag for tag in photo.dng_tags if tag.code in MOSAIC_CODES)


def _codes(found: Iterable[Tag]) -> set[int]:
    return {tag.code for tag in found}
