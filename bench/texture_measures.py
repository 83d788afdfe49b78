"""Compute quality metrics on scenes with exact truth: how much fine structure survives, and false colors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.measures import high_pass
from bench.methods import Picture
from rwdenoise.photo.color import SRGB_TO_XYZ

#: Frequency band over which the transfer is averaged, in cycles/px.
TRANSFER_BAND = (0.05, 0.5)
#: Width of the frequency rings over which spectra are summed, in cycles/px.
RING = 0.01


def luminance(linear: Picture) -> NDArray[np.float64]:
    """Return the luminance Y of linear sRGB, shape (H, W)."""
    return np.asarray(linear @ SRGB_TO_XYZ[1])


def texture_share(estimate: Picture, truth: Picture) -> float:
    """Return the share of the truth's fine structure that the estimate keeps; remaining noise does not count.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Encoded for display.

    Returns
    -------
    float
        ``<h(estimate), h(truth)> / <h(truth), h(truth)>`` over all pixels and colors, where h subtracts the 3 x 3 local
        mean: 1 if all structure is kept, 0 if none is, above 1 if it is sharpened.
    """
    kept = whole = 0.0
    for color in range(3):
        fine, true = high_pass(estimate[..., color]), high_pass(truth[..., color])
        kept += float((fine * true).sum(dtype=np.float64))
        whole += float((true * true).sum(dtype=np.float64))
    return kept / whole


def dead_leaves_transfer(estimate: Picture, truth: Picture) -> float:
    """Return the share of the contrast of dead leaves that survives, averaged over frequency; noise does not count.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Linear light, H equal to W.

    Returns
    -------
    float
        The mean over `TRANSFER_BAND` of the texture transfer ``T(f) = Re S(estimate, truth)(f) / S(truth, truth)(f)``:
        1 if all contrast is kept, 0 if none is.

    Notes
    -----
    S are spectra of the luminance minus its mean, under a Hann window, summed over rings of `RING` cycles/px. All rings
    have the same weight.

    References
    ----------
    ISO/TS 19567-2:2019; Kirk, Herzer, Artmann, Kunz 2014, "Description of texture loss using the dead leaves target".
    """
    spectrum, true_spectrum = (_windowed_spectrum(luminance(picture)) for picture in (estimate, truth))
    ring = _rings(spectrum.shape)
    cross = np.bincount(ring, (spectrum * true_spectrum.conj()).real.ravel())
    power = np.bincount(ring, np.abs(true_spectrum.ravel()) ** 2)
    band = slice(*(round(frequency / RING) for frequency in TRANSFER_BAND))
    return float(np.mean(cross[band] / power[band]))


def _windowed_spectrum(plane: NDArray[np.float64]) -> NDArray[np.complex128]:
    windows = np.outer(*(np.hanning(length) for length in plane.shape))
    mean = np.average(plane, weights=windows)
    return np.asarray(np.fft.fft2((plane - mean) * windows))


def _rings(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the index of the ring for every frequency."""
    down, across = (np.fft.fftfreq(length) for length in shape)
    return np.asarray(np.hypot(down[:, np.newaxis], across) / RING, np.intp).ravel()


def false_color(estimate: Picture, truth: Picture) -> float:
    """Return the mean chroma error: the distance of each pixel from the true color, independent of brightness.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Encoded for display, 0 to 1.

    Returns
    -------
    float
        Mean length of the chroma difference, where chroma is a color minus the mean of its R, G, B: 0 for no error, in
        units of white. Where the truth is neutral, all chroma is false. Remaining color noise counts.
    """
    error = np.asarray(estimate, np.float64) - truth
    chroma = error - error.mean(axis=2, keepdims=True)
    return float(np.linalg.norm(chroma, axis=2).mean())


def color_cast(estimate: Picture, truth: Picture, patches: Sequence[tuple[slice, slice]]) -> float:
    """Return the color cast of the worst patch: the largest relative change of R/G or B/G, from patch means.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Linear light, negative below black.
    patches : sequence of (rows, columns)
        Slices of the patches.

    Returns
    -------
    float
        0 for no cast; 0.39 if red is 39 % too strong, or too weak, relative to green.
    """
    ratios, true_ratios = (
        np.array([picture[patch].mean(axis=(0, 1), dtype=np.float64) for patch in patches])
        for picture in (estimate, truth)
    )
    change = (ratios[:, ::2] / ratios[:, 1:2]) / (true_ratios[:, ::2] / true_ratios[:, 1:2]) - 1
    return float(np.abs(change).max())
