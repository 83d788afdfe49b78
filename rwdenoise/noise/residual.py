"""What was removed, held against the noise: whether it is only noise, or had structure in it.

In units of the noise, ``z = (noisy - clean) / sigma(clean)``, noise alone is white with the variance 1. An ideal
denoiser gives the mean of all clean photos that the noisy one may come from. The covariance of what it removes is that
of the noise less the mean covariance of those photos, so no band of frequencies holds more than noise alone would; some
hold less, where texture is stronger than noise. Structure that was lost adds to its band. So whiteness is judged in
bands, by the energies of a discrete cosine transform, and only an excess counts: the autocorrelation of what an ideal
denoiser removes is not flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rwdenoise.parallel import on_every_core
from rwdenoise.photo.noise_profile import READ_FLOOR, NoiseProfile

Floats = NDArray[np.float32]
Cells = set[tuple[int, int]]

#: Edge of the blocks that are judged, in px.
BLOCK = 32
#: Edge of the cosine transforms in px: as short as the threads of a fabric or the strokes of small print.
EDGE = 8
#: Cosines along each axis that make a band.
WIDTH = 2
#: Standard deviations that a site may stray without its neighbors: hot pixels are no structure.
ALONE = 3.0
#: Standard deviations below white from which on clipping has made the noisy pixels too dark.
CLIPPED = 3.0
#: Share of the blocks that noise alone, Gaussian and exactly known, pushes over one of the limits.
FALSE_ALARM = 0.003
#: Relative error that is granted to the variance that the noise profile gives.
PROFILE_ERROR = 0.05
#: Places that a summary points at.
MOST_PLACES = 10

#: Why a block is flagged; scripts rely on the words.
PATTERN, VARIANCE = "pattern", "variance"


@dataclass(frozen=True)
class Flagged:
    """Blocks side by side from which more was removed than noise: the rectangle around them, in px."""

    top: int
    left: int
    height: int
    width: int
    reason: str
    """``"pattern"``: some frequencies hold too much, so structure was lost; or ``"variance"``: all of them do."""


@dataclass(frozen=True)
class ResidualCheck:
    """What was removed from a photo, judged block by block."""

    consistent: float
    """Share of the blocks from which only noise was removed; 1 if none could be judged."""
    blocks: int
    """How many could be judged: whole ones, without clipped highlights."""
    flagged: tuple[Flagged, ...]
    """The others, the worst first."""

    def summary(self) -> dict[str, Any]:
        """Return the check in plain values, and of what was flagged only the worst."""
        worst = [asdict(area) for area in self.flagged[:MOST_PLACES]]
        return {"consistent": round(self.consistent, 4), "blocks": self.blocks, "worst": worst}


def check_residual(noisy: Floats, denoised: Floats, *, noise: NoiseProfile, strength: float = 1.0) -> ResidualCheck:
    """Compare what was removed from a mosaic with the noise that it had.

    Parameters
    ----------
    noisy, denoised : ndarray of float32, shape (1, H, W)
        0 black, 1 white, signed below black.
    noise : NoiseProfile
        Of the noisy mosaic.
    strength : float
        The share of the noise that was to be removed, above 0.

    Notes
    -----
    That too little was removed is not seen here: where texture is far stronger than noise, that is right.
    """
    height, width = (length - length % BLOCK for length in noisy.shape[1:])
    excess = np.zeros((height // BLOCK, width // BLOCK, 2), np.float32)
    counted = np.zeros(excess.shape[:2], bool)

    # Row by row of blocks, so that what is at hand stays in the processor's cache.
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
    """Return the standard deviation of the noise on top of a clean signal."""
    return np.asarray(np.sqrt(np.maximum(noise.variance(clean), np.float32(READ_FLOOR))), np.float32)


def without_hot_pixels(z: Floats) -> Floats:
    """Hold sites that stray alone: to 3 standard deviations, or as far as the farthest of their 8 neighbors.

    Parameters
    ----------
    z : ndarray of float32, shape (H, W)
        What was removed, in units of the noise.
    """
    far = np.pad(np.abs(z), 1, mode="reflect")
    beside = np.maximum(far[:, :-2], far[:, 2:])
    three = np.maximum(beside, far[:, 1:-1])
    limit = np.maximum(np.maximum(three[:-2], three[2:]), beside[1:-1]).clip(min=ALONE)
    return np.asarray(z.clip(-limit, limit), np.float32)


def cosine_transform(edge: int = EDGE) -> Floats:
    """Return the orthonormal transform of a block, its pixels row by row, into its cosines (DCT-II).

    Returns
    -------
    ndarray of float32, shape (edge * edge, edge * edge)
        ``transform @ pixels``. Of white noise with variance 1 every cosine has the variance 1.
    """
    frequency, place = np.mgrid[:edge, :edge]
    cosines = np.sqrt(2 / edge) * np.cos(np.pi * frequency * (place + 0.5) / edge)
    cosines[0] /= np.sqrt(2)
    return np.kron(cosines, cosines).astype(np.float32)


def band_means(edge: int = EDGE, width: int = WIDTH) -> Floats:
    """Return the matrix that averages the energies of a block's cosines in each band.

    Returns
    -------
    ndarray of float32, shape (edge * edge, (edge // width) ** 2)
        ``energies @ means``.
    """
    along = np.repeat(np.eye(edge // width), width, axis=0) / width
    return np.kron(along, along).astype(np.float32)


_TRANSFORM, _MEANS = cosine_transform(), band_means()
_BANDS = _MEANS.shape[1]


def _limit(freedom: int) -> float:
    """Return what the mean energy of `freedom` values exceeds by chance in one test of many.

    Chi-square by its cube root (Wilson, Hilferty 1931).
    """
    chance = FALSE_ALARM / (_BANDS + 1)
    spread = 2 / (9 * freedom)
    return float((1 + PROFILE_ERROR) * (1 - spread + NormalDist().inv_cdf(1 - chance) * spread**0.5) ** 3)


_BAND_LIMIT, _WHOLE_LIMIT = _limit(BLOCK**2 // _BANDS), _limit(BLOCK**2)


def _excess(z: Floats) -> Floats:
    """Return for each block of a strip its strongest band and its whole energy, each relative to its limit."""
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
    """Yield the blocks that touch one another, area by area."""
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
