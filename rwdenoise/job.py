"""One photo: read it, denoise it as its kind asks for, write it; every part told as an event."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.cfa import LINEAR
from rwdenoise.errors import OutputExistsError, PhotoWriteError, SettingsError
from rwdenoise.events import Event, Finished, Listener, Noise, Progress, Residual, Started, Warned
from rwdenoise.io.atomic import refuse_existing
from rwdenoise.io.convert import deepened
from rwdenoise.io.raster import PICTURE_FORMATS
from rwdenoise.io.read import Photo, read_photo
from rwdenoise.io.source import check_file, shown
from rwdenoise.io.suffixes import format_of, natural_format
from rwdenoise.io.write import FORMATS, write_photo, write_picture
from rwdenoise.noise_estimate import estimate_noise
from rwdenoise.photo import Provenance, RawPhoto
from rwdenoise.regions import denoise_regions
from rwdenoise.residual import ResidualCheck, check_residual
from rwdenoise.rgb_photo import RgbPhoto

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rwdenoise.denoiser import Denoiser
    from rwdenoise.diffusion import Settings
    from rwdenoise.network import Domain
    from rwdenoise.noise import NoiseProfile

#: Gives the denoiser for a domain.
LoadDenoiser = Callable[["Domain"], "Denoiser"]


def ignore(_event: Event) -> None:
    """Listen to nothing."""


def denoise_photo(  # noqa: PLR0913 -- what a user can choose, all by name
    source: Path,
    target: Path,
    *,
    denoiser: Denoiser | LoadDenoiser,
    settings: Settings,
    noise: NoiseProfile | None = None,
    format: str | None = None,
    color: str = "srgb",
    overwrite: bool = False,
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
    begun = time.perf_counter()
    job = str(source)
    listen(Started(job, source=str(source), output=str(target)))
    check_job(source, target, overwrite=overwrite)
    listen(Progress(job, "read", 0, 1))
    photo = read_photo(source)
    listen(Progress(job, "read", 1, 1))
    format = format or format_of(target) or natural_format(source.suffix)
    _refuse_format(photo, format, name=shown(source))
    if isinstance(photo, RgbPhoto):
        photo = deepened(photo, format)
    ready = denoiser(domain_of(photo)) if callable(denoiser) else denoiser
    photo, profile = _denoise(photo, ready, settings, noise, job=job, listen=listen)
    listen(Progress(job, "write", 0, 1))
    _make_folder(target.parent)
    write = partial(
        write_picture if isinstance(photo, RgbPhoto) else partial(write_photo, color=color),
        provenance=_provenance(ready, settings, profile),
        format=format,
        overwrite=overwrite,
        warn=lambda message: listen(Warned(job, message)),
    )
    write(photo, target)
    finished = Finished(
        job,
        output=str(target),
        seconds=round(time.perf_counter() - begun, 3),
        megapixels=round(photo.frame.height * photo.frame.width / 1e6, 3),
        weights=ready.name,
        device=ready.device,
        **{**dataclasses.asdict(settings), "chroma": settings.chroma_strength},
    )
    listen(finished)
    return finished


def _provenance(denoiser: Denoiser, settings: Settings, noise: NoiseProfile | None) -> Provenance:
    return Provenance(
        denoiser.name,
        settings.sampler,
        settings.steps,
        settings.strength,
        noise,
        settings.chroma_strength,
        settings.detail,
    )


def domain_of(photo: Photo) -> Domain:
    """Return which weights a photo needs: those for mosaics, or those for three colors in each pixel."""
    return "cfa" if isinstance(photo, RawPhoto) and photo.cfa != LINEAR else "rgb"


def _denoise(
    photo: Photo, denoiser: Denoiser, settings: Settings, noise: NoiseProfile | None, *, job: str, listen: Listener
) -> tuple[Photo, NoiseProfile | None]:
    """Return the denoised photo, and the noise profile that was assumed if there was one."""

    def tell(done: int, total: int) -> None:
        listen(Progress(job, "denoise", done, total))

    if isinstance(photo, RawPhoto) and photo.cfa != LINEAR:
        return _denoise_mosaic(photo, denoiser, settings, noise, job=job, listen=listen)
    if noise is not None:
        listen(Warned(job, "The given noise profile is not used: it is for mosaics, and this photo is none."))
    stated = photo.noise if isinstance(photo, RawPhoto) else None
    if stated is not None:
        listen(Noise(job, stated.shot, stated.read, "file"))
    return denoise_regions(photo, denoiser=denoiser, settings=settings, on_progress=tell), stated


def _denoise_mosaic(
    photo: RawPhoto, denoiser: Denoiser, settings: Settings, noise: NoiseProfile | None, *, job: str, listen: Listener
) -> tuple[RawPhoto, NoiseProfile]:
    profile, origin = choose_noise(photo, noise)
    listen(Noise(job, profile.shot, profile.read, origin))
    if settings.removes_nothing:
        return photo, profile
    planes = denoiser.denoise(
        photo.planes(),
        cfa=photo.cfa,
        noise=profile,
        settings=settings,
        white_balance=photo.white_balance,
        on_progress=lambda done, total: listen(Progress(job, "denoise", done, total)),
    )
    if (check := check_photo(photo, planes, noise=profile, settings=settings)) is not None:
        listen(Residual(job, **check.summary()))
    return photo.with_planes(planes), profile


def check_job(source: Path, target: Path, *, overwrite: bool) -> None:
    """Refuse a job that cannot end well, before any work is done.

    Raises
    ------
    PhotoAccessError
        If the source is missing, not permitted, or no file.
    OutputExistsError
        If the target is the source itself, also by way of links, or exists and may not be overwritten.
    PhotoWriteError
        If nothing can be written where the target would lie.
    """
    check_file(source)
    if _same_file(source, target):
        message = f"{shown(target)} is the source itself, and sources are never written to."
        raise OutputExistsError(message, hint="Give another name with -o.")
    refuse_existing(target, overwrite=overwrite)
    _refuse_unwritable(target)


def choose_noise(photo: RawPhoto, given: NoiseProfile | None = None) -> tuple[NoiseProfile, str]:
    """Return the noise profile to assume, and its origin: ``given``, ``file`` or ``estimated``."""
    if given is not None:
        return given, "given"
    if photo.noise is not None:
        return photo.noise, "file"
    return estimate_noise(photo.planes(), photo.cfa, masked=photo.masked()), "estimated"


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
    possible = PICTURE_FORMATS if developed else FORMATS
    if format not in possible:
        kind = "a developed picture" if developed else "camera RAW"
        message = f"{name} is {kind}, which can be written as {', '.join(possible)}, but not as {format}."
        raise SettingsError(message, hint="Leave --format out, or choose one of these.")


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
        possible = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        message = f"{shown(target)} cannot be written: {error.strerror}."
        raise PhotoWriteError(message, hint="Choose another name or folder with -o.") from error
    if not possible:
        message = f"{shown(target)} cannot be written: {folder} is no folder in which you may write."
        raise PhotoWriteError(message, hint="Choose another folder with -o.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {folder} cannot be made: {error.strerror}."
        raise PhotoWriteError(message, hint="Choose another folder with -o.") from error
