"""Check what a denoiser removed: only noise, or structure of the photo as well.

In units of the noise, the residual ``z = (noisy - clean) / sigma(clean)`` is white with variance 1 if it is noise
alone. An ideal denoiser returns the mean of all clean photos that the noisy one may come from. The covariance of its
residual is that of the noise less the mean covariance of those photos: no band of frequencies has more energy than
noise alone, and some have less, where texture is stronger than noise. Lost structure adds to its band. So whiteness is
judged in bands of a discrete cosine transform, and only an excess counts.
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

#: Edge in px of the blocks that are judged.
BLOCK = 32
#: Standard deviations to which a site that deviates alone is limited: hot pixels are not structure.
ALONE = 3.0
#: Standard deviations below white within which clipping makes the noisy pixels too dark.
CLIPPED = 3.0
#: Share of blocks of exactly known Gaussian noise that exceed one of the limits by chance.
FALSE_ALARM = 0.003
#: Relative error that is allowed for the variance of the noise profile.
PROFILE_ERROR = 0.05
#: Most places that a summary lists.
MOST_PLACES = 10

#: Why a block is flagged; scripts rely on the words.
PATTERN, VARIANCE = "pattern", "variance"


@dataclass(frozen=True)
class Flagged:
    """A group of adjacent blocks that lost more than noise: the rectangle around them, in px."""

    top: int
    left: int
    height: int
    width: int
    reason: str
    """``"pattern"``: some frequencies have too much energy, so structure was lost; ``"variance"``: all of them do."""


@dataclass(frozen=True)
class ResidualCheck:
    """The result of `check_residual`, block by block."""

    consistent: float
    """Share of the judged blocks that lost only noise; 1 if none could be judged."""
    blocks: int
    """How many blocks were judged: whole ones, without clipped highlights."""
    flagged: tuple[Flagged, ...]
    """The other blocks, the worst first."""

    def summary(self) -> dict[str, Any]:
        """Return the result in plain values for JSON, with only the worst of what was flagged."""
        worst = [asdict(area) for area in self.flagged[:MOST_PLACES]]
        return {"consistent": round(self.consistent, 4), "blocks": self.blocks, "worst": worst}


def check_residual(noisy: Floats, denoised: Floats, *, noise: NoiseProfile, strength: float = 1.0) -> ResidualCheck:
    """Compare what was removed from a mosaic with its noise.

    Parameters
    ----------
    noisy, denoised : ndarray of float32, shape (1, H, W)
        0 black, 1 white, signed below black.
    noise : NoiseProfile
        Of the noisy mosaic.
    strength : float
        The share of the noise that was to be removed, above 0 and at most 1.

    Notes
    -----
    Noise that was left is not flagged: where texture is far stronger than noise, little can be removed.
    """
    height, width = (length - length % BLOCK for length in noisy.shape[1:])
    excess = np.zeros((height // BLOCK, width // BLOCK, 2), np.float32)
    counted = np.zeros(excess.shape[:2], bool)

    # One row of blocks at a time, so that the work stays in the processor's cache.
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
    """Return the standard deviation of the noise at each pixel of a clean signal, 0 black and 1 white, any shape."""
    return np.asarray(np.sqrt(np.maximum(noise.variance(clean), np.float32(READ_FLOOR))), np.float32)


def without_hot_pixels(z: Floats) -> Floats:
    """Limit sites that deviate alone to `ALONE` standard deviations, or to the largest of their 8 neighbors.

    Parameters
    ----------
    z : ndarray of float32, shape (H, W)
        What was removed, in standard deviations of the noise.
    """
    far = np.pad(np.abs(z), 1, mode="reflect")
    beside = np.maximum(far[:, :-2], far[:, 2:])
    three = np.maximum(beside, far[:, 1:-1])
    limit = np.maximum(np.maximum(three[:-2], three[2:]), beside[1:-1]).clip(min=ALONE)
    return np.asarray(z.clip(-limit, limit), np.float32)


_TRANSFORM, _MEANS = cosine_transform(), band_means()
_BANDS = _MEANS.shape[1]


def _limit(freedom: int) -> float:
    """Return the limit of the mean energy of `freedom` values that noise exceeds with probability `FALSE_ALARM`.

    Chi-square by its cube root (Wilson, Hilferty 1931), corrected for testing every band.
    """
    chance = FALSE_ALARM / (_BANDS + 1)
    spread = 2 / (9 * freedom)
    return float((1 + PROFILE_ERROR) * (1 - spread + NormalDist().inv_cdf(1 - chance) * spread**0.5) ** 3)


_BAND_LIMIT, _WHOLE_LIMIT = _limit(BLOCK**2 // _BANDS), _limit(BLOCK**2)


def _excess(z: Floats) -> Floats:
    """Return the strongest band and the whole energy of each block of a strip, each relative to its limit."""
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
