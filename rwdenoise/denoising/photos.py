"""Denoise a photo in memory: a mosaic, linear RAW, or a developed picture.

Mosaics are denoised as a whole. Pictures with three colors per pixel are denoised as a whole up to `MOST_PIXELS`, and
larger ones region by region, to limit memory. Each region includes all surroundings that its pixels depend on over all
steps, which avoids seams but takes more time the more steps there are; only very large pictures are therefore divided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from rwdenoise.choices import QUALITIES, QUALITY, Settings
from rwdenoise.denoising import detail
from rwdenoise.memory import within_memory
from rwdenoise.noise.estimate import choose_noise
from rwdenoise.noise.hot_pixels import BrokenPixels, find_broken_pixels
from rwdenoise.noise.residual import ResidualCheck, check_residual
from rwdenoise.noise.spectrum import Grain, find_grain
from rwdenoise.photo.cfa import Domain
from rwdenoise.photo.kinds import REGION, Photo, parts
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.tiling import Area, Tile, plan_tiles

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser

Kind = TypeVar("Kind", bound=Photo)
OnProgress = Callable[[int, int], None]

#: Maximum pixels of a picture denoised as a whole, which takes about 80 bytes per pixel.
MOST_PIXELS = 24_000_000

_CORNER = Area(0, 0, 1, 1)


@dataclass(frozen=True)
class Measured:
    """Measurements of a whole photo, needed to denoise it or a part of it."""

    profile: NoiseProfile | None = None
    """Noise profile of RAW. Denoising linear RAW does not need it; it is then the one stated by the file, if any."""
    origin: str = ""
    """Origin of the profile: ``"given"``, ``"file"`` or ``"estimated"``."""
    broken: BrokenPixels | None = None
    """Hot and dead pixels of a mosaic; None lets the denoiser search for them."""
    grain: Grain | None = None
    """Noise spectrum of a picture, if detail must be restored."""
    noise: float | None = None
    """Standard deviation of the noise of a picture, 1 is white; None lets the denoiser measure it."""
    seconds: float = field(default=0.0, compare=False)
    """Duration of the measurements."""


@within_memory()
def denoise(
    photo: Kind,
    *,
    settings: Settings = Settings(),  # noqa: B008 -- it is frozen
    denoiser: Denoiser | None = None,
    noise: NoiseProfile | None = None,
    on_progress: OnProgress | None = None,
) -> Kind:
    """Denoise a photo in memory.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        The photo, for example from `read_photo`; it is not changed.
    settings : Settings
        Steps and sampler; strength, chroma and detail. Strength and chroma 0 return the photo itself.
    denoiser : Denoiser, optional
        From `load_denoiser`, with weights for this kind of photo (`photo.domain`). By default the best weights on the
        fastest device, loaded by the first call that needs them and kept for later calls.
    noise : NoiseProfile, optional
        Noise profile of a mosaic; by default the one in the file, or else an estimate from the photo. Other kinds of
        photos do not need it.
    on_progress : callable, optional
        Called with ``(done, total)`` after each tile; an exception from it ends the work.

    Returns
    -------
    RawPhoto or RgbPhoto
        A photo of the same kind and size, ready for `write_photo` or `write_picture`.

    Raises
    ------
    WeightsError, DeviceError
        If the weights cannot be loaded or are for the other kind of photo, or if memory runs out.
    """
    if settings.removes_nothing:
        return photo
    return denoise_measured(
        photo,
        measure(photo, settings, noise=noise),
        denoiser=denoiser or _usual_denoiser(photo.domain),
        settings=settings,
        on_progress=on_progress,
    )


@cache
def _usual_denoiser(domain: Domain) -> Denoiser:
    from rwdenoise.denoising.denoiser import load_denoiser

    return load_denoiser(QUALITIES[QUALITY][domain])


def measure(photo: Photo, settings: Settings, *, noise: NoiseProfile | None = None) -> Measured:
    """Measure a whole photo for denoising; this needs no denoiser and may run in any thread.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
    settings : Settings
        The settings for denoising; settings that remove nothing need fewer measurements.
    noise : NoiseProfile, optional
        Noise profile of a mosaic, if known.
    """
    if photo.is_mosaic:
        profile, origin = choose_noise(photo, noise)
        if settings.removes_nothing:
            return Measured(profile, origin)
        return Measured(profile, origin, find_broken_pixels(photo.planes(), cfa=photo.cfa, noise=profile))
    grain = find_grain(photo) if settings.detail and not settings.removes_nothing else None
    return Measured(photo.noise, "file" if photo.noise else "", grain=grain)


def measure_for_parts(
    photo: Photo, variants: Sequence[Settings], *, denoiser: Denoiser, noise: NoiseProfile | None = None
) -> Measured:
    """Measure a whole photo for denoising parts of it with each of several settings."""
    if photo.is_mosaic:
        return Measured(*choose_noise(photo, noise))
    grain = find_grain(photo) if any(settings.detail for settings in variants) else None
    return Measured(grain=grain, noise=measure_picture_noise(photo, denoiser))


def denoise_measured(
    photo: Kind,
    measured: Measured,
    *,
    denoiser: Denoiser,
    settings: Settings,
    on_progress: OnProgress | None = None,
    on_check: Callable[[ResidualCheck], None] = lambda _: None,
) -> Kind:
    """Denoise a photo with existing measurements.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        The photo, or a part of it.
    measured : Measured
        Measurements of the whole photo, from `measure` or `measure_for_parts`.
    denoiser, settings, on_progress
        As for `denoise`.
    on_check : callable
        Called with the comparison of a mosaic's residual and noise. It is not called if these cannot be compared:
        chroma differs from strength, or every complete block has clipped highlights.

    Raises
    ------
    DeviceMemoryError, WeightsMismatchError
        As for `Denoiser.denoise`.
    """
    if settings.removes_nothing:
        return photo
    report, whole = on_progress or (lambda _done, _total: None), cast("Photo", photo)
    if not whole.is_mosaic:
        return cast("Kind", _denoise_picture(whole, measured, denoiser, settings, report))
    noise = cast("NoiseProfile", measured.profile)
    planes = denoiser.denoise(
        whole.planes(),
        cfa=whole.cfa,
        noise=noise,
        settings=settings,
        white_balance=whole.white_balance,
        broken=measured.broken,
        on_progress=report,
    )
    if settings.chroma_strength == settings.strength:
        check = check_residual(whole.planes(), planes, noise=noise, strength=settings.strength)
        if check.blocks:
            on_check(check)
    return cast("Kind", whole.with_planes(planes))


def _denoise_picture(
    photo: Photo, measured: Measured, denoiser: Denoiser, settings: Settings, on_progress: OnProgress
) -> Photo:
    height, width = photo.frame.height, photo.frame.width
    if height * width <= MOST_PIXELS:
        planes = denoiser.denoise_picture(
            photo.planes(), settings=settings, grain=measured.grain, noise=measured.noise, on_progress=on_progress
        )
        return photo.with_planes(planes)
    noise = measure_picture_noise(photo, denoiser) if measured.noise is None else measured.noise
    tiles = list(_regions(photo, denoiser, settings))
    like = photo.samples_of(photo.planes(_CORNER), _CORNER)
    samples = np.empty((height, width, *like.shape[2:]), like.dtype)
    for index, tile in enumerate(tiles):
        planes = denoiser.denoise_picture(
            photo.planes(Area.of(*tile.source_slices)),
            settings=settings,
            grain=measured.grain,
            noise=noise,
            on_progress=lambda done, total, before=index: on_progress(before * total + done, len(tiles) * total),  # type: ignore[misc]
        )
        rows, columns = tile.inner_slices
        samples[tile.target_slices] = photo.samples_of(planes[:, rows, columns], Area.of(*tile.target_slices))
    return photo.with_samples(samples)


def measure_picture_noise(photo: Photo, denoiser: Denoiser) -> float:
    """Measure the noise of a picture region by region, as the denoiser does for a picture given as a whole."""
    # This imports torch, which takes a second; meanwhile another thread can read a photo.
    from rwdenoise.denoising.noise_level import measure_roughness

    def cut(rows: slice, columns: slice) -> NDArray[np.float32]:
        return photo.planes(Area.of(rows, columns))

    roughness = measure_roughness(parts(photo))
    return denoiser.measure_noise(cut, photo.frame.height, photo.frame.width, roughness=roughness)


def _regions(photo: Photo, denoiser: Denoiser, settings: Settings) -> Iterator[Tile]:
    halo = settings.steps * denoiser.facts.halo + (0 if settings.is_plain else detail.REACH)
    multiple = denoiser.facts.architecture.multiple
    return plan_tiles(photo.frame.height, photo.frame.width, size=REGION, halo=halo, multiple=multiple)
