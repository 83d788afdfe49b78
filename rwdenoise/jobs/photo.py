"""Denoise one photo from file to file, and report its progress as events."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.choices import Settings
from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise.events import Event, Finished, Listener
from rwdenoise.io.atomic import refuse_existing
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import check_file, is_same, shown
from rwdenoise.jobs.stages import Job, LoadDenoiser, ReadPhoto, run_stages
from rwdenoise.jobs.treatment import Treatment

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.photo.noise_profile import NoiseProfile


def ignore(_event: Event) -> None:
    """Ignore all events."""


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
        Camera RAW, or a developed picture (TIFF, JPEG, PNG, WebP; HEIF and AVIF if supported). It is only read.
    target : Path
        The output file. Missing folders are created.
    denoiser : Denoiser, or callable
        From `load_denoiser`, for any number of photos of its domain. A callable returns the denoiser for the domain of
        the photo, ``"cfa"`` or ``"rgb"``.
    settings : Settings
        Steps and sampler; strength, chroma and detail. Strength and chroma 0 keep the pixels bit for bit.
    noise : NoiseProfile, optional
        Noise profile of a mosaic; by default the one in the file, or else an estimate from the photo.
    format : str, optional
        ``dng`` keeps RAW undeveloped; ``tiff``, ``jpeg``, ``png`` and ``webp`` are for developed RAW and for developed
        pictures. By default the format of the suffix of `target`.
    color : str
        Color space of developed RAW: ``srgb``, ``display-p3``, ``rec2020`` or ``prophoto``. Developed pictures keep
        their own.
    overwrite : bool
        Whether to replace an existing `target`.
    read : callable
        Reads the source: `read_photo`, or `IsolatedReader.read` for untrusted files.
    listen : callable
        Called with every event of this job. An exception from it (such as `Cancelled`) ends the work without leaving
        partial files; once the output is written, `Finished` is the only remaining event.

    Returns
    -------
    Finished
        The last event.

    Raises
    ------
    PhotoError
        If the source cannot be read, or the target cannot be written.
    WeightsError, DeviceError
        If the denoiser cannot process the photo.
    SettingsError
        If this kind of photo cannot be written in the format.
    """
    treatment = Treatment(settings, noise, format, color, overwrite)
    return denoise_job(Job(source, target, treatment), denoiser, read=read, listen=listen)


def denoise_job(
    job: Job, denoiser: Denoiser | LoadDenoiser, *, read: ReadPhoto = read_photo, listen: Listener = ignore
) -> Finished:
    """Run a job; see `denoise_photo` for parameters and errors."""
    listen(job.started)
    check_source(job.source, job.target)
    check_target(job.target, overwrite=job.treatment.overwrite)
    return run_stages(job, denoiser, listen, read=read)


def check_source(source: Path, target: Path) -> None:
    """Raise, before any work, if the source cannot be read.

    Raises
    ------
    PhotoAccessError
        If it is missing, not readable, or not a file.
    OutputExistsError
        If the target is the source itself, even through links.
    """
    check_file(source)
    if is_same(target, source):
        message = f"{shown(target)} is the source itself, and sources are never overwritten."
        raise OutputExistsError(message, hint="Give another name with -o.")


def check_target(target: Path, *, overwrite: bool) -> None:
    """Raise, before any work, if the target cannot be written.

    Raises
    ------
    OutputExistsError
        If it exists and overwriting is not allowed.
    PhotoWriteError
        If its folder is not writable.
    """
    refuse_existing(target, overwrite=overwrite)
    try:
        target.exists()  # Raises if the name is too long.
        # The folder, or its nearest existing parent.
        folder = next(folder for folder in target.absolute().parents if folder.exists())
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else f"You have no write permission in {folder}."
        reason = reason if folder.is_dir() else f"{folder} is not a folder."
    except OSError as error:
        message = f"{shown(target)} cannot be written: {error.strerror}."
        raise PhotoWriteError(message, hint="Choose another name or folder with -o.") from error
    if reason:
        message = f"{shown(target)} cannot be written. {reason}"
        raise PhotoWriteError(message, hint="Choose another folder with -o.")
