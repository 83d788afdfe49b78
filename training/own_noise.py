"""The noise of one camera, measured from a few of its RAW photos, for weights that know it best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rwdenoise.errors import SettingsError, UnsupportedPhotoError
from rwdenoise.photo.noise_profile import NoiseProfile

from .camera import LOG_SHOT, MEASURED_SLOPE, NoiseLine

#: How far beyond the measured ISO values the noise is drawn: one stop.
BEYOND = math.log(2)
#: Photos tell the slope of read noise over shot noise if they are two stops apart; nearer ones only its height.
APART = math.log(4)
#: A measurement is never exact: least standard deviation of the logarithm of read noise around the line.
LEAST_SPREAD = 0.2


def measure_profiles(paths: Iterable[Path]) -> list[NoiseProfile]:
    """Measure the noise of RAW photos.

    Raises
    ------
    PhotoError
        If one cannot be read, or is no mosaic.
    SettingsError
        If one shows no noise.
    """
    return [_measure(path) for path in paths]


def _measure(path: Path) -> NoiseProfile:
    # Here, as machines with fast GPUs often lack what reads camera files.
    from rwdenoise.io.read import read_photo
    from rwdenoise.noise.estimate import estimate_noise
    from rwdenoise.photo.raw import RawPhoto

    photo = read_photo(path)
    if not isinstance(photo, RawPhoto) or photo.mosaic.ndim != 2:
        message = f"{path.name} holds no mosaic of a sensor, of which alone a camera's noise can be measured."
        raise UnsupportedPhotoError(message, hint="Name RAW photos as the camera wrote them.")
    profile = estimate_noise(photo.planes(), photo.cfa, masked=photo.masked())
    if profile.shot <= 0:
        message = f"{path.name} shows no noise that grows with the light."
        raise SettingsError(message, hint="Name RAW photos with the ISO values that you want to denoise.")
    return profile


def fit_line(profiles: Sequence[NoiseProfile]) -> NoiseLine:
    """Return the line on which the read noise of a camera lies over its shot noise, from ISO to ISO.

    Where all photos are of about one ISO value, its slope is that of other cameras.
    """
    shot = np.log([profile.shot for profile in profiles])
    read = np.log([profile.read for profile in profiles])
    slope = MEASURED_SLOPE
    if np.ptp(shot) >= APART:
        # Read noise falls with rising gain in no camera, and grows at most with its square.
        slope = float(np.clip(np.polyfit(shot, read, 1)[0], 0.0, 2.0))
    offset = float((read - slope * shot).mean())
    spread = float((read - slope * shot - offset).std())
    low, high = np.clip((shot.min() - BEYOND, shot.max() + BEYOND), *LOG_SHOT)
    return NoiseLine(slope, offset, max(spread, LEAST_SPREAD), (float(low), float(high)))
