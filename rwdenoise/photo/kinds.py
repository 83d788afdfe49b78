"""The two kinds of photos, RAW and developed, and their common interface.

Both have ``domain``, ``is_mosaic``, ``frame``, ``shown``, ``period``, ``pixel_aspect``, ``orientation``, ``make``,
``model``, ``iso``, ``noise`` and ``source``. Both return ``planes`` and ``linear_planes``, and changed copies through
``with_planes``, ``with_samples`` (with ``samples_of``) and ``cut_out``. Code limited to these works for both.
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

#: Edge in px of the regions in which a photo is measured, to limit memory.
REGION = 3072


def parts(photo: Photo) -> Iterator[NDArray[np.float32]]:
    """Yield the planes of a photo region by region, each at most `REGION` px on a side."""
    tiles = plan_tiles(photo.frame.height, photo.frame.width, size=REGION, halo=0, multiple=REGION)
    return (photo.planes(Area.of(*tile.target_slices)) for tile in tiles)


def camera_name(photo: Photo) -> str:
    """Return make and model of the camera, or ``""`` if the file states neither.

    Many models begin with the make; it is not repeated.
    """
    maker = photo.make.partition(" ")[0]
    says_maker = maker and photo.model.upper().startswith(maker.upper())
    return photo.model if says_maker else f"{photo.make} {photo.model}".strip()
