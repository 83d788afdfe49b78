"""Denoise layers through the worker: first compute all results, then change all layers at once."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pixels
from gi.repository import Gimp

if TYPE_CHECKING:
    from worker_client import Worker

#: Called with the index of the layer, the number of its finished parts, and their total number.
OnProgress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Result:
    """New pixels for a part of a drawable."""

    drawable: Gimp.Drawable
    area: pixels.Area
    path: Path


def find_refusal(drawables: Sequence[Gimp.Drawable]) -> str | None:
    """Return the reason why these drawables cannot be denoised, as a message for the user; None if they can."""
    if not drawables:
        return "No layer is selected. Select the layer to denoise."
    for drawable in drawables:
        name = drawable.get_name()
        if drawable.is_indexed():
            return "The image has indexed colors. Convert it with Image > Mode > RGB first."
        if drawable.is_group():
            return f"“{name}” is a layer group. Select the layers in it instead."
        if _is_locked(drawable):
            return f"The pixels of “{name}” are locked. Unlock them in the layers dialog first."
        if pixels.selected_area(drawable) is None:
            return f"The selection does not touch “{name}”. Move it, or choose Select > None."
    return None


def denoise(
    worker: Worker, drawables: Sequence[Gimp.Drawable], request: dict[str, object], *, on_progress: OnProgress
) -> list[Result]:
    """Denoise drawables; return their new pixels. Drawables whose pixels do not change have no result."""
    results, folder = [], Path(worker.folder)
    for index, drawable in enumerate(drawables):
        area = pixels.selected_area(drawable).grown(drawable)
        described = pixels.prepare(drawable, area, folder)
        worker.denoise(
            {**request, **described}, on_progress=lambda done, total, index=index: on_progress(index, done, total)
        )
        before, after = folder / "pixels.in", folder / "pixels.out"
        if not filecmp.cmp(before, after, shallow=False):
            results.append(Result(drawable, area, after.rename(folder / f"layer-{index}.out")))
    return results


def apply(image: Gimp.Image, results: Sequence[Result]) -> None:
    """Change all drawables, in one undo step.

    Notes
    -----
    When the user cancels, GIMP ends the plug-in at any point. All slow work is therefore done before the first drawable
    changes; after that there is no progress bar to cancel.
    """
    for result in results:
        pixels.fill_shadow(result.drawable, result.area, result.path)
    Gimp.progress_end()
    image.undo_group_start()
    try:
        for result in results:
            _detach(result.drawable)
            result.drawable.merge_shadow(True)
            if not Gimp.Selection.is_empty(image):
                pixels.write_selected(result.drawable, result.area, result.path)
            result.drawable.update(*astuple(result.area))
    finally:
        image.undo_group_end()


def _detach(drawable: Gimp.Drawable) -> None:
    """Rasterize a link layer of GIMP 3.2; otherwise GIMP would reload it with its noise."""
    if hasattr(Gimp, "LinkLayer") and isinstance(drawable, Gimp.LinkLayer) and not drawable.is_rasterized():
        drawable.rasterize()


def _is_locked(drawable: Gimp.Drawable) -> bool:
    """Return whether the pixels of a drawable, of its layer, or of an enclosing group are locked."""
    item = Gimp.Layer.from_mask(drawable) if drawable.is_layer_mask() else drawable
    while item is not None:
        if item.get_lock_content():
            return True
        item = item.get_parent()
    return False
