"""Make a preview quickly: a sheet that shows what settings do to a few parts of a photo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.choices import PREVIEW_SIZE
from rwdenoise.denoising.photos import Measured, measure_for_parts
from rwdenoise.errors import SettingsError
from rwdenoise.events import Listener, Progress, Started
from rwdenoise.io.atomic import make_folder, write_atomically
from rwdenoise.io.read import read_photo
from rwdenoise.jobs.photo import check_source, check_target, ignore
from rwdenoise.jobs.stages import LoadDenoiser, tell_noise
from rwdenoise.memory import within_memory
from rwdenoise.photo.kinds import Photo
from rwdenoise.view.comparison import Comparison, common_words, compare
from rwdenoise.view.contact_sheet import OVERVIEW, Heading, Row, draw_sheet, encode_sheet, sheet_format
from rwdenoise.view.crops import Crop, choose_crops, crop_at
from rwdenoise.view.rendering import render, shown_box, shown_size, stored_place

if TYPE_CHECKING:
    from PIL.Image import Image

    from rwdenoise.choices import Settings
    from rwdenoise.photo.noise_profile import NoiseProfile


def preview_photo(  # noqa: PLR0913 -- what a user can choose, all by name
    source: Path,
    target: Path,
    *,
    denoiser: LoadDenoiser,
    variants: Sequence[Settings],
    at: Sequence[tuple[int, int]] = (),
    size: int = PREVIEW_SIZE,
    noise: NoiseProfile | None = None,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> Comparison:
    """Write a sheet that shows a few parts of a photo, noisy and denoised in several ways.

    Parameters
    ----------
    source : Path
        Any photo that `denoise_photo` takes.
    target : Path
        The sheet, PNG or JPEG by its name. Folders that are missing are made.
    denoiser : callable
        Returns a denoiser for the domain that the photo needs, ``"cfa"`` or ``"rgb"``.
    variants : sequence of Settings
        One for each column after the first, which is the noisy photo.
    at : sequence of (x, y)
        Centers of the parts in px of the upright picture; by default they are chosen, see `choose_crops`.
    size : int
        Edge of the parts in px.
    noise : NoiseProfile, optional
        The noise profile of a mosaic, as for `denoise_photo`.
    overwrite : bool
        Whether `target` may exist already.
    listen : callable
        Receives the events `Started`, `Noise`, `Warned` and `Progress`.

    Raises
    ------
    PhotoError, WeightsError, DeviceError
        As `denoise_photo`.
    SettingsError
        If the target is not a PNG or JPEG, or a place lies outside the photo.
    """
    job, format = str(source), sheet_format(target)
    listen(Started(job, source=job, output=str(target)))
    check_source(source, target)
    check_target(target, overwrite=overwrite)
    listen(Progress(job, "read", 0, 1))
    with within_memory():
        photo = read_photo(source)
        listen(Progress(job, "read", 1, 1))
        crops = [_crop_at(photo, place, size=size) for place in at] or choose_crops(photo, size=size)
        ready = denoiser(photo.domain)
        measured = measure_for_parts(photo, variants, denoiser=ready, noise=noise)
        tell_noise(measured, noise, job=job, listen=listen)
        compared = compare(
            photo,
            crops,
            denoiser=ready,
            variants=variants,
            measured=measured,
            on_progress=lambda done, total: listen(Progress(job, "denoise", done, total)),
        )
        method = f"{common_words(variants)}, {compared.weights} on {compared.device}"
        notes = [*_describe(photo, measured), method.removeprefix(", ")]
        sheet = encode_sheet(_draw(photo, compared, title=source.name, notes=notes), format)
    listen(Progress(job, "write", 0, 1))
    make_folder(target.parent)
    write_atomically(target, sheet, overwrite=overwrite)
    return compared


def _crop_at(photo: Photo, place: tuple[int, int], *, size: int) -> Crop:
    (x, y), (width, height) = place, shown_size(photo)
    if not (0 <= x < width and 0 <= y < height):
        message = f"The pixel {x},{y} lies outside the photo, which is {width} x {height} px as displayed."
        raise SettingsError(message, hint="Give --at the X,Y of a pixel, counted from the top left corner.")
    return crop_at(photo, *stored_place(photo, x, y), size=size)


def _draw(photo: Photo, compared: Comparison, *, title: str, notes: Sequence[str]) -> Image:
    width, height = shown_size(photo)
    rows = []
    for crop, pictures in zip(compared.crops, compared.pictures, strict=True):
        left, top, right, bottom = box = shown_box(photo, crop.area)
        x, y = round((left + right) / 2 * width), round((top + bottom) / 2 * height)
        rows.append(Row(crop.reason, f"at {x},{y}", box, pictures))
    heading = Heading(title, notes, render(photo, longest=OVERVIEW))
    return draw_sheet(heading, columns=compared.columns, rows=rows)


def _describe(photo: Photo, measured: Measured) -> list[str]:
    """Return lines about the photo, for example ``X-T4, ISO 6400, 6240 x 4160 px``."""
    width, height = shown_size(photo)
    facts = [photo.model, f"ISO {photo.iso:g}" if photo.iso else "", f"{width} x {height} px"]
    lines = [", ".join(fact for fact in facts if fact)]
    if measured.profile is not None:
        lines.append(f"noise {measured.profile.shot:.2g} shot, {measured.profile.read:.2g} read, {measured.origin}")
    return lines
