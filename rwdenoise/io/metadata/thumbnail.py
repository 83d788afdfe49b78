"""The tiny picture in the Exif of a developed one."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from rwdenoise.io.pictures.samples import to_depth
from rwdenoise.photo.rgb import RgbPhoto

#: In px (DCF 2.0, 3.3.3).
LONGEST_SIDE = 160
_QUALITY = 80
# So many pixels are averaged across and down for each of the thumbnail's; more would not be seen.
_OVERSAMPLING = 4


def render_thumbnail(photo: RgbPhoto) -> bytes:
    """Return the picture as an sRGB JPEG of at most 160 px a side, not turned."""
    step = max(1, max(photo.samples.shape[:2]) // (LONGEST_SIDE * _OVERSAMPLING))
    sparse = replace(photo, samples=photo.samples[::step, ::step])
    thumbnail = Image.fromarray(to_depth(sparse.planes().transpose(1, 2, 0), np.uint8))
    thumbnail.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = BytesIO()
    thumbnail.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
