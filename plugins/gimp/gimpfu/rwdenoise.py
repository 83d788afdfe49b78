#!/usr/bin/env python2
# -*- coding: utf-8 -*-
"""Filters > Enhance > Denoise photo: a plug-in for GIMP 2.10. The program `rwdenoise` does the work, as a worker.

Runs on Python 2.7 and 3 and needs only their standard libraries and gimpfu. It is installed in a folder of the same
name in GIMP's plug-in folder, together with ``progress.py``, ``worker_client.py`` and ``worker.json``.
"""

import filecmp
import os

from gimpfu import (
    PF_DRAWABLE,
    PF_IMAGE,
    PF_RADIO,
    PF_SLIDER,
    PF_SPINNER,
    PF_TOGGLE,
    fail,
    gimp,
    main,
    pdb,
    register,
)
from progress import Progress
from worker_client import Worker, WorkerError

# Number of rows in a strip. Strips save memory; with four rows of GIMP's tiles, each tile is fetched only once.
_ROWS = 256
# Margin around the selected area that is denoised with it, in px: the network then sees no border at the edge of the
# selection. The corner is a multiple of every network's downsampling, which makes the result independent of the corner.
_CONTEXT = 64
# Marks in babl's format names: R' has the tone curve of the profile, R~ that of sRGB; no mark means linear light.
_ENCODINGS = {"'": "non-linear", "~": "perceptual"}
_HERE = os.path.dirname(os.path.abspath(__file__))


def denoise_photo(  # noqa: PLR0913 -- as registered below
    image, drawable, strength, detail, chroma_as_strength, chroma, quality, steps, device
):
    """Denoise the selected part of a drawable; after an error the image is unchanged."""
    # Without this call, pixel regions always use 8 bits, whatever the precision of the image.
    pdb.gimp_plugin_enable_precision()
    refusal = _find_refusal(drawable)
    if refusal is not None:
        fail(refusal)
    request = {
        "strength": strength,
        "detail": detail,
        "chroma": None if chroma_as_strength else chroma,
        "quality": quality,
        "steps": int(steps),
        "device": device,
    }
    gimp.progress_init("Denoising photo")
    try:
        with Worker(_HERE) as worker:
            worker.start()
            _denoise(image, drawable, request, worker)
    except WorkerError as error:
        fail(_native(error.message + "\n" + error.hint))


def _denoise(image, drawable, request, worker):
    area = _with_context(drawable, _selected_area(drawable))
    before, after = [os.path.join(worker.folder, name) for name in ("pixels.in", "pixels.out")]
    _write_pixels(drawable, area, before)
    request.update(_layout_of(drawable), width=area[2], height=area[3])
    if _has_colors_of(image, drawable):
        _write_profile(image, os.path.join(worker.folder, "profile.icc"))
    progress = Progress()
    worker.denoise(request, on_progress=lambda done, total: _show(*progress.at(done, total)))
    if not filecmp.cmp(before, after, shallow=False):
        _replace_pixels(drawable, area, after)


def _find_refusal(drawable):
    """Return the reason why a drawable cannot be denoised, as a message for the user; None if it can."""
    if drawable.is_indexed:
        return "The image has indexed colors. Convert it with Image > Mode > RGB first."
    if pdb.gimp_item_is_group(drawable):
        return '"%s" is a layer group. Select a layer in it instead.' % drawable.name
    if _is_locked(drawable):
        return 'The pixels of "%s" are locked. Unlock them in the layers dialog first.' % drawable.name
    if _selected_area(drawable) is None:
        return 'The selection does not touch "%s". Move it, or choose Select > None.' % drawable.name
    return None


def _is_locked(drawable):
    """Return whether the pixels of a drawable, of its layer, or of an enclosing group are locked."""
    item = pdb.gimp_layer_from_mask(drawable) if drawable.is_layer_mask else drawable
    while item is not None:
        if pdb.gimp_item_get_lock_content(item):
            return True
        item = item.parent
    return False


def _selected_area(drawable):
    """Return x, y, width and height of the bounding box of the selected part; None if nothing is selected."""
    found = pdb.gimp_drawable_mask_intersect(drawable)
    return found[1:] if found[0] else None


