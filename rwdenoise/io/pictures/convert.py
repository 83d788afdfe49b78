"""Convert pictures between decoders and encoders: alpha planes, bit depths, and the limits of each format."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rwdenoise.errors import SettingsError
from rwdenoise.io.formats import FORMATS
from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.io.pictures.icc import profile
from rwdenoise.photo.rgb import RgbPhoto, Samples, Stored

# 65535 / 255.
_U16_PER_U8 = 257
# Kinds of extra planes in a TIFF (TIFF 6.0, ExtraSamples).
_PREMULTIPLIED, _ALPHA = 1, 2
# The color space field in an ICC profile (ICC.1:2022, 7.2.8).
_ICC_COLORS, _ICC_GRAY = slice(16, 20), b"GRAY"


def to_photo(pixels: NDArray[Any], stored: Stored, *, orientation: int = 1) -> RgbPhoto:
    """Create a picture from the pixels of a decoder.

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
    """Return the colors followed by the other planes, shape (H, W, C), or (H, W) for one plane."""
    whole = photo.samples if photo.extra is None else np.concatenate([photo.samples, photo.extra], axis=2)
    return np.ascontiguousarray(whole[..., 0] if whole.shape[2] == 1 else whole)


def checksum(photo: RgbPhoto) -> int:
    """Return the CRC-32 of all samples; equal pictures have equal checksums."""
    colors = zlib.crc32(np.ascontiguousarray(photo.samples).data)
    return colors if photo.extra is None else zlib.crc32(np.ascontiguousarray(photo.extra).data, colors)


def to_depth(samples: Samples, depth: DTypeLike) -> Samples:
    """Round samples to another unsigned type; white stays white.

    Parameters
    ----------
    samples : ndarray of unsigned integers, or of float with white at 1
    depth : dtype
        Unsigned type, not finer than that of `samples` unless they are floats.

    >>> to_depth(np.array([0, 128, 129, 65535], np.uint16), np.uint8).tolist()
    [0, 0, 1, 255]
    """
    most = np.iinfo(depth).max
    if samples.dtype.kind == "u":
        step = np.iinfo(samples.dtype).max // most
        return samples if step == 1 else ((samples.astype(np.uint64) + step // 2) // step).astype(depth)
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(finite.clip(0, 1).astype(np.float64) * most).astype(depth)


def to_format(photo: RgbPhoto, format: str) -> RgbPhoto:
    """Convert a picture to the limits of `format`; only TIFF keeps everything.

    Parameters
    ----------
    photo : RgbPhoto
    format : str
        A format other than its own: ``"tiff"``, ``"jpeg"``, ``"png"`` or ``"webp"``.

    Returns
    -------
    RgbPhoto
        Rounded to 8 bits for JPEG and WebP, and to at most 16 bits for PNG. Profile and resolution are kept, alpha too
        except in JPEG. Samples become sRGB if they are floats without a profile, or if the profile does not fit (gray
        as WebP).

    Raises
    ------
    SettingsError
        If its colors are premultiplied by alpha and the format does not support that.
    """
    if format == "tiff":
        kinds = {} if photo.extra is None else {"extrasamples": (_ALPHA,)}
        return replace(photo, stored=Stored("tiff", photo.stored.icc, _common(photo) | kinds))
    samples, icc = _numbers(photo, format)
    small = FORMATS[format].bits == 8 or samples.dtype == np.uint8
    depth = np.uint8 if small else np.uint16
    extra = _alpha(photo) if FORMATS[format].alpha else None
    return replace(
        photo,
        samples=to_depth(samples, depth),
        extra=None if extra is None else to_depth(extra, depth),
        stored=Stored(format, icc, _common(photo)),
    )


def refuse_side(photo: RgbPhoto, longest: int, *, title: str, instead: str) -> None:
    """Raise a SettingsError if a side of the picture is longer than a format allows."""
    side = max(photo.samples.shape[:2])
    if side > longest:
        message = f"The longer side of the picture has {side} pixels; a {title} allows at most {longest}."
        raise SettingsError(message, hint=f"Use --format {instead}.")


def deepened(photo: RgbPhoto, format: str) -> RgbPhoto:
    """Convert an 8-bit picture to 16 bits if its result has another format that supports them.

    A denoised picture has finer values than the quantization steps of the noisy one.
    """
    if photo.samples.dtype != np.uint8 or FORMATS[format].bits == 8 or format == photo.stored.format:
        return photo
    finer = np.uint16(_U16_PER_U8)
    return replace(photo, samples=photo.samples * finer, extra=None if photo.extra is None else photo.extra * finer)


def _common(photo: RgbPhoto) -> dict[str, Any]:
    """Return the details common to all formats."""
    return {key: photo.stored.details[key] for key in ("resolution", "unit") if key in photo.stored.details}


def _numbers(photo: RgbPhoto, format: str) -> tuple[Samples, bytes | None]:
    """Return samples and their ICC profile."""
    icc, gray = photo.stored.icc, photo.samples.shape[2] == 1
    bare = icc is None and photo.samples.dtype.kind == "f"
    misplaced = not FORMATS[format].gray and icc is not None and icc[_ICC_COLORS] == _ICC_GRAY
    if not (bare or misplaced):
        return photo.samples, icc
    display = photo.planes().transpose(1, 2, 0)
    return (display[..., :1] if gray else display), (None if gray else profile("srgb"))


def _alpha(photo: RgbPhoto) -> Samples | None:
    """Return the alpha plane; other planes of a TIFF are masks of an editor."""
    if photo.extra is None:
        return None
    kinds = photo.stored.details.get("extrasamples", (_ALPHA,))
    if _PREMULTIPLIED in kinds:
        message = "The picture's colors are premultiplied by its alpha, which only a TIFF can store."
        raise SettingsError(message, hint="Use --format tiff.")
    return photo.extra[..., [kinds.index(_ALPHA)]] if _ALPHA in kinds else None
