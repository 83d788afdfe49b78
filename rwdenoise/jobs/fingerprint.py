"""What a result is known by: the content of its source, and what was done to it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.io.source import opened

if TYPE_CHECKING:
    from rwdenoise.choices import Settings
    from rwdenoise.photo.noise_profile import NoiseProfile

#: Hexadecimal digits of a method's key: 128 bits, so that no two methods ever meet by chance.
_DIGITS = 32


def digest_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal digits.

    Raises
    ------
    PhotoAccessError, CorruptPhotoError, UnsupportedPhotoError
        As `read_file`.
    """
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def method_key(*, settings: Settings, noise: NoiseProfile | None, format: str, color: str, weights: str) -> str:
    """Return a short text that is the same for the same method only.

    Parameters
    ----------
    settings, noise, format, color
        As for `denoise_photo`.
    weights : str
        The sha256 of the weights file.
    """
    method = {
        "settings": dataclasses.asdict(settings) | {"chroma": settings.chroma_strength},
        "noise": noise and dataclasses.asdict(noise),
        "format": format,
        "color": color,
        "weights": weights,
    }
    return hashlib.sha256(json.dumps(method, sort_keys=True).encode()).hexdigest()[:_DIGITS]
