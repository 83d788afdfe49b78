"""Denoise a photo in memory, whatever its kind: a mosaic, linear RAW, or a developed picture.

Mosaics are denoised whole. Pictures with three colors in each pixel are denoised whole up to `MOST_PIXELS`, and larger
ones region by region, so that memory stays bounded. Each region is seen with all that its pixels depend on over all
steps, so there are no seams; that costs time, the more steps the more, and so only very large pictures are divided.
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

#: Pixels up to which a picture is done at once; that takes about 80 bytes for each.
MOST_PIXELS = 24_000_000

_CORNER = Area(0, 0, 1, 1)


@dataclass(frozen=True)
class Measured:
    """What is measured on the whole photo before it, or a part of it, is denoised."""

    profile: NoiseProfile | None = None
    """The noise of RAW. Linear RAW is denoised without one; then it is what the file states, if it does."""
    origin: str = ""
    """Where the profile is from: ``"given"``, ``"file"`` or ``"estimated"``."""
    broken: BrokenPixels | None = None
    """Hot and dead pixels of a mosaic; None if the denoiser is to search for them."""
    grain: Grain | None = None
    """The noise of a picture by brightness and frequency, if detail is to be restored."""
    noise: float | None = None
    """The standard deviation of a picture's noise, 1 being white; None if the denoiser is to measure it."""
    seconds: float = field(default=0.0, compare=False)
    """How long measuring took."""


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
        From `read_photo`, for example. It is not changed.
    settings : Settings
        Steps and sampler; strength, chroma and detail. With strength and chroma 0 the photo itself is returned.
    denoiser : Denoiser, optional
        From `load_denoiser`, with weights for this kind of photo (`photo.domain`). By default the best weights, on the
        fastest device; they are loaded by the first call that needs them, and kept for later ones.
    noise : NoiseProfile, optional
        The noise of a mosaic; by default what the file states, or else an estimate from the photo itself. Photos of
        other kinds do not need it.
    on_progress : callable, optional
        Called with ``(done, total)`` after each tile; an exception that it raises ends the work.

    Returns
    -------
    RawPhoto or RgbPhoto
        A photo of the same kind and size, ready for `write_photo` or `write_picture`.

    Raises
    ------
    WeightsError, DeviceError
        If the weights cannot be loaded, are for the other kind of photo, or do not fit into memory.
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
    """Measure what must be known of a whole photo to denoise it; it needs no denoiser, and may run in any thread.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
    settings : Settings
        What will be asked for: of a photo that stays as it is no broken pixels are looked for.
    noise : NoiseProfile, optional
        The noise of a mosaic, if it is known.
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
    """Measure what must be known of a whole photo to denoise parts of it, with each of several settings."""
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
    """Denoise a photo that was measured.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
        The photo, or a part of it.
    measured : Measured
        From `measure` or `measure_for_parts`, of the whole photo.
    denoiser, settings, on_progress
        As for `denoise`.
    on_check : callable
        Given what was removed from a mosaic, compared with its noise. It is not called where that cannot be judged:
        color noise and gray grain were to be removed unequally, or no whole block is without clipped highlights.

    Raises
    ------
    DeviceMemoryError, WeightsMismatchError
        As `Denoiser.denoise`.
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
    """Measure the noise of a picture region by region, as the denoiser does by itself for a picture given whole."""
    # It imports torch, which takes a second, in which a photo can be read.
    from rwdenoise.denoising.noise_level import measure_roughness

    def cut(rows: slice, columns: slice) -> NDArray[np.float32]:
        return photo.planes(Area.of(rows, columns))

    roughness = measure_roughness(parts(photo))
    return denoiser.measure_noise(cut, photo.frame.height, photo.frame.width, roughness=roughness)


def _regions(photo: Photo, denoiser: Denoiser, settings: Settings) -> Iterator[Tile]:
    halo = settings.steps * denoiser.facts.halo + (0 if settings.is_plain else detail.REACH)
    multiple = denoiser.facts.architecture.multiple
    return plan_tiles(photo.frame.height, photo.frame.width, size=REGION, halo=halo, multiple=multiple)
