"""Read and write layers of image editors, exchanged as raw pixels in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError, PhotoWriteError, SettingsError
from rwdenoise.io.pictures.convert import joined
from rwdenoise.io.pictures.encodings import CURVES, encoding_under
from rwdenoise.photo.rgb import RgbPhoto, Stored

#: File names of the layer, of the denoised layer, and of the optional ICC profile.
PIXELS, RESULT, PROFILE = "pixels.in", "pixels.out", "profile.icc"

#: Sample types by their names in babl.
TYPES: dict[str, DTypeLike] = {
    "u8": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "half": np.float16,
    "float": np.float32,
    "double": np.float64,
}
# Number of channels, including alpha, and whether there is alpha.
_CHANNELS = {1: False, 2: True, 3: False, 4: True}
_HINT = "Send a request as docs/worker.md describes it."


@dataclass(frozen=True)
class Layout:
    """Layout of the pixels of a layer: rows from top to bottom, channels interleaved, no gaps.

    Raises
    ------
    SettingsError
        If the layout is invalid.
    """

    width: int
    height: int
    channels: int
    """1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha."""
    alpha: bool
    type: str
    """One of `TYPES`."""
    encoding: str
    """One of `rwdenoise.io.pictures.encodings.CURVES`."""

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1:
            message = f"The layer is {self.width} x {self.height} px; both sides must be at least 1 px."
            raise SettingsError(message, hint=_HINT)
        if _CHANNELS.get(self.channels) is not self.alpha:
            message = f"The layer has {self.channels} channels and alpha is {self.alpha}; expected 2 or 4 channels"
            message += " with alpha, 1 or 3 without."
            raise SettingsError(message, hint=_HINT)
        for name, value, known in (("type", self.type, TYPES), ("encoding", self.encoding, CURVES)):
            if value not in known:
                message = f"The {name} is {value!r}; it must be one of {', '.join(known)}."
                raise SettingsError(message, hint=_HINT)

    @property
    def size(self) -> int:
        """Size of the layer in bytes."""
        return self.width * self.height * self.channels * np.dtype(TYPES[self.type]).itemsize

    @property
    def is_gray(self) -> bool:
        """Whether the layer has one color channel instead of three."""
        return self.channels - self.alpha == 1


def read_layer(folder: Path, layout: Layout) -> RgbPhoto:
    """Read a layer and its profile from a folder.

    Raises
    ------
    PhotoAccessError, CorruptPhotoError
        If the pixels are missing or not readable, or their number does not match the layout.
    """
    pixels = _read_pixels(folder / PIXELS, layout)
    icc = _read_profile(folder / PROFILE)
    colors = layout.channels - layout.alpha
    return RgbPhoto(
        samples=pixels[..., :colors],
        extra=pixels[..., colors:] if layout.alpha else None,
        encoding=encoding_under(icc, gray=layout.is_gray, curve=layout.encoding),
        stored=Stored("layer", icc),
    )


def write_layer(photo: RgbPhoto, folder: Path) -> None:
    """Write the pixels of a layer into a folder, in the layout of the input.

    Raises
    ------
    PhotoWriteError
        If writing fails. No partial file ever remains.
    """
    target = folder / RESULT
    try:
        target.write_bytes(joined(photo).data)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        message = f"{target} cannot be written: {error.strerror}."
        raise PhotoWriteError(message, hint="Free some space on that disk.") from error


def _read_pixels(path: Path, layout: Layout) -> NDArray[Any]:
    try:
        size = path.stat().st_size
        if size == layout.size:
            shape = (layout.height, layout.width, layout.channels)
            return np.fromfile(path, TYPES[layout.type]).reshape(shape)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise PhotoAccessError(message, hint="Write the pixels into the folder before the request.") from error
    message = f"{path} has {size} bytes; {layout.width} x {layout.height} px of {layout.channels} channels in "
    message += f"{layout.type} are {layout.size}."
    raise CorruptPhotoError(message, hint="Write all pixels before the request.")


def _read_profile(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise PhotoAccessError(message, hint="Make the profile readable, or omit it.") from error
