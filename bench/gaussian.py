"""Train and sample a standard diffusion for comparison: a conditional Gaussian DDPM, sampled with DDIM.

It shows the gain from our end point, the real noisy photo. Here x_t is the clean mosaic plus Gaussian noise of the
standard schedule, which ends in pure noise, and the noisy photo is only a condition. The network is ours with a second
input head for the condition; data, loss, optimizer and training time are the same. Like ours it predicts x_0, which
favors few steps compared with the original's prediction of the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from rwdenoise.network.engines.pytorch import fast_dtype
from rwdenoise.network.unet import Head, LevelEmbedding, UNet
from rwdenoise.network.weights import PLANES, Architecture
from training.loss import AnyPairs, loss_of
from training.train import Trainer

# Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models": 1000 steps, variances from 1e-4 to 0.02, for
# pictures from -1 to 1. Ours range from 0 to 1, which halves the noise.
STEPS, BETA_FIRST, BETA_LAST = 1000, 1e-4, 0.02


def noise_levels() -> Tensor:
    """Return the standard deviation of the added noise, float32, shape (STEPS + 1,); the first is 0.

    The signal keeps its scale and the noise grows, which is the same process (Karras et al. 2022):
    ``sigma = sqrt((1 - alpha) / alpha)`` with the cumulative product alpha.
    """
    alpha = (1 - torch.linspace(BETA_FIRST, BETA_LAST, STEPS, dtype=torch.float64)).cumprod(0)
    return torch.cat((torch.zeros(1), ((1 - alpha) / alpha).sqrt().float() / 2))


class ConditionalUNet(UNet):
    """Our network with a second input head for the noisy photo as the condition."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        self.condition_head = Head(*PLANES[architecture.domain], architecture.widths[0])
        self.condition_embed = LevelEmbedding(architecture.embedding)

    def forward(  # type: ignore[override]
        self, x_t: Tensor, noisy: Tensor, colors: Tensor | None, level: Tensor, sigma: Tensor
    ) -> Tensor:
        """Estimate the clean mosaic from x_t (Gaussian noise `level`) and the noisy photo (sensor noise `sigma`)."""
        features = self.head(x_t, colors, level) + self.condition_head(noisy, colors, sigma)
        noise = self.find_noise(features, self.embed(level) + self.condition_embed(sigma))
        return noisy - sigma[:, None, None, None] * noise


class GaussianTrainer(Trainer):
    """Train the conditional DDPM in the same way as our own network."""

    def build(self) -> UNet:
        """Return the conditional network with random weights."""
        return ConditionalUNet(self.recipe.architecture)

    def validate(self) -> dict[str, float]:
        """Return no scores: the bench measures them."""
        return {}

    def lesson(self, pairs: AnyPairs) -> Tensor:
        """Return the loss of one batch at random steps of the schedule."""
        count = len(pairs.sigma)
        level = noise_levels()[torch.from_numpy(self.rng.integers(1, STEPS + 1, count))].to(self.device)
        noise = torch.randn(pairs.clean.shape, generator=self.camera.torch_rng, device=self.device)
        x_t = pairs.clean + level[:, None, None, None] * noise
        dtype = fast_dtype(self.device)
        with torch.autocast(self.device.type, dtype, enabled=dtype is not torch.float32):
            estimate = self.call(x_t, pairs.noisy, pairs.colors, level, pairs.sigma)
        return loss_of(estimate, pairs, pairs.sigma, self.recipe)


def sample(network: UNet, noisy: Tensor, colors: Tensor, sigma: float, *, steps: int, seed: int) -> Iterator[Tensor]:
    """Sample with DDIM (Song, Meng, Ermon 2020) in `steps` evaluations; yield x after each."""
    times = torch.linspace(STEPS, 0, steps + 1).round().long()
    rng = torch.Generator(noisy.device).manual_seed(seed)
    levels = noise_levels()[times].tolist()
    x = levels[0] * torch.randn(noisy.shape, generator=rng, device=noisy.device)
    photo_level = torch.tensor([sigma], device=noisy.device)
    for level, lower in pairwise(levels):
        estimate = network(x, noisy, colors, torch.tensor([level], device=noisy.device), photo_level)
        x = estimate + (lower / level) * (x - estimate)
        yield x
