"""One photo on its way through a call, in stages that may run in different threads: read, measure, denoise, write."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rwdenoise.denoising.regions import denoise_regions
from rwdenoise.errors import PhotoAccessError, SettingsError
from rwdenoise.events import Finished, Listener, Noise, Progress, Residual, Warned
from rwdenoise.io.atomic import make_folder
from rwdenoise.io.formats import PICTURE_OUTPUTS, RAW_OUTPUTS
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.pictures.convert import deepened
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import FileState, shown, state_of
from rwdenoise.io.write import write_photo, write_picture
from rwdenoise.jobs.fingerprint import digest_file
from rwdenoise.memory import within_memory
from rwdenoise.noise.estimate import choose_noise
from rwdenoise.noise.hot_pixels import BrokenPixels, find_broken_pixels
from rwdenoise.noise.residual import ResidualCheck, check_residual
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rwdenoise.choices import Settings
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.jobs.treatment import Treatment
    from rwdenoise.photo.cfa import Domain
    from rwdenoise.photo.noise_profile import NoiseProfile

#: Gives the denoiser for a domain.
LoadDenoiser = Callable[["Domain"], "Denoiser"]
ReadPhoto = Callable[[Path], Photo]


class PhotoWork:
    """What there is of a photo between its source and its result. Each stage is called once, in their order.

    Parameters
    ----------
    source, target : Path
    treatment : Treatment
    read : callable
        Reads the source, by default in this process.
    """

    def __init__(self, source: Path, target: Path, *, treatment: Treatment, read: ReadPhoto = read_photo) -> None:
        self.source, self.target, self.treatment = source, target, treatment
        self.digest = ""
        """The checksum of the source, once it is read."""
        self.key = ""
        """What tells this result from others of the same source, once it is denoised."""
        self._noise: tuple[NoiseProfile, str] | None = None
        self._broken: BrokenPixels | None = None
        self._read = read
        self._seconds = 0.0

    @property
    def job(self) -> str:
        """The name under which events tell of it."""
        return str(self.source)

    @within_memory()
    def read(self) -> None:
        """Read the source.

        Raises
        ------
        PhotoError
            If it cannot be read, or is changed meanwhile.
        SettingsError
            If this kind of photo cannot be written in the format.
        """
        begun = time.perf_counter()
        self._state = state_of(self.source)
        photo = self._read(self.source)
        self.digest = digest_file(self.source)
        self._refuse_changed()
        self.format = self.treatment.format_for(self.source, self.target)
        _refuse_format(photo, self.format, name=shown(self.source))
        self._photo = deepened(photo, self.format) if isinstance(photo, RgbPhoto) else photo
        self._seconds += time.perf_counter() - begun

    @within_memory()
    def measure(self) -> None:
        """Find out how noisy a mosaic is, and which of its pixels are broken."""
        begun = time.perf_counter()
        photo = self._photo
        if isinstance(photo, RawPhoto) and photo.domain == "cfa":
            self._noise = choose_noise(photo, self.treatment.noise)
            if not self.treatment.settings.removes_nothing:
                self._broken = find_broken_pixels(photo.planes(), cfa=photo.cfa, noise=self._noise[0])
        self._seconds += time.perf_counter() - begun

    def expect(self, load: LoadDenoiser) -> None:
        """Let the denoiser get ready for this photo, which may still be measured."""
        if isinstance(self._photo, RawPhoto) and self._photo.domain == "cfa":
            load("cfa").expect(self._photo.frame.height, self._photo.frame.width)

    @within_memory()
    def denoise(self, denoiser: Denoiser | LoadDenoiser, listen: Listener) -> None:
        """Denoise what was read.

        Raises
        ------
        WeightsError, DeviceError
            If the photo does not suit the denoiser.
        """
        begun = time.perf_counter()
        ready = denoiser(self._photo.domain) if callable(denoiser) else denoiser
        before = ready.pixels_run
        profile = self._tell_noise(listen)
        self._photo = self._denoised(ready, profile, listen)
        self._weights, self._device = ready.name, ready.device
        self._pixels_run = ready.pixels_run - before
        self.key = self.treatment.key(self.format, weights=ready.digest)
        self._provenance = Provenance(ready.name, self.treatment.settings, profile, self.digest, self.key)
        self._seconds += time.perf_counter() - begun

    def _denoised(self, denoiser: Denoiser, noise: NoiseProfile | None, listen: Listener) -> Photo:
        photo, settings = self._photo, self.treatment.settings

        def tell(done: int, total: int) -> None:
            listen(Progress(self.job, "denoise", done, total))

        if not isinstance(photo, RawPhoto) or noise is None or photo.domain != "cfa":
            return denoise_regions(photo, denoiser=denoiser, settings=settings, on_progress=tell)
        if settings.removes_nothing:
            return photo
        planes = denoiser.denoise(
            photo.planes(),
            cfa=photo.cfa,
            noise=noise,
            settings=settings,
            white_balance=photo.white_balance,
            broken=self._broken,
            on_progress=tell,
        )
        if (check := check_photo(photo, planes, noise=noise, settings=settings)) is not None:
            listen(Residual(self.job, **check.summary()))
        return photo.with_planes(planes)

    def _tell_noise(self, listen: Listener) -> NoiseProfile | None:
        """Tell the noise profile that is assumed, if there is one."""
        photo = self._photo
        if self._noise is not None:
            profile, origin = self._noise
            listen(Noise(self.job, profile.shot, profile.read, origin))
            return profile
        if self.treatment.noise is not None:
            message = "The given noise profile is not used: it is for mosaics, and this photo is none."
            listen(Warned(self.job, message))
        stated = photo.noise if isinstance(photo, RawPhoto) else None
        if stated is not None:
            listen(Noise(self.job, stated.shot, stated.read, "file"))
        return stated

    @within_memory()
    def write(self, warn: Callable[[str], None]) -> Finished:
        """Write the result; what went wrong and does not matter enough to stop is told to `warn`.

        Raises
        ------
        PhotoError
            If the source was changed before its metadata were read, or the target cannot be written.
        """
        begun = time.perf_counter()
        self._refuse_changed()
        make_folder(self.target.parent)
        photo = self._photo
        options: Any = {
            "provenance": self._provenance,
            "format": self.format,
            "overwrite": self.treatment.overwrite,
            "warn": warn,
            "confirm": self._refuse_changed,
        }
        if isinstance(photo, RgbPhoto):
            write_picture(photo, self.target, **options)
        else:
            write_photo(photo, self.target, color=self.treatment.color, **options)
        self._seconds += time.perf_counter() - begun
        return self._finished(photo)

    def _finished(self, photo: Photo) -> Finished:
        pixels = photo.frame.height * photo.frame.width
        return Finished(
            self.job,
            output=str(self.target),
            seconds=round(self._seconds, 3),
            megapixels=round(pixels / 1e6, 3),
            weights=self._weights,
            device=self._device,
            settings=self.treatment.settings,
            source_digest=self.digest,
            method_key=self.key,
            passes=round(self._pixels_run / pixels, 2),
        )

    def _refuse_changed(self) -> None:
        found: FileState = state_of(self.source)
        if found != self._state:
            message = f"{shown(self.source)} was changed while it was being worked on: it has {found.size} bytes now,"
            message += f" after {self._state.size}."
            raise PhotoAccessError(message, hint="Wait until it is copied or saved whole, and run the same again.")


def check_photo(
    photo: RawPhoto, planes: NDArray[np.float32], *, noise: NoiseProfile, settings: Settings
) -> ResidualCheck | None:
    """Compare what was removed from a photo with its noise.

    Returns
    -------
    ResidualCheck or None
        None where that cannot be judged: color noise and gray grain were to be removed unequally, nothing was to be
        removed, or there is no whole block without clipped highlights.
    """
    if settings.removes_nothing or settings.chroma_strength != settings.strength:
        return None
    check = check_residual(photo.planes(), planes, noise=noise, strength=settings.strength)
    return check if check.blocks else None


def _refuse_format(photo: Photo, format: str, *, name: str) -> None:
    """Refuse a format that this kind of photo cannot have, before it is denoised."""
    developed = isinstance(photo, RgbPhoto)
    possible = PICTURE_OUTPUTS if developed else RAW_OUTPUTS
    if format not in possible:
        kind = "a developed picture" if developed else "camera RAW"
        message = f"{name} is {kind}, which can be written as {', '.join(possible)}, but not as {format}."
        raise SettingsError(message, hint="Leave --format out, or choose one of these.")
