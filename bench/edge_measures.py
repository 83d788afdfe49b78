"""Measure the sharpness of an edge with the slanted-edge method of ISO 12233."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import tukey

from bench.methods import Picture
from bench.texture_measures import luminance

Plane = NDArray[np.float64]

#: Bin width of the edge spread function, in px (ISO 12233: four bins per px).
BIN = 0.25
#: Range on either side of the edge that is used, in px.
REACH = 16.0
#: Length to which the line spread function is zero-padded, for a smooth spectrum.
SPECTRUM_LENGTH = 4096


def edge_mtf50(linear: Picture) -> float:
    """Return the MTF50 of an edge: the frequency at which its contrast has fallen to one half.

    Parameters
    ----------
    linear : ndarray of float32, shape (H, W, 3)
        Linear light with one straight edge, 2 to 10 degrees off the vertical, at least 64 px high.

    Returns
    -------
    float
        MTF50 of the luminance in cycles/px: higher is sharper, 0.5 is the Nyquist frequency. NaN if the contrast never
        falls to one half.

    Notes
    -----
    Each pixel is projected onto the normal of the fitted edge; the means over quarter pixels are the edge spread
    function. Its differences under a Tukey window are the line spread function, whose Fourier transform is the MTF,
    corrected for averaging over a bin and for differencing.
    """
    distance = _distance_to_edge(plane := luminance(linear))
    spread = _edge_spread(plane, distance)
    # The window is flat over the inner half; otherwise it would sharpen a soft edge.
    line = np.diff(spread) * tukey(spread.size - 1, 0.5)
    frequencies = np.asarray(np.fft.rfftfreq(SPECTRUM_LENGTH, BIN), np.float64)
    response = np.abs(np.fft.rfft(line, SPECTRUM_LENGTH)) / np.abs(line.sum())
    return _first_crossing(frequencies, response / np.sinc(frequencies * BIN) ** 2, level=0.5)


def _distance_to_edge(plane: Plane) -> Plane:
    """Return the signed distance of each pixel to the edge, in px; positive to its right."""
    y, x = np.mgrid[: plane.shape[0], : plane.shape[1]].astype(np.float64)
    step, between = np.diff(plane, axis=1), x[:, 1:] - 0.5
    middle, reach = np.full((plane.shape[0], 1), plane.shape[1] / 2), plane.shape[1] / 2
    # The edge lies at the center of each row's gradient, first over the whole row, then near the previous fit.
    for _ in range(3):
        weighted = step * _window(between - middle, reach)
        centers = (weighted * between).sum(axis=1) / weighted.sum(axis=1)
        slope, start = np.polyfit(y[:, 0], centers, 1)
        middle, reach = slope * y[:, :1] + start, REACH
    return np.asarray((x - middle) / np.hypot(1, slope))


def _window(distance: Plane, reach: float) -> Plane:
    return np.where(np.abs(distance) < reach, np.cos(np.pi / 2 * distance / reach) ** 2, 0)


def _edge_spread(plane: Plane, distance: Plane) -> Plane:
    near = np.abs(distance) < REACH
    bins = np.floor((distance[near] + REACH) / BIN).astype(np.intp)
    return np.asarray(np.bincount(bins, plane[near]) / np.bincount(bins))


def _first_crossing(frequencies: Plane, response: Plane, *, level: float) -> float:
    below = np.flatnonzero(response < level)
    if below.size == 0:
        return float("nan")
    after, before = below[0], below[0] - 1
    return float(np.interp(level, response[[after, before]], frequencies[[after, before]]))
