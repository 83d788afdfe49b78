"""Discrete cosine transforms (DCT) of small blocks, and the frequency bands that separate noise from structure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Edge of the DCT blocks in px: as short as the threads of a fabric or the strokes of small print.
EDGE = 8
#: Cosines per band along each axis.
WIDTH = 2


def cosine_transform(edge: int = EDGE) -> Floats:
    """Return the orthonormal DCT-II of a block as a matrix, for pixels in row order.

    Returns
    -------
    ndarray of float32, shape (edge * edge, edge * edge)
        ``transform @ pixels`` gives the coefficients; for white noise of variance 1 they have variance 1.
    """
    frequency, place = np.mgrid[:edge, :edge]
    cosines = np.sqrt(2 / edge) * np.cos(np.pi * frequency * (place + 0.5) / edge)
    cosines[0] /= np.sqrt(2)
    return np.kron(cosines, cosines).astype(np.float32)


def band_means(edge: int = EDGE, width: int = WIDTH) -> Floats:
    """Return the matrix that averages the energies of the coefficients of a block in each band.

    Returns
    -------
    ndarray of float32, shape (edge * edge, (edge // width) ** 2)
        ``energies @ means`` gives the mean energy of each band.
    """
    along = np.repeat(np.eye(edge // width), width, axis=0) / width
    return np.kron(along, along).astype(np.float32)
