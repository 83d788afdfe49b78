"""Samples between files and photos: alpha is split off and joined again, numbers change their depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.photo.rgb import RgbPhoto, Samples, Stored


def to_photo(pixels: NDArray[Any], stored: Stored, *, orientation: int = 1) -> RgbPhoto:
    """Return the picture that a decoder gave.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W) or (H, W, C)
        Gray, gray and alpha, RGB, or RGB and alpha.
    """
    whole = pixels.reshape(*pixels.shape[:2], -1)
    colors = whole.shape[2] - (whole.shape[2] + 1) % 2
    return RgbPhoto(
        samples=np.ascontiguousarray(whole[..., :colors]),
        extra=np.ascontiguousarray(whole[..., colors:]) if colors < whole.shape[2] else None,
        encoding=encoding_of(stored.icc, gray=colors == 1, floating=False),
        stored=stored,
        orientation=orientation,
    )


def joined(photo: RgbPhoto) -> Samples:
    """Return the colors with the other planes behind them, shape (H, W, C), or (H, W) for one plane."""
    whole = photo.samples if photo.extra is None else np.concatenate([photo.samples, photo.extra], axis=2)
    return np.ascontiguousarray(whole[..., 0] if whole.shape[2] == 1 else whole)


def to_depth(samples: Samples, depth: DTypeLike) -> Samples:
    """Return the nearest numbers of another unsigned type: white stays white.

    Parameters
    ----------
    samples : ndarray of unsigned integers, or of float with white at 1
    depth : dtype
        Unsigned and no finer than `samples`, unless those are float.

    >>> to_depth(np.array([0, 128, 129, 65535], np.uint16), np.uint8).tolist()
    [0, 0, 1, 255]
    """
    most = np.iinfo(depth).max
    if samples.dtype.kind == "u":
        step = np.iinfo(samples.dtype).max // most
        return samples if step == 1 else ((samples.astype(np.uint64) + step // 2) // step).astype(depth)
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(finite.clip(0, 1).astype(np.float64) * most).astype(depth)
