"""Read levels, matrices and noise from the tags of a DNG file, and the tags that its copy must keep."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rwdenoise.errors import SettingsError
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.tiff_structure import Directory
from rwdenoise.photo.color import SRGB_TO_XYZ
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.tag import Tag
from rwdenoise.photo.tiling import Area

D65 = 21
# Maximum condition number of a color matrix; the worst of the examined cameras has 4.
_WORST_CONDITION = 1000

#: Tags of the main directory for camera colors and their rendering (DNG 1.7.1, chapters 2, 4 and 6).
PROFILE_CODES = frozenset(
    {50708, 50709}  # names of the model
    | {50721, 50722, 52531, 50723, 50724, 52530, 50727, 50728, 50729}  # matrices, calibration, balance, neutral
    | {50740, 50741, 50730, 50732, 50734, 50735, 50736, 50739, 50778, 50779, 52529, 50879, 50931, 50932}
    | {50934, 50936, 50937, 50938, 50939, 52537, 50940, 50941, 50942, 50964, 50965, 52532, 50981, 50982}
    | {51107, 51108, 51109, 51110, 52533, 52534, 52535}
    | {52543, 52544, 52551, 52552}  # tables, gain map, range and group of profiles
)
#: Tags of the mosaic: green split, blur, best scale, and corrections that the editor applies.
MOSAIC_CODES = frozenset({50733, 50737, 50738, 50780, 51008, 51009, 51022, 52525})

# Operations of OpcodeList1 in units of the stored levels: FixBadPixelsConstant, MapTable, MapPolynomial, DeltaPerRow,
# DeltaPerColumn. They would be wrong for the output, whose levels differ (linearized, in finer steps).
_LEVEL_BOUND = (4, 7, 8, 10, 11)


def is_dng(directories: Sequence[Directory]) -> bool:
    """Return whether a TIFF-like file is a DNG."""
    return bool(directories) and tags.DNG_VERSION in directories[0]


def mosaic_directory(directories: Sequence[Directory]) -> Directory | None:
    """Return the directory of the full mosaic or linear picture; None without one."""
    raw = [d for d in directories if first(d, tags.PHOTOMETRIC) in (tags.CFA_PHOTOMETRIC, tags.LINEAR_RAW_PHOTOMETRIC)]
    full = [d for d in raw if not first(d, tags.NEW_SUBFILE_TYPE)]
    return max(full or raw, key=lambda d: first(d, tags.IMAGE_WIDTH) or 0, default=None)


def active_area(mosaic: Directory, shape: tuple[int, int]) -> Area | None:
    """Return the stated active area; None without one inside a frame of this shape."""
    edges = _values(mosaic, tags.ACTIVE_AREA, ())
    if edges.size != 4 or not np.isfinite(edges).all():
        return None
    top, left, bottom, right = (int(edge) for edge in edges)
    area = Area(top, left, bottom - top, right - left)
    return area if is_inside(area, Area(0, 0, *shape)) else None


def crop(mosaic: Directory, active: Area) -> Area:
    """Return the stated crop relative to the active area, or the whole area without a valid crop."""
    whole = (active.width, active.height)
    edges = np.concatenate(
        [_values(mosaic, tags.DEFAULT_CROP_ORIGIN, (0, 0)), _values(mosaic, tags.DEFAULT_CROP_SIZE, whole)]
    )
    if edges.size == 4 and np.isfinite(edges).all():
        left, top, width, height = (int(edge) for edge in edges)
        if is_inside(Area(top, left, height, width), active):
            return Area(top, left, height, width)
    return Area(0, 0, active.height, active.width)


def is_inside(area: Area, frame: Area) -> bool:
    """Return whether an area, relative to the corner of `frame`, is not empty and completely inside."""
    bottom, right = area.top + area.height, area.left + area.width
    fits = bottom <= frame.height and right <= frame.width
    return fits and min(area.top, area.left) >= 0 and min(area.height, area.width) > 0


def black_level(mosaic: Directory, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the black level in DN of each site of one period, starting at the active area.

    `shape` is the period, or (1, 1, 3) for the colors of a linear picture. Deltas per row and column count with their
    mean, and a repeat pattern that does not match the period is averaged. Invalid levels are NaN.
    """
    period, samples = shape[:2], math.prod(shape[2:])
    level = _values(mosaic, tags.BLACK_LEVEL, (0,) * samples)
    repeat = _values(mosaic if tags.BLACK_LEVEL in mosaic else {}, tags.BLACK_LEVEL_REPEAT_DIM, (1, 1)).tolist()
    deltas = sum(float(np.mean(_values(mosaic, c, (0,)))) for c in (tags.BLACK_LEVEL_DELTA_H, tags.BLACK_LEVEL_DELTA_V))
    counts = len(repeat) == 2 and all(side >= 1 and side.is_integer() for side in repeat)
    if not counts or level.size != math.prod(repeat) * samples:
        return np.full(shape, np.nan, np.float32)
    rows, columns = (int(side) for side in repeat)
    height, width = math.lcm(rows, period[0]), math.lcm(columns, period[1])
    tiled = np.tile(level.reshape(rows, columns, samples), (height // rows, width // columns, 1)) + deltas
    blocks = tiled.reshape(height // period[0], period[0], width // period[1], period[1], samples)
    black: NDArray[np.float32] = blocks.mean(axis=(0, 2)).reshape(shape).astype(np.float32)
    return black


def white_levels(linear: Directory) -> NDArray[np.float64]:
    """Return the white level of each color of a linear picture, shape (3,); 1, as for floats, if not stated."""
    level = _values(linear, tags.WHITE_LEVEL, (1,))
    return np.repeat(level, 3) if level.size == 1 else level


def color_matrix(main: Directory) -> NDArray[np.float64] | None:
    """Return the matrix XYZ -> camera, shape (3, 3): the one for D65 if present, else the last one."""
    pairs = (
        (tags.COLOR_MATRIX_1, tags.CALIBRATION_ILLUMINANT_1),
        (tags.COLOR_MATRIX_2, tags.CALIBRATION_ILLUMINANT_2),
    )
    found = [(first(main, light) == D65, _values(main, code, ())) for code, light in pairs]
    usable = [(daylight, m.reshape(3, 3)) for daylight, m in found if m.size == 9 and sees_colors(m.reshape(3, 3))]
    return max(usable, key=lambda pair: pair[0])[1] if usable else None


def sees_colors(matrix: NDArray[np.float64]) -> bool:
    """Return whether a matrix XYZ -> camera, shape (3, 3), is usable: positive for white, and invertible."""
    with np.errstate(all="ignore"):
        seen = matrix @ SRGB_TO_XYZ
        white = seen.sum(axis=1, keepdims=True)
        usable = np.isfinite(seen).all() and white.min() > 0 and np.linalg.cond(seen / white) < _WORST_CONDITION
    return bool(usable)


def white_balance(main: Directory) -> NDArray[np.float64] | None:
    """Return the gains of red, green and blue for the stated neutral color; None if it is not stated."""
    neutral = _values(main, tags.AS_SHOT_NEUTRAL, ())
    return 1 / neutral if neutral.size == 3 and np.isfinite(neutral).all() and neutral.min() > 0 else None


def noise_profile(directories: Sequence[Directory]) -> NoiseProfile | None:
    """Return the stated noise profile: that of the only plane, or of green."""
    for directory in directories:
        values = _values(directory, tags.NOISE_PROFILE, ())
        if values.size in (2, 6):
            shot, read = values[:2] if values.size == 2 else values[2:4]
            try:
                return NoiseProfile(shot=float(shot), read=max(float(read), 0.0))
            except SettingsError:  # Invalid values: measure the noise instead.
                return None
    return None


def kept_tags(main: Directory, mosaic: Directory) -> tuple[Tag, ...]:
    """Return the tags that a copy must keep to look the same in editors."""
    return tuple(_kept(main, PROFILE_CODES)) + tuple(_kept(mosaic, MOSAIC_CODES))


def _kept(directory: Directory, codes: frozenset[int]) -> Iterator[Tag]:
    for code in sorted(codes & directory.keys()):
        tag = directory[code]
        yield tag._replace(data=still_valid_opcodes(tag.data)) if code == tags.OPCODE_LIST_1 else tag


def still_valid_opcodes(data: bytes) -> bytes:
    """Return OpcodeList1 without the operations in units of the stored levels.

    A list is big-endian in every file: a count, then for each operation its number, version, flags, length of the
    parameters, and the parameters. A damaged list ends at the damage.
    """
    kept, place = [], 4
    while place + 16 <= len(data):
        end = place + 16 + int.from_bytes(data[place + 12 : place + 16], "big")
        if end > len(data):
            break
        if int.from_bytes(data[place : place + 4], "big") not in _LEVEL_BOUND:
            kept.append(data[place:end])
        place = end
    return len(kept).to_bytes(4, "big") + b"".join(kept)


def _values(directory: Directory, code: int, default: Sequence[float]) -> NDArray[np.float64]:
    tag = directory.get(code)
    return np.array(default, np.float64) if tag is None else tag.values


def first(directory: Directory, code: int) -> float | None:
    """Return the first value of a tag; None if the tag is missing or empty."""
    tag = directory.get(code)
    return None if tag is None or tag.values.size == 0 else float(tag.values[0])
