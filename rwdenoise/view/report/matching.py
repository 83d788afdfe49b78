"""Two photos that shall be compared, brought to where each pixel of one lies on the same of the other."""

from __future__ import annotations

from dataclasses import replace

from rwdenoise.errors import SettingsError
from rwdenoise.io.pictures.encodings import DISPLAY
from rwdenoise.io.raw.develop import develop
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto, Stored
from rwdenoise.view.rendering import upright

Pair = tuple[RawPhoto, RawPhoto] | tuple[RgbPhoto, RgbPhoto]


def matched(before: Photo, after: Photo, *, names: tuple[str, str]) -> Pair:
    """Return both photos as two mosaics of the same layout, or else as two developed pictures, upright.

    Parameters
    ----------
    before, after : RawPhoto or RgbPhoto
        RAW that is compared with anything but RAW of the same layout is developed as ``--format tiff`` does.
    names : two str
        To tell them by.

    Raises
    ------
    SettingsError
        If they differ in size.
    """
    if isinstance(before, RawPhoto) and isinstance(after, RawPhoto) and before.cfa == after.cfa:
        _refuse_sizes(before, after, names)
        return before, replace(after, crop=before.crop, orientation=before.orientation)
    pictures = _developed(before), _developed(after)
    _refuse_sizes(*pictures, names)
    return pictures


def _developed(photo: Photo) -> RgbPhoto:
    if isinstance(photo, RawPhoto):
        samples, encoding, stored = develop(photo), DISPLAY, Stored("tiff")
        return RgbPhoto(samples, None, encoding, stored, 1, photo.make, photo.model, photo.iso, photo.source)
    return replace(photo, samples=upright(photo.samples, photo.orientation), extra=None, orientation=1)


def _refuse_sizes(before: Photo, after: Photo, names: tuple[str, str]) -> None:
    if (before.frame.height, before.frame.width) == (after.frame.height, after.frame.width):
        return
    sizes = [
        f"{name} has {photo.frame.width} x {photo.frame.height} px"
        for name, photo in zip(names, (before, after), strict=True)
    ]
    message = f"{' and '.join(sizes)}; two files of the same photo in the same size were expected."
    raise SettingsError(message, hint="Name a photo and what was made from it, neither cropped nor resized.")
