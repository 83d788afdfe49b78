"""Figures of merit for scenes with exact truth: what is left of fine structure, and which colors were made up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.measures import high_pass
from bench.methods import Picture
from rwdenoise.photo.color import SRGB_TO_XYZ

#: Frequencies over which the transfer is averaged, in cycles/px.
TRANSFER_BAND = (0.05, 0.5)
#: Width of the rings of equal frequency over which spectra are summed, in cycles/px.
RING = 0.01


def luminance(linear: Picture) -> NDArray[np.float64]:
    """Return the luminance Y, shape (H, W), of linear sRGB."""
    return np.asarray(linear @ SRGB_TO_XYZ[1])


def texture_share(estimate: Picture, truth: Picture) -> float:
    """Share of the truth's fine structure that is in the estimate; left-over noise does not count.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        As they are encoded for looking at them.

    Returns
    -------
    float
        ``<h(estimate), h(truth)> / <h(truth), h(truth)>`` over all px and colors, where h takes away the mean of each
        3 x 3 px: 1 keeps all, 0 nothing, more than 1 is sharpened.
    """
    kept = whole = 0.0
    for color in range(3):
        fine, true = high_pass(estimate[..., color]), high_pass(truth[..., color])
        kept += float((fine * true).sum(dtype=np.float64))
        whole += float((true * true).sum(dtype=np.float64))
    return kept / whole


def dead_leaves_transfer(estimate: Picture, truth: Picture) -> float:
    """How much contrast of dead leaves survives, averaged over the frequencies; left-over noise does not count.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Linear light, of equal height and width.

    Returns
    -------
    float
        The mean over `TRANSFER_BAND` of the texture transfer ``T(f) = Re S(estimate, truth)(f) / S(truth, truth)(f)``:
        1 keeps all, 0 nothing.

    Notes
    -----
    Spectra S are those of luminance without its mean under a Hann window, summed over rings of `RING` cycles/px. Every
    ring counts alike.

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
    """Return the number of the ring in which every frequency lies."""
    down, across = (np.fft.fftfreq(length) for length in shape)
    return np.asarray(np.hypot(down[:, np.newaxis], across) / RING, np.intp).ravel()


def false_color(estimate: Picture, truth: Picture) -> float:
    """Mean error of chroma: how far each px strays from the truth's color, whatever its brightness.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        As they are encoded for looking at them, 0 to 1.

    Returns
    -------
    float
        Mean length of the difference of chroma (a color minus the mean of its R, G, B): 0 for none, in units of white.
        Where the truth is neutral, all chroma is false. Left-over color noise counts.
    """
    error = np.asarray(estimate, np.float64) - truth
    chroma = error - error.mean(axis=2, keepdims=True)
    return float(np.linalg.norm(chroma, axis=2).mean())


def color_cast(estimate: Picture, truth: Picture, patches: Sequence[tuple[slice, slice]]) -> float:
    """Tint of the worst patch: the largest relative change of R/G or B/G, taken of the means of a patch.

    Parameters
    ----------
    estimate, truth : ndarray of float32, shape (H, W, 3)
        Linear light, signed below black.
    patches : sequence of (rows, columns)
        Where the patches are.

    Returns
    -------
    float
        0 for none; 0.39 if red is 39 % too strong, or too weak, beside green.
    """
    ratios, true_ratios = (
        np.array([picture[patch].mean(axis=(0, 1), dtype=np.float64) for patch in patches])
        for picture in (estimate, truth)
    )
    change = (ratios[:, ::2] / ratios[:, 1:2]) / (true_ratios[:, ::2] / true_ratios[:, 1:2]) - 1
    return float(np.abs(change).max())
