"""Run wavelets and non-local means of scikit-image and OpenCV on developed pictures.

Their settings depend on sigma as the documentation recommends, if it gives a recommendation.
"""

from __future__ import annotations

import numpy as np

from bench.methods import Absent, Picture, PictureMethod
from bench.peers.found import package_version, without_package


def classical_methods() -> list[PictureMethod | Absent]:
    """Return wavelet shrinkage and both implementations of non-local means."""
    return [_wavelets(), _nl_means(), _opencv_nl_means()]


def _wavelets() -> PictureMethod | Absent:
    name = "wavelets"
    for package in ("scikit-image", "PyWavelets"):
        if package_version(package) is None:
            return without_package(name, package)
    settings = "BayesShrink, db2, YCbCr, true sigma"
    return PictureMethod(f"{name}, scikit-image {package_version('scikit-image')}, {settings}", _denoise_by_wavelets)


def _nl_means() -> PictureMethod | Absent:
    name, version = "non-local means, scikit-image", package_version("scikit-image")
    if version is None:
        return without_package(name, "scikit-image")
    return PictureMethod(f"{name} {version}, patch 5, search 13, h = 0.8 sigma", _denoise_by_nl_means)


def _opencv_nl_means() -> PictureMethod | Absent:
    name, version = "non-local means, OpenCV", package_version("opencv-python-headless")
    if version is None:
        return without_package(name, "opencv-python-headless")
    return PictureMethod(f"{name} {version}, 8 bit, patch 7, search 21, h = 0.6 sigma", _denoise_by_opencv)


def _denoise_by_wavelets(picture: Picture, sigma: float) -> Picture:
    from skimage.restoration import denoise_wavelet

    cleaned = denoise_wavelet(
        picture, sigma=sigma, wavelet="db2", method="BayesShrink", convert2ycbcr=True, channel_axis=-1
    )
    return np.asarray(cleaned, np.float32)


def _denoise_by_nl_means(picture: Picture, sigma: float) -> Picture:
    from skimage.restoration import denoise_nl_means

    # Patch sizes from scikit-image's example gallery; h as its documentation recommends for known sigma.
    cleaned = denoise_nl_means(
        picture, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma, fast_mode=True, channel_axis=-1
    )
    return np.asarray(cleaned, np.float32)


def _denoise_by_opencv(picture: Picture, sigma: float) -> Picture:
    import cv2

    blue_first = np.rint(picture[..., ::-1].clip(0, 1) * 255).astype(np.uint8)
    # The documentation gives no rule. This was the best on average among 0.3 to 2.5 sigma, on five training photos with
    # sigma 5 to 50 of 255.
    h = 0.6 * 255 * sigma
    cleaned = cv2.fastNlMeansDenoisingColored(blue_first, None, h=h, hColor=h)
    return np.asarray(cleaned[..., ::-1], np.float32) / np.float32(255)
