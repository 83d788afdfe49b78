"""Define the entrants that denoise the same photo: raw converters, our command, and Python functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from bench.methods import MosaicMethod, Picture, PictureMethod
from bench.peers.developer import Developer
from bench.speed.commands import denoise_command, run_command
from bench.speed.photos import Photos
from bench.speed.sizes import Sizes
from bench.speed.timing import seconds_of
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB

WHOLE = "whole photo"


class Ground:
    """State that all entrants share: the photo, the square that is scored, the converter that develops mosaics."""

    def __init__(self, photos: Photos, sizes: Sizes, converter: Developer) -> None:
        self.noisy, self.clean = photos.noisy(sizes.photo), photos.clean(sizes.photo)
        self.noise = photos.noise
        self.photo = read_raw(self.noisy)
        frame = self.photo.frame
        # Both corners lie on even rows and columns: the square has the same CFA as the whole photo.
        top, left = ((length - sizes.crop) // 4 * 2 for length in (frame.height, frame.width))
        self.window = np.s_[top : top + sizes.crop, left : left + sizes.crop]
        self.scale = frame.height * frame.width / sizes.crop**2
        self._converter = converter
        self.truth = self.develop(self.clean)

    def develop(self, path: Path) -> Picture:
        """Develop a RAW file without denoising and return the square."""
        return self.cut(self._converter.develop(path, self._converter.plain).picture)

    def cut(self, picture: Picture) -> Picture:
        """Return the square of a picture."""
        return np.array(picture[self.window])


@dataclass
class Entrant(ABC):
    """Denoiser that competes on the photo."""

    ground: Ground
    program: str
    method: str
    truth: Picture
    """Picture without noise to compare with."""
    given: str = WHOLE
    """Part of the photo that it gets."""

    @abstractmethod
    def run(self) -> float:
        """Denoise; return the time for the whole photo, in seconds."""

    @abstractmethod
    def picture(self) -> Picture:
        """Return the square of the last result, developed."""


@dataclass
class Converter(Entrant):
    """Raw converter with one of its settings."""

    developer: Developer = field(kw_only=True)
    settings: str = field(kw_only=True)

    def run(self) -> float:
        """Develop the noisy photo."""
        rendering = self.developer.develop(self.ground.noisy, self.settings)
        self._picture = self.ground.cut(rendering.picture)
        return rendering.seconds

    def picture(self) -> Picture:
        """Return the developed square."""
        return self._picture


@dataclass
class OurCommand(Entrant):
    """Our command; the converter develops its DNG only for scoring."""

    options: tuple[str, ...] = field(kw_only=True)
    target: Path = field(kw_only=True)

    def run(self) -> float:
        """Denoise to a new DNG."""
        self.target.unlink(missing_ok=True)
        return seconds_of(partial(run_command, denoise_command(self.ground.noisy, self.target, *self.options)))

    def picture(self) -> Picture:
        """Develop the DNG."""
        return self.ground.develop(self.target)


@dataclass
class MosaicFunction(Entrant):
    """Python peer that denoises mosaics."""

    peer: MosaicMethod = field(kw_only=True)
    target: Path = field(kw_only=True)

    def __post_init__(self) -> None:
        self._planes = self.ground.photo.planes()
        self._square = np.array(self._planes[0][self.ground.window])

    def run(self) -> float:
        """Denoise the square."""

        def work() -> None:
            self._planes[0][self.ground.window] = self.peer.run(self._square, RGGB, self.ground.noise)

        return seconds_of(work) * self.ground.scale

    def picture(self) -> Picture:
        """Develop the photo with the square put back."""
        write_photo(self.ground.photo.with_planes(self._planes), self.target, provenance=None, overwrite=True)
        return self.ground.develop(self.target)


@dataclass
class PictureFunction(Entrant):
    """Python peer that denoises the picture that the converter developed."""

    peer: PictureMethod = field(kw_only=True)

    def __post_init__(self) -> None:
        self._noisy = self.ground.develop(self.ground.noisy)
        self._sigma = float(np.std(self._noisy - self.truth))

    def run(self) -> float:
        """Denoise the square."""

        def work() -> None:
            self._picture = self.peer.run(self._noisy, self._sigma)

        return seconds_of(work) * self.ground.scale

    def picture(self) -> Picture:
        """Return the denoised square."""
        return self._picture
