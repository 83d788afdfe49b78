"""Figures of merit of a denoised mosaic, and of a developed picture, against the truth.

Those that need scenes with exact truth are in `bench.texture_measures` and `bench.edge_measures`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.methods import Mosaic, Picture


def psnr(estimate: Mosaic, truth: Mosaic) -> float:
    """Peak signal-to-noise ratio in dB of mosaics encoded with gamma 2.2, white at 1."""
    return color_psnr(_encode(estimate), _encode(truth))


def color_psnr(estimate: Picture, truth: Picture) -> float:
    """Peak signal-to-noise ratio in dB over all three colors of pictures as they are encoded, white at 1."""
    error = np.mean((estimate - truth) ** 2, dtype=np.float64)
    return float("inf") if error == 0 else float(-10 * np.log10(error))


def ssim(estimate: Picture, truth: Picture) -> float:
    """Structural similarity of encoded pictures, mean of the three colors: 1 for equal ones, at least -1.

    With the Gaussian window of 1.5 px and the constants of Wang, Bovik, Sheikh, Simoncelli 2004.
    """
    from skimage.metrics import structural_similarity

    similarity = structural_similarity(  # type: ignore[no-untyped-call]
        estimate,
        truth,
        channel_axis=2,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def texture_kept(estimate: Mosaic, truth: Mosaic, *, period: tuple[int, int]) -> float:
    """Share of the truth's fine structure that is in the estimate; left-over noise does not count.

    The high-pass (a site minus the mean of its 3 x 3 neighbors of the same color position) of the estimate is
    projected onto that of the truth, both encoded with gamma 2.2: 1 keeps all, 0 nothing.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W)
        0 black, 1 white.
    period : tuple of int
        Of the CFA, in px.
    """
    kept = whole = 0.0
    for row in range(period[0]):
        for column in range(period[1]):
            sites = np.s_[row :: period[0], column :: period[1]]
            fine, true = high_pass(_encode(estimate[sites])), high_pass(_encode(truth[sites]))
            kept += float((fine * true).sum())
            whole += float((true * true).sum())
    return kept / whole


def block_means(mosaic: Mosaic, *, edge: int = 64) -> NDArray[np.float64]:
    """Return the mean of every whole block of `edge` x `edge` px."""
    height, width = (length // edge for length in mosaic.shape)
    blocks = mosaic[: height * edge, : width * edge].reshape(height, edge, width, edge)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float64)


def high_pass(plane: Mosaic) -> Mosaic:
    """Return what a plane of shape (H, W) has beyond the mean of each 3 x 3 px."""
    padded = np.pad(plane, 1, mode="reflect")
    height, width = plane.shape
    neighbors = sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3))
    return plane - neighbors / np.float32(9)


def _encode(x: Mosaic) -> Mosaic:
    return np.clip(x, 0, 1) ** np.float32(1 / 2.2)
