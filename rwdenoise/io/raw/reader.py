"""Read camera RAW files undeveloped, with levels, colors and metadata, as `RawPhoto`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray

from rwdenoise.errors import CorruptPhotoError, UnsupportedPhotoError
from rwdenoise.io.metadata.origin import read_origin
from rwdenoise.io.raw import dng_tags
from rwdenoise.io.raw.checks import HEAD, refuse_unreadable, unknown_kind
from rwdenoise.io.raw.dng_tags import is_inside
from rwdenoise.io.raw.libraw import embedded_preview, measured_matrix, unpacked
from rwdenoise.io.raw.linear import read_linear
from rwdenoise.io.raw.private_data import private_tags
from rwdenoise.io.raw.tiff_structure import Directory, read_directories
from rwdenoise.io.source import COPY_AGAIN, read_file, shown
from rwdenoise.photo.cfa import BLUE, CLEAR, GREEN, LINEAR, MONOCHROME, RED, Cfa
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area

#: LibRaw's `flip` (mirror 1, upside down 2, transpose 4) -> Exif orientation.
ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}

_LETTERS = {"R": RED, "G": GREEN, "B": BLUE}
_NAMES = {(2, 2): "Bayer", (6, 6): "X-Trans"}


def read_raw(path: Path) -> RawPhoto:
    """Read a RAW photo at native size with its borders: a mosaic, or linear colors (sRAW, linear DNG).

    Parameters
    ----------
    path : Path
        A file that LibRaw decodes to a mosaic (Bayer, X-Trans, monochrome) or to red, green and blue.

    Raises
    ------
    PhotoAccessError
        If the system refuses to read it.
    CorruptPhotoError
        If it is empty, cut off, damaged, not a photo, or has invalid levels.
    UnsupportedPhotoError
        If its kind of photo is not supported; the message states the kind.
    """
    data = read_file(path)
    directories = read_directories(data)
    head = data[:HEAD]
    refuse_unreadable(head, len(data), directories, name=shown(path))
    with unpacked(data, name=shown(path), unknown=unknown_kind(head, directories)) as raw:
        photo = _to_photo(raw, data, directories, path=path)
    origin, (make, model, iso, _) = read_origin(data, rendering=embedded_preview(data))
    return replace(photo, make=make, model=model, iso=photo.iso or iso, origin=origin)


def _to_photo(raw: rawpy.RawPy, data: bytes, directories: Sequence[Directory], *, path: Path) -> RawPhoto:
    name = shown(path)
    # Both are empty for all files but DNG.
    mosaic = (dng_tags.mosaic_directory(directories) if dng_tags.is_dng(directories) else None) or {}
    main = directories[0] if mosaic else {}
    filters = _filters_of(raw, name)
    cfa, black = _cfa_of(filters, raw.color_desc, name), np.array(raw.black_level_per_channel, np.float32)[filters]
    height, width = raw.raw_image.shape[:2]
    active, crop = _areas_of(raw.sizes, Area(0, 0, height, width))
    if mosaic:
        # LibRaw rounds odd corners up to even ones and black levels to integers; use the values of the file.
        stated = dng_tags.active_area(mosaic, (height, width)) or active
        cfa = cfa.shifted(stated.top - active.top, stated.left - active.left)
        active, crop = stated, dng_tags.crop(mosaic, stated)
        black = dng_tags.black_level(mosaic, filters.shape)
    samples, white = raw.raw_image.copy(), float(raw.white_level)
    if cfa == LINEAR:
        samples, black, white = read_linear(raw, data, mosaic, black=black, name=name)
    _refuse_levels(black, white, name)
    photo = RawPhoto(
        mosaic=samples,
        cfa=cfa,
        black=black,
        white=white,
        active=active,
        crop=crop,
        white_balance=_white_balance_of(raw, main),
        color_matrix=None,
        orientation=ORIENTATIONS.get(raw.sizes.flip, 1),
        iso=_iso_of(raw),
        noise=dng_tags.noise_profile(directories) if mosaic else None,
        source=path,
        pixel_aspect=float(raw.sizes.pixel_aspect),
        dng_tags=dng_tags.kept_tags(main, mosaic) or private_tags(data, directories),
    )
    return photo if cfa == MONOCHROME else replace(photo, color_matrix=_color_matrix_of(raw, main, filters, name))


def _filters_of(raw: rawpy.RawPy, name: str) -> NDArray[np.uint8]:
    """Return LibRaw's number of the filter of each site of one period, starting at the active area.

    For a stack of color planes, return the numbers of the planes, shape (1, 1, 3).
    """
    if raw.raw_type is rawpy.RawType.Stack:
        _refuse_other_stacks(raw, name)
        return np.arange(3, dtype=np.uint8).reshape(1, 1, 3)
    if raw.num_colors == 1:
        return np.zeros((1, 1), np.uint8)
    # Only the size of `raw_pattern` in rawpy is correct: with margins, X-Trans starts at the wrong corner.
    rows, columns = np.asarray(raw.raw_pattern).shape
    top, left = raw.sizes.top_margin, raw.sizes.left_margin
    return np.array([[raw.raw_color(top + y, left + x) for x in range(columns)] for y in range(rows)], np.uint8)


def _refuse_other_stacks(raw: rawpy.RawPy, name: str) -> None:
    """Raise unless the planes are red, green and blue: pixel-shift photos have two greens, in planes 2 and 4."""
    planes = raw.raw_image.shape[2]
    if raw.num_colors != 3 or planes < 3 or raw.raw_image[..., 3:].any():
        letters = raw.color_desc.decode("ascii", "replace")
        message = f"{name} holds {planes} planes of the colors {letters} (pixel shift?); expected red, green and blue."
        raise UnsupportedPhotoError(message, hint="Denoise a single exposure, or the developed picture.")


def _cfa_of(filters: NDArray[np.uint8], letters: bytes, name: str) -> Cfa:
    if filters.ndim == 3:
        return LINEAR
    if filters.shape == (1, 1):
        return MONOCHROME
    words = letters.decode("ascii", "replace")
    colors = tuple(tuple(_LETTERS.get(words[index], CLEAR) for index in row) for row in filters)
    if filters.shape not in _NAMES or any(CLEAR in row for row in colors):
        message = f"{name} has the color filters {words} in a pattern of {filters.shape[0]} x {filters.shape[1]}."
        raise UnsupportedPhotoError(message, hint="Use a photo from a Bayer (RGB), X-Trans or monochrome sensor.")
    return Cfa(_NAMES[filters.shape], colors)


def _areas_of(sizes: rawpy.ImageSizes, frame: Area) -> tuple[Area, Area]:
    """Return the active area, relative to the frame, and the crop, relative to the active area."""
    active = Area(sizes.top_margin, sizes.left_margin, sizes.height, sizes.width)
    if not is_inside(active, frame):  # LibRaw removes the margins of many stacks but still states them.
        active = frame
    top, left = sizes.crop_top_margin - active.top, sizes.crop_left_margin - active.left
    crop = Area(top, left, sizes.crop_height, sizes.crop_width)
    return active, crop if is_inside(crop, active) else Area(0, 0, active.height, active.width)


def _refuse_levels(black: NDArray[np.float32], white: float, name: str) -> None:
    if not np.isfinite(black).all() or white <= black.max():
        levels = ", ".join(f"{level:g}" for level in np.unique(black))
        message = f"{name} has the white level {white:g} and the black level {levels}; white must be above black."
        raise CorruptPhotoError(message, hint=COPY_AGAIN)


def _white_balance_of(raw: rawpy.RawPy, main: Directory) -> tuple[float, float, float]:
    """Return the gains of the camera, or those for daylight if it states none (zeros)."""
    # For linear DNGs with several black levels, LibRaw changes the gains to match its own scaling.
    stated = dng_tags.white_balance(main)
    for found in (raw.camera_whitebalance if stated is None else stated, raw.daylight_whitebalance):
        gains = np.array(found[:3])
        if np.isfinite(gains).all() and gains.min() > 0:
            red, green, blue = (float(gain) for gain in gains / gains[1])
            return red, green, blue
    return 1.0, 1.0, 1.0


def _color_matrix_of(raw: rawpy.RawPy, main: Directory, filters: NDArray[np.uint8], name: str) -> NDArray[np.float64]:
    """Return the matrix stated by the file, or known to LibRaw. `raw` may be unusable afterwards."""
    stated = dng_tags.color_matrix(main)
    if stated is not None:
        return stated
    known = raw.rgb_xyz_matrix[:3].astype(np.float64)
    if dng_tags.sees_colors(known):
        return known
    with suppress(np.linalg.LinAlgError):
        measured = measured_matrix(raw, filters)
        if dng_tags.sees_colors(measured):
            return measured
    message = f"{name} has an invalid color matrix: it must see white and distinguish three colors."
    raise CorruptPhotoError(message, hint=COPY_AGAIN)


def _iso_of(raw: rawpy.RawPy) -> float | None:
    # rawpy also converts the timestamp to a date, which fails if it is damaged.
    with suppress(ValueError, OverflowError, OSError):
        speed = float(raw.other.iso_speed)
        return speed if np.isfinite(speed) and speed > 0 else None
    return None