def _with_context(drawable, area):
    """Return an area with its margin, clipped to the drawable."""
    x, y, width, height = area
    left, top = [max(0, start - _CONTEXT) // _CONTEXT * _CONTEXT for start in (x, y)]
    right, bottom = min(drawable.width, x + width + _CONTEXT), min(drawable.height, y + height + _CONTEXT)
    return left, top, right - left, bottom - top


def _layout_of(drawable):
    """Return the pixel layout as fields of a worker request; GIMP's format is, for example, ``R'G'B'A u16``."""
    components, kind = pdb.gimp_drawable_get_format(drawable).split(" ")[:2]
    return {
        "channels": (3 if drawable.is_rgb else 1) + bool(drawable.has_alpha),
        "alpha": bool(drawable.has_alpha),
        "type": kind,
        "encoding": next((name for mark, name in _ENCODINGS.items() if mark in components), "linear"),
    }


def _has_colors_of(image, drawable):
    """Return whether the image's profile applies to the drawable; it does not apply to masks and channels."""
    return image is not None and not isinstance(drawable, gimp.Channel)


def _write_profile(image, path):
    _, data = pdb.gimp_image_get_effective_color_profile(image)
    with open(path, "wb") as file:
        file.write(bytearray(data))


def _write_pixels(drawable, area, path):
    x, y, width, height = area
    region = drawable.get_pixel_rgn(x, y, width, height, False, False)
    with open(path, "wb") as file:
        for top, bottom in _strips(y, height):
            file.write(region[x : x + width, top:bottom])


def _replace_pixels(drawable, area, path):
    """Replace the selected pixels of the drawable, in one undo step."""
    x, y, width, height = area
    shadow = drawable.get_pixel_rgn(x, y, width, height, True, True)
    with open(path, "rb") as file:
        for top, bottom in _strips(y, height):
            shadow[x : x + width, top:bottom] = file.read(width * (bottom - top) * drawable.bpp)
    drawable.flush()
    drawable.merge_shadow(True)
    drawable.update(x, y, width, height)


def _strips(y, height):
    return [(top, min(top + _ROWS, y + height)) for top in range(y, y + height, _ROWS)]


def _show(share, text):
    pdb.gimp_progress_set_text(text)
    gimp.progress_update(share)


def _native(text):
    """Return a text as this Python's native string type, which pygimp needs."""
    return text if isinstance(text, str) else text.encode("utf-8")


register(
    "plug-in-rwdenoise",
    "Remove the noise of a photo",
    "Removes the camera noise from the selected part of the layer and keeps texture and color. The program rwdenoise"
    " does the work.",
    "The rwdenoise authors",
    "GPL-3.0-or-later",
    "2026",
    "_Denoise photo...",
    "RGB*, GRAY*",
    [
        (PF_IMAGE, "image", "Image", None),
        (PF_DRAWABLE, "drawable", "Layer", None),
        (PF_SLIDER, "strength", "_Strength: 1 removes all noise, 0 none", 1.0, (0.0, 1.0, 0.05)),
        (PF_SLIDER, "detail", "_Detail: share of lost structure to restore", 0.0, (0.0, 1.0, 0.05)),
        (PF_TOGGLE, "chroma-as-strength", "Color _noise: same strength", True),
        (PF_SLIDER, "chroma", "...or this _strength for color noise", 1.0, (0.0, 1.0, 0.05)),
        (PF_RADIO, "quality", "_Quality", "best", (("Best", "best"), ("Fast", "fast"))),
        (PF_SPINNER, "steps", "S_teps: each step costs one network pass", 2, (1, 100, 1)),
        (
            PF_RADIO,
            "device",
            "D_evice",
            "auto",
            (
                ("Fastest", "auto"),
                ("CUDA", "cuda"),
                ("CUDA, compiled", "cuda:compiled"),
                ("Apple MPS", "mps"),
                ("OpenVINO", "openvino"),
                ("OpenVINO, GPU", "openvino:gpu"),
                ("OpenVINO, NPU", "openvino:npu"),
                ("CPU", "cpu"),
            ),
        ),
    ],
    [],
    denoise_photo,
    menu="<Image>/Filters/Enhance",
)

main()
