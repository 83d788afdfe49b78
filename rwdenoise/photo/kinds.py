"""The two kinds of photos, RAW and developed, and what they have in common.

Both have ``domain``, ``is_mosaic``, ``frame``, ``shown``, ``period``, ``pixel_aspect``, ``orientation``, ``make``,
``model``, ``iso``, ``noise`` and ``source``; both return ``planes`` and ``linear_planes``, and a changed copy by
``with_planes``, ``with_samples`` (of ``samples_of``) and ``cut_out``. Code that uses no more than these serves both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto
from rwdenoise.photo.tiling import Area, plan_tiles

#: A mosaic or linear RAW, or a developed picture.
Photo: TypeAlias = RawPhoto | RgbPhoto

#: Edge in px of the regions in which a photo is measured, so that memory stays bounded.
REGION = 3072


def parts(photo: Photo) -> Iterator[NDArray[np.float32]]:
    """Give the planes of a photo region by region, each of at most `REGION` px on a side."""
    tiles = plan_tiles(photo.frame.height, photo.frame.width, size=REGION, halo=0, multiple=REGION)
    return (photo.planes(Area.of(*tile.target_slices)) for tile in tiles)


def camera_name(photo: Photo) -> str:
    """Return make and model of the camera, ``""`` if the file states neither.

    The make stands once: many models begin with it.
    """
    maker = photo.make.partition(" ")[0]
    says_maker = maker and photo.model.upper().startswith(maker.upper())
    return photo.model if says_maker else f"{photo.make} {photo.model}".strip()
