"""Remove noise from camera photos and leave everything else in them unchanged.

``__all__`` lists the public names. Each is imported on first use: ``import rwdenoise`` itself loads neither torch nor
LibRaw.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from rwdenoise._version import __version__ as __version__

if TYPE_CHECKING:
    from rwdenoise.choices import Settings
    from rwdenoise.denoising.denoiser import Denoiser, load_denoiser
    from rwdenoise.denoising.photos import denoise
    from rwdenoise.errors import RwDenoiseError
    from rwdenoise.io.metadata.provenance import Provenance
    from rwdenoise.io.raw.reader import read_raw
    from rwdenoise.io.read import read_photo, read_picture
    from rwdenoise.io.write import write_photo, write_picture
    from rwdenoise.jobs.photo import denoise_photo
    from rwdenoise.noise.estimate import estimate_noise
    from rwdenoise.photo.noise_profile import NoiseProfile
    from rwdenoise.photo.raw import RawPhoto
    from rwdenoise.photo.rgb import RgbPhoto

__all__ = [
    "Denoiser",
    "NoiseProfile",
    "Provenance",
    "RawPhoto",
    "RgbPhoto",
    "RwDenoiseError",
    "Settings",
    "denoise",
    "denoise_photo",
    "estimate_noise",
    "load_denoiser",
    "read_photo",
    "read_picture",
    "read_raw",
    "write_photo",
    "write_picture",
]

_HOMES = {
    "Denoiser": "rwdenoise.denoising.denoiser",
    "NoiseProfile": "rwdenoise.photo.noise_profile",
    "Provenance": "rwdenoise.io.metadata.provenance",
    "RawPhoto": "rwdenoise.photo.raw",
    "RgbPhoto": "rwdenoise.photo.rgb",
    "RwDenoiseError": "rwdenoise.errors",
    "Settings": "rwdenoise.choices",
    "denoise": "rwdenoise.denoising.photos",
    "denoise_photo": "rwdenoise.jobs.photo",
    "estimate_noise": "rwdenoise.noise.estimate",
    "load_denoiser": "rwdenoise.denoising.denoiser",
    "read_photo": "rwdenoise.io.read",
    "read_picture": "rwdenoise.io.read",
    "read_raw": "rwdenoise.io.raw.reader",
    "write_photo": "rwdenoise.io.write",
    "write_picture": "rwdenoise.io.write",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_HOMES[name]), name)
