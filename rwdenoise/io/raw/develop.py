"""Develop RAW to a picture with the white balance of the camera."""

from __future__ import annotations

import numpy as np
import rawpy

from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.io.pictures.icc import encoding_table, profile
from rwdenoise.io.raw.dng import encode_bare_dng
from rwdenoise.io.raw.libraw import unpacked
from rwdenoise.photo.cfa import MONOCHROME
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto, Stored

_LIBRAW_SPACES = {
    "srgb": rawpy.ColorSpace.sRGB,
    "display-p3": rawpy.ColorSpace.P3D65,
    "rec2020": rawpy.ColorSpace.Rec2020,
    "prophoto": rawpy.ColorSpace.ProPhoto,
}
#: LibRaw 0.22 fails on X-Trans mosaics smaller than about 500 px per side, except with simple algorithms.
_SMALLEST_X_TRANS = 512


def develop(photo: RawPhoto, *, color: str = "srgb") -> RgbPhoto:
    """Develop a RAW photo with LibRaw: demosaiced, white-balanced, upright.

    Parameters
    ----------
    photo : RawPhoto
        A mosaic or linear colors at their full precision: denoised photos are not rounded to the quantization steps of
        the camera.
    color : str
        ``"srgb"``, ``"display-p3"``, ``"rec2020"`` or ``"prophoto"``.

    Returns
    -------
    RgbPhoto
        uint16, shape (H, W, 3), encoded with the tone curve of the color space: 0 black, 65535 white. It has the ICC
        profile of the color space.

    Raises
    ------
    SettingsError
        If there is no such color space.

    Notes
    -----
    The development does not depend on the brightness of the picture (no automatic brightening, no white level guessed
    from the highest value): a photo and its denoised version become equally bright.
    """
    icc = profile(color)
    with unpacked(encode_bare_dng(photo), name="The photo") as raw:
        light = raw.postprocess(
            demosaic_algorithm=_algorithm(photo),
            use_camera_wb=True,
            no_auto_bright=True,
            adjust_maximum_thr=0.0,
            output_color=_LIBRAW_SPACES[color],
            output_bps=16,
            gamma=(1, 1),
        )
    samples = encoding_table(color)[light]
    return RgbPhoto(
        samples=np.repeat(samples, 3, axis=2) if samples.shape[2] == 1 else samples,
        extra=None,
        encoding=encoding_of(icc, gray=False, floating=False),
        stored=Stored("tiff", icc),
        make=photo.make,
        model=photo.model,
        iso=photo.iso,
        source=photo.source,
    )


def _algorithm(photo: RawPhoto) -> rawpy.DemosaicAlgorithm:
    small = min(photo.active.height, photo.active.width) < _SMALLEST_X_TRANS
    if photo.cfa.name == "X-Trans" and small:
        return rawpy.DemosaicAlgorithm.VNG
    return rawpy.DemosaicAlgorithm.LINEAR if photo.cfa == MONOCHROME else rawpy.DemosaicAlgorithm.AHD
