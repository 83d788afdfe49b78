"""What is learned from: how far an estimate is from the truth."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from .camera import Pairs
from .pictures import PicturePairs
from .recipe import Recipe

AnyPairs: TypeAlias = Pairs | PicturePairs

#: Px over which the means are taken that keep the brightness.
MEANS_OVER = 16


def loss_of(estimate: Tensor, pairs: AnyPairs, deviation: Tensor, recipe: Recipe) -> Tensor:
    """Return how far an estimate is from the truth, where `deviation` is that of its input's noise."""
    # Measured in standard deviations of the noise, so that every ISO and every time counts alike.
    error = (estimate - pairs.clean) / deviation[:, None, None, None]
    charbonnier = torch.sqrt(error.square() + recipe.charbonnier**2).mean()
    # Charbonnier seeks the median, which lies below the mean where shadows are lit by a few photons or stars:
    # the square of the error of local means keeps the light that is there. Large ones, as of hot pixels, count
    # linearly.
    means = functional.avg_pool2d(pairs.light_error(estimate), MEANS_OVER)
    loss: Tensor = charbonnier + recipe.brightness * ((1 + means.square()).sqrt() - 1).mean()
    return loss
