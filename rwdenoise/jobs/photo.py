"""One photo: read it, denoise it as its kind asks for, write it; every part told as an event."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.choices import Settings
from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise.events import Event, Finished, Listener
from rwdenoise.io.atomic import refuse_existing
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import check_file, shown
from rwdenoise.jobs.stages import Job, LoadDenoiser, ReadPhoto, run_stages
from rwdenoise.jobs.treatment import Treatment

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.photo.noise_profile import NoiseProfile


def ignore(_event: Event) -> None:
    """Listen to nothing."""


def denoise_photo(  # noqa: PLR0913 -- what a user can choose, all by name
    source: Path,
    target: Path,
    *,
    denoiser: Denoiser | LoadDenoiser,
    settings: Settings = Settings(),  # noqa: B008 -- it is frozen
    noise: NoiseProfile | None = None,
    format: str | None = None,
    color: str = "srgb",
    overwrite: bool = False,
    read: ReadPhoto = read_photo,
    listen: Listener = ignore,
) -> Finished:
    """Denoise one photo into a new file.

    Parameters
    ----------
    source : Path
        Camera RAW, or a developed picture (TIFF, JPEG, PNG, WebP; HEIF and AVIF where they can be read). It is only
        read.
    target : Path
        The file to write. Folders that are missing are made.
    denoiser : Denoiser, or callable
        From `load_denoiser`; one serves any number of photos of its domain. A callable is given the domain that the
        photo needs, ``"cfa"`` or ``"rgb"``, and returns a denoiser.
    settings : Settings
        Steps and sampler; strength, chroma and detail. With strength and chroma 0 the pixels that came in are written,
        bit for bit.
    noise : NoiseProfile, optional
        What noise to expect of a mosaic; by default what the file states, or else an estimate from the photo itself.
    format : str, optional
        ``dng`` for what RAW files hold; ``tiff``, ``jpeg`` or ``png`` for RAW that shall be developed, and these and
        ``webp`` for developed pictures. By default what the name of `target` ends in.
    color : str
        Color space of RAW that is developed: ``srgb``, ``display-p3``, ``rec2020`` or ``prophoto``. Developed pictures
        keep their own.
    overwrite : bool
        Whether `target` may exist already.
    read : callable
        What reads the source: `read_photo`, or `IsolatedReader.read` for files from strangers.
    listen : callable
        Told every event of this job. What it raises on the way (`Cancelled`, for one) ends the work and
        leaves nothing behind; after the output is written it is told `Finished` and nothing else.

    Returns
    -------
    Finished
        The last event.

    Raises
    ------
    PhotoError
        If the source cannot be read or the target not written.
    WeightsError, DeviceError
        If the photo does not suit the denoiser.
    SettingsError
        If this kind of photo cannot be written in the format.
    """
    treatment = Treatment(settings, noise, format, color, overwrite)
    return denoise_job(Job(source, target, treatment), denoiser, read=read, listen=listen)


def denoise_job(
    job: Job, denoiser: Denoiser | LoadDenoiser, *, read: ReadPhoto = read_photo, listen: Listener = ignore
) -> Finished:
    """Denoise one photo into a new file, as `denoise_photo`, which tells more."""
    listen(job.started)
    check_source(job.source, job.target)
    check_target(job.target, overwrite=job.treatment.overwrite)
    return run_stages(job, denoiser, listen, read=read)


def check_source(source: Path, target: Path) -> None:
    """Refuse a source that cannot be read, before any work is done.

    Raises
    ------
    PhotoAccessError
        If it is missing, not permitted, or no file.
    OutputExistsError
        If the target is the source itself, also by way of links.
    """
    check_file(source)
    if _same_file(source, target):
        message = f"{shown(target)} is the source itself, and sources are never overwritten."
        raise OutputExistsError(message, hint="Give another name with -o.")


def check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot be written, before any work is done.

    Raises
    ------
    OutputExistsError
        If it exists and may not be overwritten.
    PhotoWriteError
        If nothing can be written where it would lie.
    """
    refuse_existing(target, overwrite=overwrite)
    _refuse_unwritable(target)


def _same_file(source: Path, target: Path) -> bool:
    try:
        return target.samefile(source)
    except OSError:
        return False


def _refuse_unwritable(target: Path) -> None:
    """Refuse a target in a folder that is, or would have to be made, where nothing can be written."""
    try:
        target.exists()  # A name that is too long raises here.
        folder = next(folder for folder in target.absolute().parents if folder.exists())
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else f"You have no write permission in {folder}."
        reason = reason if folder.is_dir() else f"{folder} is not a folder."
    except OSError as error:
        message = f"{shown(target)} cannot be written: {error.strerror}."
        raise PhotoWriteError(message, hint="Choose another name or folder with -o.") from error
    if reason:
        message = f"{shown(target)} cannot be written. {reason}"
        raise PhotoWriteError(message, hint="Choose another folder with -o.")
