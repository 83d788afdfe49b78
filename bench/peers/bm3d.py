"""Run BM3D (Dabov, Foi, Katkovnik, Egiazarian 2007), its authors' package, on mosaics and on developed pictures.

Its license is non-commercial: it is only measured here and used nowhere else.
"""

from __future__ import annotations

import numpy as np

from bench.methods import Absent, Mosaic, MosaicMethod, Picture, PictureMethod
from bench.peers.found import package_version, without_package
from rwdenoise.photo.cfa import X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize


def bm3d_methods() -> list[MosaicMethod | Absent]:
    """Return BM3D for all sensors."""
    version = package_version("bm3d")
    if version is None:
        return [without_package("BM3D per plane", "bm3d")]
    return [MosaicMethod(f"BM3D {version} per plane, true sigma", _denoise)]


def color_bm3d() -> PictureMethod | Absent:
    """Return BM3D for developed pictures; it takes 15 s for 0.26 megapixels."""
    version = package_version("bm3d")
    if version is None:
        return without_package("BM3D color", "bm3d")
    return PictureMethod(f"BM3D color {version}, true sigma", _denoise_color)


def _denoise_color(picture: Picture, sigma: float) -> Picture:
    import bm3d

    return np.asarray(bm3d.bm3d_rgb(picture, sigma), np.float32)


def _denoise(mosaic: Mosaic, cfa: Cfa, noise: NoiseProfile) -> Mosaic:
    """Denoise each color separately, after the transform that makes the noise uniform."""
    stable = stabilize(mosaic, shot=noise.shot, read=noise.read)
    denoise = _denoise_filled if cfa.name == X_TRANS.name else _denoise_regular
    return np.asarray(destabilize(denoise(stable, cfa, noise.sigma), shot=noise.shot, read=noise.read), np.float32)


def _denoise_regular(stable: Mosaic, cfa: Cfa, sigma: float) -> Mosaic:
    import bm3d

    result = np.empty_like(stable)
    rows, columns = cfa.period
    for sites in (np.s_[y::rows, x::columns] for y in range(rows) for x in range(columns)):
        result[sites] = bm3d.bm3d(stable[sites], sigma)
    return result


def _denoise_filled(stable: Mosaic, cfa: Cfa, sigma: float) -> Mosaic:
    # The sites of one color form no regular grid: the missing sites are first filled from their neighbors.
    import bm3d
    from scipy.ndimage import gaussian_filter

    result = np.empty_like(stable)
    for mask in cfa.planes(*stable.shape):
        filled = gaussian_filter(stable * mask, 1.0) / np.maximum(gaussian_filter(mask, 1.0), 1e-6)
        cleaned = bm3d.bm3d(np.where(mask > 0, stable, filled), sigma)
        result[mask > 0] = cleaned[mask > 0]
    return result
