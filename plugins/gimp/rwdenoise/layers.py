"""Layers through the worker: first the results of all of them, then all are changed at once."""

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

#: Told which layer, how many of its parts are done, and of how many.
OnProgress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Result:
    """The new pixels of a part of a drawable."""

    drawable: Gimp.Drawable
    area: pixels.Area
    path: Path


def find_refusal(drawables: Sequence[Gimp.Drawable]) -> str | None:
    """Return why these drawables cannot be denoised, in words for people; None if they can."""
    if not drawables:
        return "No layer is selected. Select the layer that shall be denoised."
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
    """Return what is to change; drawables whose pixels stay as they are have no result."""
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
    """Change all drawables, as one undo step.

    Notes
    -----
    GIMP ends a plug-in that is cancelled, wherever it is. So everything that takes long is done before the first
    drawable changes, and from then on there is no progress that could be cancelled.
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
    """Make a link layer of GIMP 3.2 one of pixels; it would be loaded anew otherwise, noise and all."""
    if hasattr(Gimp, "LinkLayer") and isinstance(drawable, Gimp.LinkLayer) and not drawable.is_rasterized():
        drawable.rasterize()


def _is_locked(drawable: Gimp.Drawable) -> bool:
    """Tell whether the pixels of a drawable, of its layer, or of a group around it are locked."""
    item = Gimp.Layer.from_mask(drawable) if drawable.is_layer_mask() else drawable
    while item is not None:
        if item.get_lock_content():
            return True
        item = item.get_parent()
    return False
