"""Measure the noise of one camera from a few of its RAW photos, to train weights for that camera."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rwdenoise.errors import SettingsError, UnsupportedPhotoError
from rwdenoise.photo.noise_profile import NoiseProfile

from .camera import LOG_SHOT, MEASURED_SLOPE, NoiseLine

#: Margin on both sides of the measured ISO range in which noise is drawn: one stop.
BEYOND = math.log(2)
#: Least range of shot noise that determines the slope of read noise over shot noise: two stops. Photos that are closer
#: determine only the offset.
APART = math.log(4)
#: Least standard deviation of the logarithm of read noise around the line: no measurement is exact.
LEAST_SPREAD = 0.2


def measure_profiles(paths: Iterable[Path]) -> list[NoiseProfile]:
    """Measure the noise of RAW photos.

    Raises
    ------
    PhotoError
        If a photo cannot be read or has no mosaic.
    SettingsError
        If a photo shows no shot noise.
    """
    return [_measure(path) for path in paths]


def _measure(path: Path) -> NoiseProfile:
    # Imported here because machines with fast GPUs often lack the libraries that read camera files.
    from rwdenoise.io.read import read_photo
    from rwdenoise.noise.estimate import estimate_noise
    from rwdenoise.photo.raw import RawPhoto

    photo = read_photo(path)
    if not isinstance(photo, RawPhoto) or photo.mosaic.ndim != 2:
        message = f"{path.name} has no sensor mosaic; a camera's noise can only be measured from one."
        raise UnsupportedPhotoError(message, hint="Give RAW photos as the camera wrote them.")
    profile = estimate_noise(photo.planes(), photo.cfa, masked=photo.masked())
    if profile.shot <= 0:
        message = f"{path.name} shows no shot noise."
        raise SettingsError(message, hint="Give RAW photos at the ISO values that you want to denoise.")
    return profile


def fit_line(profiles: Sequence[NoiseProfile]) -> NoiseLine:
    """Fit the read noise of a camera as a linear function of its shot noise across ISO values.

    If all photos have about the same ISO value, the slope is that of other cameras.
    """
    shot = np.log([profile.shot for profile in profiles])
    read = np.log([profile.read for profile in profiles])
    slope = MEASURED_SLOPE
    if np.ptp(shot) >= APART:
        # In no camera does read noise fall as the gain rises, and it grows at most with the square of the gain.
        slope = float(np.clip(np.polyfit(shot, read, 1)[0], 0.0, 2.0))
    offset = float((read - slope * shot).mean())
    spread = float((read - slope * shot - offset).std())
    low, high = np.clip((shot.min() - BEYOND, shot.max() + BEYOND), *LOG_SHOT)
    return NoiseLine(slope, offset, max(spread, LEAST_SPREAD), (float(low), float(high)))
