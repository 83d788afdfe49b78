"""Compute quality metrics of a denoised mosaic, or of a developed picture, against the truth.

The metrics that need scenes with exact truth are in `bench.texture_measures` and `bench.edge_measures`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.methods import Mosaic, Picture


def psnr(estimate: Mosaic, truth: Mosaic) -> float:
    """Return the peak signal-to-noise ratio, in dB, of linear mosaics after gamma 2.2 encoding, white at 1."""
    return color_psnr(_encode(estimate), _encode(truth))


def color_psnr(estimate: Picture, truth: Picture) -> float:
    """Return the peak signal-to-noise ratio, in dB, over all three colors of encoded pictures, white at 1."""
    error = np.mean((estimate - truth) ** 2, dtype=np.float64)
    return float("inf") if error == 0 else float(-10 * np.log10(error))


def ssim(estimate: Picture, truth: Picture) -> float:
    """Return the structural similarity of encoded pictures, averaged over the three colors: -1 to 1, 1 if equal.

    Gaussian window of 1.5 px and constants of Wang, Bovik, Sheikh, Simoncelli 2004.
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
    """Return the share of the truth's fine structure that the estimate keeps; remaining noise does not count.

    The high-pass of the estimate (a site minus the mean of its 3 x 3 neighbors at the same CFA position) is projected
    onto that of the truth, both encoded with gamma 2.2: 1 if all structure is kept, 0 if none is.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W)
        Linear light, 0 black, 1 white.
    period : tuple of int
        Period of the CFA, in px.
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
    """Return a plane of shape (H, W) minus its 3 x 3 local mean."""
    padded = np.pad(plane, 1, mode="reflect")
    height, width = plane.shape
    neighbors = sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3))
    return plane - neighbors / np.float32(9)


def _encode(x: Mosaic) -> Mosaic:
    return np.clip(x, 0, 1) ** np.float32(1 / 2.2)
