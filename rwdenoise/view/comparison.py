"""Denoise only parts of a photo, in several ways, with the same result as if the whole photo were denoised.

The noise is measured on the whole photo, and each part is denoised with all the surroundings that its pixels depend on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rwdenoise.choices import Settings
from rwdenoise.denoising.controls import REACH
from rwdenoise.denoising.local_means import CELL
from rwdenoise.denoising.photos import Measured, denoise_measured
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.tiling import Area
from rwdenoise.view.crops import Crop
from rwdenoise.view.rendering import render, tone_curve_of

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser

Picture = NDArray[np.uint8]

# Cells on each side whose means count for a pixel (`rwdenoise.denoising.local_means`): its neighbor, which is averaged
# with the next one.
_CELLS = 2
# Px around a site that `rwdenoise.noise.hot_pixels` looks at, for the color filters of the longest period.
_HOT = 16
# How settings are named on a sheet; defaults are not named.
_NAMES: tuple[Callable[[Settings], str], ...] = (
    lambda settings: f"strength {settings.strength:g}",
    lambda settings: "1 step" if settings.steps == 1 else f"{settings.steps} steps",
    lambda settings: "" if settings.chroma is None else f"chroma {settings.chroma:g}",
    lambda settings: f"detail {settings.detail:g}" if settings.detail else "",
    lambda settings: "" if settings.sampler == Settings.sampler else settings.sampler,
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Parts of a photo, each noisy and denoised in several ways."""

    crops: tuple[Crop, ...]
    columns: tuple[str, ...]
    pictures: tuple[tuple[Picture, ...], ...]
    """One tuple for each crop, in it one picture for each column."""
    weights: str
    device: str


def compare(
    photo: Photo,
    crops: Sequence[Crop],
    *,
    denoiser: Denoiser,
    variants: Sequence[Settings],
    measured: Measured,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Comparison:
    """Denoise parts of a photo in several ways, and render them equally bright.

    Parameters
    ----------
    photo : RawPhoto or RgbPhoto
    crops : sequence of Crop
    denoiser : Denoiser
        For this kind of photo.
    variants : sequence of Settings
        One for each column after the first, which is the noisy photo.
    measured : Measured
        From `rwdenoise.denoising.photos.measure_for_parts`.
    on_progress : callable
        Called with ``(done, total)``, counted in diffusion steps.
    """
    tone_curve, done = tone_curve_of(photo), 0
    total = len(crops) * sum(settings.steps for settings in variants)
    pictures = []
    for crop in crops:
        row = [render(photo, area=crop.area, tone_curve=tone_curve)]
        for settings in variants:
            on_progress(done, total)
            piece, inner = denoise_area(photo, crop.area, denoiser=denoiser, settings=settings, measured=measured)
            row.append(render(piece, area=inner, tone_curve=tone_curve))
            done += settings.steps
        pictures.append(tuple(row))
    on_progress(done, total)
    columns = ("noisy", *(_own(settings, variants) for settings in variants))
    return Comparison(tuple(crops), columns, tuple(pictures), denoiser.name, denoiser.device)


def denoise_area(
    photo: Photo, area: Area, *, denoiser: Denoiser, settings: Settings, measured: Measured
) -> tuple[Photo, Area]:
    """Denoise a part of a photo so that it comes out as it would with the whole photo.

    Returns
    -------
    piece : RawPhoto or RgbPhoto
        The part with what had to be seen around it.
    inner : Area
        Where in it the part lies.

    Notes
    -----
    The same up to float32.
    """
    seen = _surroundings(photo, area, denoiser=denoiser, settings=settings)
    piece, inner = photo.cut_out(seen), Area(area.top - seen.top, area.left - seen.left, area.height, area.width)
    return denoise_measured(piece, measured, denoiser=denoiser, settings=settings), inner


def _surroundings(photo: Photo, area: Area, *, denoiser: Denoiser, settings: Settings) -> Area:
    """Return the larger area that must be denoised for an area: all that it depends on, aligned as in the photo."""
    controls = 0 if settings.is_plain else REACH
    cells = _CELLS * CELL if photo.is_mosaic else 0
    reach = settings.steps * denoiser.facts.halo + _HOT
    grid = math.lcm(CELL, denoiser.facts.architecture.multiple)

    def widen(start: int, stop: int, length: int) -> tuple[int, int]:
        start = (start - controls) // CELL * CELL - cells - reach
        stop = -(-(stop + controls) // CELL) * CELL + cells + reach
        return max(0, start // grid * grid), min(-(-stop // grid) * grid, length)

    top, bottom = widen(area.top, area.top + area.height, photo.frame.height)
    left, right = widen(area.left, area.left + area.width, photo.frame.width)
    return Area(top, left, bottom - top, right - left)


def _own(settings: Settings, variants: Sequence[Settings]) -> str:
    """Return how settings differ from the other variants, for example ``strength 0.5``."""
    names = (name(settings) for name in _NAMES if len({name(variant) for variant in variants}) > 1)
    return ", ".join(name for name in names if name) or "denoised"


def common_words(variants: Sequence[Settings]) -> str:
    """Return what all variants have in common, for example ``2 steps, chroma 1``."""
    alike = [names.pop() for name in _NAMES if len(names := {name(variant) for variant in variants}) == 1]
    return ", ".join(name for name in alike if name)
