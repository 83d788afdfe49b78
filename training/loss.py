"""Loss of the training: the error of an estimate, in units of the noise."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from .camera import Pairs
from .pictures import PicturePairs
from .recipe import Recipe

AnyPairs: TypeAlias = Pairs | PicturePairs

#: Edge length, in px, of the squares over which local means are compared to preserve brightness.
MEANS_OVER = 16


def loss_of(estimate: Tensor, pairs: AnyPairs, deviation: Tensor, recipe: Recipe) -> Tensor:
    """Return the loss of an estimate.

    Parameters
    ----------
    estimate : Tensor of float32, shape (N, C, H, W)
    pairs : Pairs or PicturePairs
    deviation : Tensor of shape (N,)
        Standard deviation of the noise in the network's input.
    recipe : Recipe
    """
    # In standard deviations of the noise, every ISO and every time t counts equally.
    error = (estimate - pairs.clean) / deviation[:, None, None, None]
    charbonnier = torch.sqrt(error.square() + recipe.charbonnier**2).mean()
    # The Charbonnier loss converges to the median, which is below the mean in shadows lit by a few photons or stars.
    # The squared error of local means preserves that light. Large errors, such as those of hot pixels, count linearly.
    means = functional.avg_pool2d(pairs.light_error(estimate), MEANS_OVER)
    loss: Tensor = charbonnier + recipe.brightness * ((1 + means.square()).sqrt() - 1).mean()
    return loss
