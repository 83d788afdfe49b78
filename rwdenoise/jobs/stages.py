"""The stages of a photo on its way from file to file: load, measure, denoise, write.

Each takes what the one before returns, and may run in a thread of its own: `Loaded` -> `Measured` -> `Denoised` ->
`Finished`. `run_stages` runs them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.denoising import photos
from rwdenoise.denoising.photos import Measured, denoise_measured
from rwdenoise.errors import PhotoAccessError, SettingsError
from rwdenoise.events import Finished, Listener, Noise, Progress, Residual, Started, Warned
from rwdenoise.io.atomic import make_folder
from rwdenoise.io.formats import PICTURE_OUTPUTS, RAW_OUTPUTS
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.pictures.convert import deepened
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import FileState, digest_file, shown, state_of
from rwdenoise.io.write import write_photo
from rwdenoise.memory import within_memory
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.rgb import RgbPhoto

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.jobs.treatment import Treatment
    from rwdenoise.photo.cfa import Domain

#: Gives the denoiser for a domain.
LoadDenoiser = Callable[["Domain"], "Denoiser"]
ReadPhoto = Callable[[Path], Photo]


@dataclass(frozen=True)
class Job:
    """A photo that is to be denoised into a file."""

    source: Path
    target: Path
    treatment: Treatment

    @property
    def name(self) -> str:
        """Its name in events."""
        return str(self.source)

    @property
    def started(self) -> Started:
        """The event that begins it."""
        return Started(self.name, source=self.name, output=str(self.target))


@dataclass(frozen=True, eq=False)
class Loaded:
    """A photo in memory."""

    job: Job
    photo: Photo
    format: str
    """The format of the result."""
    digest: str
    """The sha256 of the source."""
    state: FileState
    """Of the source, before it was read."""
    seconds: float
    """How long the photo was worked on so far, without waiting for other photos."""


@dataclass(frozen=True, eq=False)
class Denoised:
    """A denoised photo in memory. It does not hold the noisy one, whose memory others need."""

    job: Job
    photo: Photo
    format: str
    state: FileState
    provenance: Provenance
    device: str
    pixels_run: int
    """Pixels that went through the network, once for each pass."""
    seconds: float


def run_stages(
    job: Job,
    denoiser: Denoiser | LoadDenoiser,
    listen: Listener,
    *,
    read: ReadPhoto = read_photo,
    computing: AbstractContextManager[object] | None = None,
) -> Finished:
    """Take a photo through all stages, and tell each as an event, up to `Finished`.

    Parameters
    ----------
    job : Job
    denoiser : Denoiser, or callable
        A callable gives the denoiser for a domain.
    listen : callable
        Told every event.
    read : callable
        Reads the source.
    computing : context manager, optional
        Entered for the time in which the photo is denoised: a lock, where photos share a device.

    Raises
    ------
    RwDenoiseError
        As the stages.
    """

    def prepare() -> tuple[Loaded, Measured]:
        loaded = load(job, read)
        return loaded, measure(loaded)

    denoised = run_until_denoised(job, prepare, denoiser, listen, computing=computing)
    finished = write(denoised, lambda message: listen(Warned(job.name, message)))
    listen(finished)
    return finished


def run_until_denoised(
    job: Job,
    prepare: Callable[[], tuple[Loaded, Measured]],
    denoiser: Denoiser | LoadDenoiser,
    listen: Listener,
    *,
    computing: AbstractContextManager[object] | None = None,
) -> Denoised:
    """Denoise a photo once it is prepared (loaded and measured), and tell each stage until it is to be written."""
    listen(Progress(job.name, "read", 0, 1))
    loaded, measured = prepare()
    listen(Progress(job.name, "read", 1, 1))
    with computing or nullcontext():
        denoised = denoise(loaded, measured, denoiser, listen)
    listen(Progress(job.name, "write", 0, 1))
    return denoised


@within_memory()
def load(job: Job, read: ReadPhoto = read_photo) -> Loaded:
    """Read the source.

    Raises
    ------
    PhotoError
        If it cannot be read, or is changed meanwhile.
    SettingsError
        If this kind of photo cannot be written in the format.
    """
    begun = time.perf_counter()
    state = state_of(job.source)
    photo = read(job.source)
    digest = photo.origin.digest if photo.origin else digest_file(job.source)
    _refuse_changed(job.source, state)
    format = job.treatment.format_for(job.source, job.target)
    _refuse_format(photo, format, name=shown(job.source))
    photo = deepened(photo, format) if isinstance(photo, RgbPhoto) else photo
    return Loaded(job, photo, format, digest, state, time.perf_counter() - begun)


@within_memory()
def measure(loaded: Loaded) -> Measured:
    """Measure what must be known of the photo before it is denoised."""
    begun = time.perf_counter()
    treatment = loaded.job.treatment
    measured = photos.measure(loaded.photo, treatment.settings, noise=treatment.noise)
    return replace(measured, seconds=time.perf_counter() - begun)


def get_ready(loaded: Loaded, denoiser: LoadDenoiser) -> None:
    """Let the denoiser prepare for this photo, which may still be measured."""
    denoiser(loaded.photo.domain).prepare(loaded.photo.frame.height, loaded.photo.frame.width)


@within_memory()
def denoise(loaded: Loaded, measured: Measured, denoiser: Denoiser | LoadDenoiser, listen: Listener) -> Denoised:
    """Denoise the photo, and tell its noise, the progress, and what was removed.

    Raises
    ------
    WeightsError, DeviceError
        If the photo does not suit the denoiser.
    """
    begun = time.perf_counter()
    job, settings = loaded.job, loaded.job.treatment.settings
    ready = denoiser(loaded.photo.domain) if callable(denoiser) else denoiser
    before = ready.pixels_run
    tell_noise(measured, job.treatment.noise, job=job.name, listen=listen)
    photo = denoise_measured(
        loaded.photo,
        measured,
        denoiser=ready,
        settings=settings,
        on_progress=lambda done, total: listen(Progress(job.name, "denoise", done, total)),
        on_check=lambda check: listen(Residual(job.name, **check.summary())),
    )
    key = job.treatment.key(loaded.format, weights=ready.digest)
    provenance = Provenance(ready.name, settings, measured.profile, loaded.digest, key)
    seconds = loaded.seconds + measured.seconds + time.perf_counter() - begun
    passed = ready.pixels_run - before
    return Denoised(job, photo, loaded.format, loaded.state, provenance, ready.device, passed, seconds)


def tell_noise(measured: Measured, given: NoiseProfile | None, *, job: str, listen: Listener) -> None:
    """Tell the noise profile of a photo, if it has one, and that a given one is not used, if so."""
    if given is not None and measured.origin != "given":
        listen(Warned(job, "The given noise profile is ignored: it is for mosaics, and this photo is not a mosaic."))
    if measured.profile is not None:
        listen(Noise(job, measured.profile.shot, measured.profile.read, measured.origin))


@within_memory()
def write(denoised: Denoised, warn: Callable[[str], None]) -> Finished:
    """Write the result; what went wrong and does not matter enough to stop is told to `warn`.

    Raises
    ------
    PhotoError
        If the source was changed before its metadata were read, or the target cannot be written.
    """
    begun = time.perf_counter()
    job, photo = denoised.job, denoised.photo

    def confirm() -> None:
        _refuse_changed(job.source, denoised.state)

    confirm()
    make_folder(job.target.parent)
    write_photo(
        photo,
        job.target,
        provenance=denoised.provenance,
        format=denoised.format,
        color=job.treatment.color,
        overwrite=job.treatment.overwrite,
        warn=warn,
        confirm=confirm,
    )
    pixels = photo.frame.height * photo.frame.width
    return Finished(
        job.name,
        output=str(job.target),
        seconds=round(denoised.seconds + time.perf_counter() - begun, 3),
        megapixels=round(pixels / 1e6, 3),
        weights=denoised.provenance.weights,
        device=denoised.device,
        settings=denoised.provenance.settings,
        source_digest=denoised.provenance.source_digest,
        method_key=denoised.provenance.method_key,
        passes=round(denoised.pixels_run / pixels, 2),
    )


def _refuse_changed(source: Path, state: FileState) -> None:
    found = state_of(source)
    if found != state:
        message = f"{shown(source)} changed while it was being processed: it has {found.size} bytes now and had"
        message += f" {state.size}."
        raise PhotoAccessError(message, hint="Wait until it is completely copied or saved, and run the command again.")


def _refuse_format(photo: Photo, format: str, *, name: str) -> None:
    """Refuse a format that this kind of photo cannot have, before it is denoised."""
    developed = isinstance(photo, RgbPhoto)
    possible = PICTURE_OUTPUTS if developed else RAW_OUTPUTS
    if format not in possible:
        kind = "a developed picture" if developed else "camera RAW"
        message = f"{name} is {kind}, which can be written as {', '.join(possible)}, but not as {format}."
        raise SettingsError(message, hint="Omit --format, or choose one of these.")
