"""Compare two files: measure, render and judge what a report shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rwdenoise.io.metadata.camera import read_shooting
from rwdenoise.io.metadata.provenance import Provenance, read_provenance
from rwdenoise.io.read import read_photo
from rwdenoise.io.source import shown
from rwdenoise.jobs.stages import ReadPhoto
from rwdenoise.noise.curve import NoiseCurve, measure_noise_curve
from rwdenoise.noise.residual import Flagged, ResidualCheck, check_residual
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.tiling import Area
from rwdenoise.view.crops import choose_crops
from rwdenoise.view.noise_plot import draw_noise_curve
from rwdenoise.view.rendering import ToneCurve, render, shown_box, shown_size, tone_curve_of
from rwdenoise.view.report.content import (
    Bounds,
    Comparison,
    Picture,
    View,
    encode,
    encode_crop,
    encode_drawing,
    thumbnail_of,
)
from rwdenoise.view.report.facts import Known, RunFacts, about, facts_of
from rwdenoise.view.report.removed import Pair, Removal, matched

#: Size of the picture of what was removed, as a share of that of the photo: grain takes many bytes.
REMOVED_SHARE = 0.6
#: WebP quality of the picture of what was removed.
REMOVED_QUALITY = 60


def compare(
    before: Path, after: Path, *, bounds: Bounds, run: RunFacts | None = None, read: ReadPhoto = read_photo
) -> Comparison:
    """Compare a photo with what was made from it.

    Parameters
    ----------
    before, after : Path
        RAW or developed pictures.
    bounds : Bounds
        How large the pictures may be.
    run : RunFacts, optional
        What the run that denoised it reported.
    read : callable
        Reads both.

    Raises
    ------
    PhotoError
        If one of them cannot be read.
    SettingsError
        If they differ in size.
    """
    run = run or RunFacts()
    pair = matched(read(before), read(after), names=(shown(before), shown(after)))
    provenance, curve = read_provenance(after), measure_noise_curve(pair[0])
    check = _check(pair, provenance, curve)
    known = Known(before, after, pair[0], read_shooting(before), curve, provenance, check, run)
    flagged = check.flagged if check else ()
    views = tuple(_views(Removal(pair, curve), flagged, bounds))
    return Comparison(
        name=shown(before),
        about=about(known),
        thumbnail=thumbnail_of(views[0].after),
        views=views,
        # With its hundreds of dots it is smaller in pixels than as SVG.
        curve=encode_drawing(draw_noise_curve(curve, kind="png")) if curve.signals.size else None,
        facts=facts_of(known),
        warnings=run.warnings,
        iso=pair[0].iso,
        noise=known.noise,
        seconds=run.finished.seconds if run.finished else None,
        structure=1 - check.consistent if check else None,
    )


def _check(pair: Pair, provenance: Provenance | None, curve: NoiseCurve) -> ResidualCheck | None:
    """Judge where structure was removed, or return None as `rwdenoise.denoising.photos.denoise_measured` does."""
    noisy, clean = pair
    if not noisy.is_mosaic:
        return None
    strength = provenance.settings.strength if provenance else 1.0
    noise = (provenance and provenance.noise) or curve.stated or curve.profile
    if noise is None or not strength or (provenance and provenance.settings.chroma_strength != strength):
        return None
    check = check_residual(noisy.planes(), clean.planes(), noise=noise, strength=strength)
    return check if check.blocks else None


def _views(removal: Removal, flagged: Sequence[Flagged], bounds: Bounds) -> Iterator[View]:
    """Yield the whole photo, then crops of it."""
    photo, tone_curve = removal.pair[0], tone_curve_of(removal.pair[0])
    yield _whole(removal, flagged, tone_curve, bounds)
    for crop in choose_crops(photo, size=bounds.crop):
        before, after = (encode_crop(render(one, area=crop.area, tone_curve=tone_curve)) for one in removal.pair)
        yield View(
            title=crop.reason.capitalize(),
            before=before,
            after=after,
            removed=encode_crop(removal.picture(crop.area)),
            marks=_marks(photo.cut_out(crop.area), flagged, before, corner=(crop.area.top, crop.area.left)),
        )


def _whole(removal: Removal, flagged: Sequence[Flagged], tone_curve: ToneCurve, bounds: Bounds) -> View:
    photo = removal.pair[0]
    before, after = (
        encode(render(one, longest=bounds.longest, tone_curve=tone_curve), quality=bounds.quality)
        for one in removal.pair
    )
    removed = removal.picture(photo.shown, longest=round(bounds.longest * REMOVED_SHARE))
    scale = before.width / shown_size(photo)[0]
    reduced = f", reduced to {100 * scale:.0f} %" if scale < 1 else ""
    return View(
        title=f"The whole photo{reduced}",
        before=before,
        after=after,
        removed=encode(removed, quality=REMOVED_QUALITY),
        scale=scale,
        marks=_marks(photo, flagged, before),
    )


def _marks(
    photo: Photo, flagged: Sequence[Flagged], picture: Picture, *, corner: tuple[int, int] = (0, 0)
) -> tuple[Area, ...]:
    """Return where the flagged blocks lie in a picture of the photo, or of the part that begins at a corner."""
    areas = (Area(one.top - corner[0], one.left - corner[1], one.height, one.width) for one in flagged)
    marks = (_on_picture(shown_box(photo, area), picture) for area in areas)
    return tuple(mark for mark in marks if mark.height > 0 and mark.width > 0)


def _on_picture(box: tuple[float, float, float, float], picture: Picture) -> Area:
    left, top, right, bottom = (min(max(share, 0.0), 1.0) for share in box)
    x, y = round(left * picture.width), round(top * picture.height)
    return Area(y, x, round(bottom * picture.height) - y, round(right * picture.width) - x)
