"""Draw star fields as a lens images them, to train the network to tell stars from hot pixels.

A star covers several sites of every color; a hot pixel is a single site. Few photos with a license that permits
training show the night sky.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

#: Radius of a star, in px, beyond which it adds no light.
REACH = 6


def draw_stars(height: int, width: int, *, rng: np.random.Generator) -> Tensor:
    """Draw a field of stars on black.

    Returns
    -------
    Tensor of float32, shape (3, height, width)
        Linear light to add to a scene: few bright stars, many faint ones, all with the same spot shape.
    """
    sky = torch.zeros(3, height, width)
    spread = rng.uniform(0.6, 1.3)
    for _ in range(rng.integers(5, 60)):
        row, column = rng.uniform(0, (height, width))
        rows, columns = (
            np.arange(max(0, int(at) - REACH), min(length, int(at) + REACH + 1))
            for at, length in ((row, height), (column, width))
        )
        spot = np.outer(*(np.exp(-((at - u) ** 2) / (2 * spread**2)) for at, u in ((row, rows), (column, columns))))
        peak = 10 ** rng.uniform(-3.0, 0.0) * rng.uniform(0.6, 1.0, 3)
        light = torch.from_numpy(peak[:, None, None] * spot).float()
        sky[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += light
    return sky
