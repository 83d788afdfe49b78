"""The stages that process a photo from file to file: load, measure, denoise, write.

Each stage takes the results of the previous ones and may run in its own thread: `Loaded` -> `Measured` -> `Denoised` ->
`Finished`. `run_stages` runs all of them.
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

#: Returns the denoiser for a domain.
LoadDenoiser = Callable[["Domain"], "Denoiser"]
ReadPhoto = Callable[[Path], Photo]


@dataclass(frozen=True)
class Job:
    """A photo to denoise, and the file to write."""

    source: Path
    target: Path
    treatment: Treatment

    @property
    def name(self) -> str:
        """Name of the job in events."""
        return str(self.source)

    @property
    def started(self) -> Started:
        """The first event of the job."""
        return Started(self.name, source=self.name, output=str(self.target))


@dataclass(frozen=True, eq=False)
class Loaded:
    """A photo in memory."""

    job: Job
    photo: Photo
    format: str
    """The format of the result."""
    digest: str
    """SHA-256 of the source."""
    state: FileState
    """State of the source before it was read."""
    seconds: float
    """Processing time so far, without waiting for other photos."""


@dataclass(frozen=True, eq=False)
class Denoised:
    """A denoised photo in memory, without the noisy photo, whose memory is needed elsewhere."""

    job: Job
    photo: Photo
    format: str
    state: FileState
    provenance: Provenance
    device: str
    pixels_run: int
    """Pixels processed by the network, counted once per pass."""
    seconds: float


def run_stages(
    job: Job,
    denoiser: Denoiser | LoadDenoiser,
    listen: Listener,
    *,
    read: ReadPhoto = read_photo,
    computing: AbstractContextManager[object] | None = None,
) -> Finished:
    """Run all stages for a photo, and report each as an event, up to `Finished`.

    Parameters
    ----------
    job : Job
    denoiser : Denoiser, or callable
        A callable returns the denoiser for a domain.
    listen : callable
        Called with every event.
    read : callable
        Reads the source.
    computing : context manager, optional
        Entered while the photo is denoised, for example a lock if photos share a device.

    Raises
    ------
    RwDenoiseError
        From the stages.
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
    """Prepare (load and measure) and denoise a photo, and report each stage up to the start of writing."""
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
        If it cannot be read, or changes meanwhile.
    SettingsError
        If this kind of photo cannot be written in the format.
    """
    begun = time.perf_counter()
    state = state_of(job.source)
    photo = read(job.source)
    digest = photo.origin.digest if photo.origin else digest_file(job.source)
    _refuse_changed(job.source, state)
    format = job.treatment.format_for(job.source.suffix, job.target)
    _refuse_format(photo, format, name=shown(job.source))
    photo = deepened(photo, format) if isinstance(photo, RgbPhoto) else photo
    return Loaded(job, photo, format, digest, state, time.perf_counter() - begun)


@within_memory()
def measure(loaded: Loaded) -> Measured:
    """Measure the photo, as needed for denoising."""
    begun = time.perf_counter()
    treatment = loaded.job.treatment
    measured = photos.measure(loaded.photo, treatment.settings, noise=treatment.noise)
    return replace(measured, seconds=time.perf_counter() - begun)


def get_ready(loaded: Loaded, denoiser: LoadDenoiser) -> None:
    """Prepare the denoiser for the size of this photo; measuring may run in parallel."""
    denoiser(loaded.photo.domain).prepare(loaded.photo.frame.height, loaded.photo.frame.width)


@within_memory()
def denoise(loaded: Loaded, measured: Measured, denoiser: Denoiser | LoadDenoiser, listen: Listener) -> Denoised:
    """Denoise the photo, and report its noise, the progress and the check of the residual.

    Raises
    ------
    WeightsError, DeviceError
        If the denoiser cannot process the photo.
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
    """Report the noise profile of a photo, if any, and warn if a given profile is ignored."""
    if given is not None and measured.origin != "given":
        listen(Warned(job, "The given noise profile is ignored: it is for mosaics, and this photo is not a mosaic."))
    if measured.profile is not None:
        listen(Noise(job, measured.profile.shot, measured.profile.read, measured.origin))


@within_memory()
def write(denoised: Denoised, warn: Callable[[str], None]) -> Finished:
    """Write the result; report minor problems to `warn`.

    Raises
    ------
    PhotoError
        If the source has changed since it was read, or the target cannot be written.
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
    """Raise, before denoising, if this kind of photo cannot be written in the format."""
    developed = isinstance(photo, RgbPhoto)
    possible = PICTURE_OUTPUTS if developed else RAW_OUTPUTS
    if format not in possible:
        kind = "a developed picture" if developed else "camera RAW"
        message = f"{name} is {kind}, which can be written as {', '.join(possible)}, but not as {format}."
        raise SettingsError(message, hint="Omit --format, or choose one of these.")
