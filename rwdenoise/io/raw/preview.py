"""Render the preview of a DNG, which file browsers show and to which RawTherapee fits its curve."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.io.pictures.decoders import DECODER_ERRORS
from rwdenoise.parallel import on_every_core
from rwdenoise.photo.cfa import MONOCHROME, TRANSMISSION, Cfa
from rwdenoise.photo.color import camera_to_srgb, encode_srgb
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import in_bands

#: Points of an increasing curve: inputs and outputs, both 0..1.
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

LONGEST_SIDE = 1600
# Quantiles at which brightness is compared; without the ends, which depend on single pixels.
_SHARES = np.linspace(0.01, 0.99, 33)
_UNREADABLE: tuple[type[Exception], ...] = (*DECODER_ERRORS, MemoryError)
# Bars in JPEG previews are not exactly black.
_BLACKEST = 16


def render_preview(photo: RawPhoto) -> NDArray[np.uint8]:
    """Render a preview of the camera's crop, as bright as the embedded preview of the source.

    Parameters
    ----------
    photo : RawPhoto
        A mosaic or linear colors. If its source has an embedded preview, an increasing curve for all colors matches
        its brightness.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        sRGB, at most 1600 px long, without applying the orientation.
    """
    encoded = render_small(photo)
    curve = camera_curve(encoded, photo)
    if curve is not None:
        encoded = np.interp(encoded, *curve).astype(np.float32)
    return with_square_pixels(np.rint(encoded * 255).astype(np.uint8), photo.pixel_aspect)


def render_small(photo: RawPhoto, *, longest: int = LONGEST_SIDE) -> NDArray[np.float32]:
    """Render the camera's crop in sRGB at recorded brightness, averaged in linear light to at most `longest` px.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        0 black, 1 white; without applying orientation and pixel aspect.
    """
    return encode_srgb(_to_srgb(_superpixels(photo, longest), photo))


def camera_curve(picture: NDArray[np.float32], photo: RawPhoto) -> Curve | None:
    """Return the curve that matches a rendering to the brightness of the embedded preview; None without one."""
    stored = photo.origin and photo.origin.rendering
    model = decode_preview(stored) if stored else None
    return None if model is None else brightness_curve(picture, model)


def brightness_curve(picture: NDArray[np.float32], model: NDArray[np.uint8]) -> Curve:
    """Return the increasing curve that gives a picture, 0..1, the brightness quantiles of `model`.

    The curve goes through black, white, and pairs of equal quantiles.
    """
    model = _without_bars(model)
    ours = np.quantile(picture.mean(axis=2), _SHARES)
    theirs = np.quantile(model.mean(axis=2) / 255, _SHARES)
    known, first = np.unique(np.concatenate([[0.0], ours, [1.0]]), return_index=True)
    wanted = np.maximum.accumulate(np.concatenate([[0.0], theirs, [1.0]]))[first]
    return known, wanted


def _without_bars(model: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Remove the black bars that extend small previews to 4:3."""
    lit = model.max(axis=2) > _BLACKEST
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    if rows.size == 0:
        return model
    return model[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _superpixels(photo: RawPhoto, longest: int) -> NDArray[np.float32]:
    """Average each color over squares of the crop, shape (H, W, 3), 0 black, 1 white."""
    crop = photo.crop
    # Each plane of a linear photo is averaged like a mosaic with one color.
    cfa = MONOCHROME if not photo.is_mosaic else photo.cfa.shifted(crop.top, crop.left)
    rows, columns = cfa.period
    height, width = max(crop.height, rows), max(crop.width, columns)
    times = max(1, -(-max(height, width) // (rows * longest)))
    times = min(times, height // rows, width // columns)
    # A crop smaller than one period (only in tests) is extended to have a site of every color.
    filling = [(0, 0), (0, height - crop.height), (0, width - crop.width)]

    def average(band: slice) -> NDArray[np.float32]:
        signal = photo.linear_planes(crop.band(band))
        if (height, width) != (crop.height, crop.width):
            signal = np.pad(signal, filling, mode="edge")
        means = [_means(plane, cfa, times) for plane in signal]
        return np.stack([mean[..., 0] for mean in means], axis=2) if not photo.is_mosaic else means[0]

    whole = height // (rows * times) * rows * times
    return np.concatenate(on_every_core(average, in_bands(min(whole, crop.height), width, step=rows * times)))


def _means(signal: NDArray[np.float32], cfa: Cfa, times: int) -> NDArray[np.float32]:
    """Average each color over complete squares of `times` x `times` periods."""
    rows, columns = cfa.period
    height, width = signal.shape[0] // (rows * times), signal.shape[1] // (columns * times)
    sums, counts = np.zeros((height, width, 3), np.float32), np.zeros(3, np.float32)
    for y, x in np.ndindex(rows, columns):
        site = signal[y::rows, x::columns][: height * times, : width * times]
        # Adding complete rows is many times faster than numpy means of a few numbers.
        rows_summed = site.reshape(height, times, -1).sum(axis=1)
        mean = sum(rows_summed[:, start::times] for start in range(times)) / np.float32(times**2)
        seen = TRANSMISSION[cfa.colors[y][x]]
        sums += mean[..., np.newaxis] * seen
        counts += seen
    return np.asarray(sums / counts, np.float32)


def _to_srgb(light: NDArray[np.float32], photo: RawPhoto) -> NDArray[np.float32]:
    """Convert to linear sRGB with white at the saturation of the first color, as in LibRaw: highlights stay neutral."""
    gains = np.array(photo.white_balance, np.float32)
    balanced: NDArray[np.float32] = np.clip(light * (gains / gains.min()), 0, 1)
    if photo.color_matrix is not None:
        balanced = balanced @ camera_to_srgb(photo.color_matrix).astype(np.float32).T
    return balanced


def with_square_pixels(picture: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Stretch a picture whose pixels are `aspect` times as high as wide to square pixels."""
    if aspect == 1:
        return picture
    height, width = picture.shape[:2]
    size = (round(width * max(aspect, 1)), round(height * max(1 / aspect, 1)))
    return np.asarray(Image.fromarray(picture).resize(size))


def decode_preview(stored: bytes) -> NDArray[np.uint8] | None:
    """Decode an embedded preview; None if it is damaged.

    Parameters
    ----------
    stored : bytes
        From `rwdenoise.io.raw.libraw.embedded_preview`.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), or None
        As developed by the camera, without applying the orientation.
    """
    try:
        return np.asarray(Image.open(BytesIO(stored)).convert("RGB"))
    except _UNREADABLE:
        return None  # The preview is optional; an unreadable one counts as missing.
