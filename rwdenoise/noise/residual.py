"""Check whether a denoiser removed only noise or also structure of the photo.

In units of the noise, the residual ``z = (noisy - clean) / sigma(clean)`` is white with variance 1 if it is noise
alone. An ideal denoiser returns the mean of all clean photos compatible with the noisy one. The covariance of its
residual is that of the noise less the mean covariance of those photos: no frequency band has more energy than noise
alone, and some have less, where texture is stronger than noise. Lost structure adds energy to its band. The check
therefore measures whiteness in bands of a discrete cosine transform, and only an excess counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rwdenoise.noise.dct import EDGE, Floats, band_means, cosine_transform
from rwdenoise.parallel import on_every_core
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile

Cells = set[tuple[int, int]]

#: Edge in px of the judged blocks.
BLOCK = 32
#: Limit for isolated sites in standard deviations: hot pixels are not structure.
ALONE = 3.0
#: Distance from white, in standard deviations, within which clipping darkens the noisy pixels.
CLIPPED = 3.0
#: Share of blocks that exceed one of the limits by chance, for exactly known Gaussian noise.
FALSE_ALARM = 0.003
#: Allowed relative error of the variance from the noise profile.
PROFILE_ERROR = 0.05
#: Maximum number of areas in a summary.
MOST_PLACES = 10

#: Reasons for flagging a block; scripts rely on these words.
PATTERN, VARIANCE = "pattern", "variance"


@dataclass(frozen=True)
class Flagged:
    """The bounding rectangle, in px, of adjacent blocks that lost more than noise."""

    top: int
    left: int
    height: int
    width: int
    reason: str
    """Frequencies with too much energy: some for ``"pattern"`` (lost structure), all for ``"variance"``."""


@dataclass(frozen=True)
class ResidualCheck:
    """The result of `check_residual`."""

    consistent: float
    """Share of the judged blocks that lost only noise; 1 if none could be judged."""
    blocks: int
    """Number of judged blocks: complete ones without clipped highlights."""
    flagged: tuple[Flagged, ...]
    """The inconsistent blocks, worst first."""

    def summary(self) -> dict[str, Any]:
        """Return the result as plain values for JSON, with only the worst of the flagged areas."""
        worst = [asdict(area) for area in self.flagged[:MOST_PLACES]]
        return {"consistent": round(self.consistent, 4), "blocks": self.blocks, "worst": worst}


def check_residual(noisy: Floats, denoised: Floats, *, noise: NoiseProfile, strength: float = 1.0) -> ResidualCheck:
    """Compare the residual of a denoised mosaic with its noise.

    Parameters
    ----------
    noisy, denoised : ndarray of float32, shape (1, H, W)
        0 black, 1 white, signed below black.
    noise : NoiseProfile
        Profile of the noisy mosaic.
    strength : float
        Share of the noise that should be removed, above 0 and at most 1.

    Notes
    -----
    Remaining noise is not flagged: where texture is far stronger than noise, little can be removed.
    """
    height, width = (length - length % BLOCK for length in noisy.shape[1:])
    excess = np.zeros((height // BLOCK, width // BLOCK, 2), np.float32)
    counted = np.zeros(excess.shape[:2], bool)

    # One row of blocks at a time fits into the cache of the processor.
    def look(row: int) -> None:
        strip = np.s_[0, row * BLOCK : (row + 1) * BLOCK, :width]
        removed = (noisy[strip] - denoised[strip]) / np.float32(strength)
        clean = noisy[strip] - removed
        deviation = deviation_of(clean, noise)
        excess[row] = _excess(without_hot_pixels(removed / deviation))
        counted[row] = (clean <= 1 - CLIPPED * deviation).reshape(BLOCK, -1, BLOCK).all(axis=(0, 2))

    on_every_core(look, range(height // BLOCK))
    return _judge(excess, counted)


def deviation_of(clean: Floats, noise: NoiseProfile) -> Floats:
    """Return the noise standard deviation at each pixel of a clean signal, 0 black, 1 white, any shape."""
    return np.asarray(np.sqrt(np.maximum(noise.variance(clean), np.float32(READ_FLOOR))), np.float32)


def without_hot_pixels(z: Floats) -> Floats:
    """Limit isolated outliers to `ALONE` standard deviations, or to the largest of their 8 neighbors.

    Parameters
    ----------
    z : ndarray of float32, shape (H, W)
        The residual in standard deviations of the noise.
    """
    far = np.pad(np.abs(z), 1, mode="reflect")
    beside = np.maximum(far[:, :-2], far[:, 2:])
    three = np.maximum(beside, far[:, 1:-1])
    limit = np.maximum(np.maximum(three[:-2], three[2:]), beside[1:-1]).clip(min=ALONE)
    return np.asarray(z.clip(-limit, limit), np.float32)


_TRANSFORM, _MEANS = cosine_transform(), band_means()
_BANDS = _MEANS.shape[1]


def _limit(freedom: int) -> float:
    """Return the mean energy of `freedom` values that noise exceeds with probability `FALSE_ALARM`.

    Uses the cube root of chi-square (Wilson, Hilferty 1931), corrected for testing all bands.
    """
    chance = FALSE_ALARM / (_BANDS + 1)
    spread = 2 / (9 * freedom)
    return float((1 + PROFILE_ERROR) * (1 - spread + NormalDist().inv_cdf(1 - chance) * spread**0.5) ** 3)


_BAND_LIMIT, _WHOLE_LIMIT = _limit(BLOCK**2 // _BANDS), _limit(BLOCK**2)


def _excess(z: Floats) -> Floats:
    """Return the strongest band and the total energy of each block of a strip, relative to their limits."""
    pieces = z.reshape(BLOCK // EDGE, EDGE, -1, EDGE).transpose(0, 2, 1, 3).reshape(-1, EDGE**2)
    energies = ((pieces @ _TRANSFORM.T) ** 2) @ _MEANS
    bands = energies.reshape(BLOCK // EDGE, -1, BLOCK // EDGE, _BANDS).mean(axis=(0, 2))
    return np.stack([bands.max(axis=1) / _BAND_LIMIT, bands.mean(axis=1) / _WHOLE_LIMIT], axis=1)


def _judge(excess: Floats, counted: NDArray[np.bool_]) -> ResidualCheck:
    bad = counted & (excess.max(axis=2) > 1)
    blocks = int(counted.sum())
    areas = sorted(_areas(bad), key=lambda area: -sum(float(excess[cell].max()) - 1 for cell in area))
    consistent = 1 - float(bad.sum()) / blocks if blocks else 1.0
    return ResidualCheck(consistent, blocks, tuple(_around(area, excess) for area in areas))


def _areas(bad: NDArray[np.bool_]) -> Iterator[Cells]:
    """Yield groups of adjacent blocks."""
    left = {(int(row), int(column)) for row, column in np.argwhere(bad)}
    while left:
        area: Cells = set()
        edge = {left.pop()}
        while edge:
            row, column = cell = edge.pop()
            area.add(cell)
            near = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)} & left
            left -= near
            edge |= near
        yield area


def _around(area: Cells, excess: Floats) -> Flagged:
    rows, columns = ([cell[axis] for cell in area] for axis in (0, 1))
    band, whole = sum(excess[cell] for cell in area)
    return Flagged(
        top=min(rows) * BLOCK,
        left=min(columns) * BLOCK,
        height=(max(rows) - min(rows) + 1) * BLOCK,
        width=(max(columns) - min(columns) + 1) * BLOCK,
        reason=PATTERN if band >= whole else VARIANCE,
    )
