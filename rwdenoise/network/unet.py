"""The network S(x_t, t), a U-Net that estimates clean planes from noisy planes and their noise level.

All operations are local (3 x 3 convolutions, no attention, no statistics over the frame): a tile with a sufficient halo
gives the same pixels as the whole frame.
"""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from rwdenoise.errors import WeightsMismatchError
from rwdenoise.network.weights import FORMAT, PLANES, Architecture, Facts, read_facts

#: Lowest noise level for the network: about a sixth of a 14-bit quantization step.
LOWEST_LEVEL = 1e-5


class LevelEmbedding(nn.Module):
    """Embeds the noise level as features that control every block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())

    def forward(self, level: Tensor) -> Tensor:
        """Embed levels of shape (N,), whose logarithms are spread evenly over ISO and steps."""
        x = torch.log10(level.clip(min=LOWEST_LEVEL)) + 2
        return self.layers(torch.stack((x, x.square(), torch.sin(2 * x), torch.cos(2 * x)), dim=1))  # type: ignore[no-any-return]


class Block(nn.Module):
    """A residual block: two 3 x 3 convolutions, with scale and shift from the noise level between them."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.steer = nn.Linear(embedding, 2 * width)
        nn.init.zeros_(self.steer.weight)
        nn.init.zeros_(self.steer.bias)

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        """Apply the block to `x` of shape (N, width, h, w); `embedded` has shape (N, embedding)."""
        scale, shift = self.steer(embedded)[:, :, None, None].chunk(2, dim=1)
        inner = functional.silu(torch.addcmul(shift, self.first(x), 1 + scale))
        return x + self.second(inner)  # type: ignore[no-any-return]


class Scale(nn.Module):
    """The residual blocks of one scale."""

    def __init__(self, width: int, blocks: int, embedding: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, embedding) for _ in range(blocks))

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        """Apply the blocks in sequence; shapes as in `Block.forward`."""
        for block in self.blocks:
            x = block(x, embedded)
        return x


class Head(nn.Module):
    """The first layer: differences of neighboring pixels in units of the noise.

    A sharp edge may be a thousand times the noise at low ISO and twice the noise at high ISO. Division by the noise
    level and compression by asinh bring both into a range that the next layers can handle; noise is about 1 everywhere.
    The filter colors have no noise and are added afterwards.
    """

    def __init__(self, denoised: int, informing: int, width: int) -> None:
        super().__init__()
        self.differences = nn.Conv2d(4 * denoised, 2 * width, 3, padding=1, bias=False)
        self.filters = nn.Conv2d(4 * informing, width // 2, 3, padding=1) if informing else None
        self.mix = nn.Conv2d(2 * width + (width // 2 if informing else 0), width, 1)

    def forward(self, x_t: Tensor, colors: Tensor | None, level: Tensor) -> Tensor:
        """Return features of shape (N, width, H / 2, W / 2); parameters as in `UNet.forward`."""
        # bfloat16 rounds a bright pixel by 1/512, more than the noise at low ISO. This layer computes differences of
        # neighbors and stays in float32.
        with torch.autocast(x_t.device.type, enabled=False):
            differences = self.differences(functional.pixel_unshuffle(x_t, 2))
            features = torch.asinh(differences / level.clip(min=LOWEST_LEVEL)[:, None, None, None])
        if self.filters is not None and colors is not None:
            features = torch.cat((features, self.filters(functional.pixel_unshuffle(colors, 2))), dim=1)
        return self.mix(features)  # type: ignore[no-any-return]


class UNet(nn.Module):
    """A plain U-Net: strided convolutions down, pixel shuffle up, additive skips.

    It predicts the noise in units of its standard deviation and subtracts it; a level of 0 therefore returns the input
    itself.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        denoised, informing = PLANES[architecture.domain]
        widths, blocks = architecture.widths, architecture.blocks
        finer = list(zip(widths, blocks, strict=True))[:-1]

        self.embed = LevelEmbedding(architecture.embedding)
        self.head = Head(denoised, informing, widths[0])
        self.down_scales = nn.ModuleList(Scale(w, b, architecture.embedding) for w, b in finer)
        self.downs = nn.ModuleList(nn.Conv2d(w, wider, 2, stride=2) for w, wider in pairwise(widths))
        self.bottom = Scale(widths[-1], blocks[-1], architecture.embedding)
        self.ups = nn.ModuleList(nn.Conv2d(wider, 4 * w, 1) for w, wider in pairwise(widths))
        self.up_scales = nn.ModuleList(Scale(w, b, architecture.embedding) for w, b in finer)
        self.tail = nn.Conv2d(widths[0], 4 * denoised, 3, padding=1)
        nn.init.zeros_(self.tail.weight)

    def forward(self, x_t: Tensor, colors: Tensor | None, level: Tensor) -> Tensor:
        """Estimate the clean planes.

        Parameters
        ----------
        x_t : Tensor of float32, shape (N, C, H, W)
            Stabilized planes, 0 black, 1 white; H and W are multiples of ``architecture.multiple``.
        colors : Tensor of float32, shape (N, 3, H, W), or None
            Filter colors of each site (0 or 1), for mosaics.
        level : Tensor of float32, shape (N,)
            Standard deviation of the noise in `x_t`: t * sigma.

        Returns
        -------
        Tensor of float32, shape (N, C, H, W)
            The estimate of x_0.
        """
        noise = self.find_noise(self.head(x_t, colors, level), self.embed(level))
        return x_t - level[:, None, None, None] * noise

    def find_noise(self, features: Tensor, embedded: Tensor) -> Tensor:
        """Predict the noise in standard deviations, float32 of shape (N, C, H, W).

        Parameters
        ----------
        features : Tensor, shape (N, width, H / 2, W / 2)
            From the head.
        embedded : Tensor, shape (N, embedding)
            The embedded noise level.
        """
        skips = []
        for scale, down in zip(self.down_scales, self.downs, strict=True):
            features = scale(features, embedded)
            skips.append(features)
            features = down(features)
        features = self.bottom(features, embedded)
        for scale, up, skip in zip(reversed(self.up_scales), reversed(self.ups), reversed(skips), strict=True):
            features = scale(functional.pixel_shuffle(up(features), 2) + skip, embedded)
        return functional.pixel_shuffle(self.tail(features), 2).float()


def load_network(path: Path) -> tuple[UNet, Facts]:
    """Load a network from its weights file, in float32 and evaluation mode.

    Raises
    ------
    WeightsCorruptError
        If the file is damaged.
    WeightsMismatchError
        If its tensors do not match the architecture in its metadata.
    """
    facts = read_facts(path)
    # On "meta": no file can make us allocate more than it holds, whatever architecture it states.
    with torch.device("meta"):
        network = UNet(facts.architecture)
    try:
        state: dict[str, Tensor] = {name: tensor.float() for name, tensor in load_file(path).items()}
        network.load_state_dict(state, strict=True, assign=True)
    except (RuntimeError, safetensors.SafetensorError, KeyError) as error:
        message = f"The tensors in {path} do not match the architecture in its metadata: {error}"
        raise WeightsMismatchError(message, hint="Reinstall rwdenoise, or export the weights again.") from error
    return network.eval().requires_grad_(requires_grad=False), facts


def save_network(network: UNet, facts: Facts, path: Path) -> None:
    """Save a network in half precision, with its facts as metadata."""
    state = {name: tensor.detach().half().contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, path, metadata={"format": FORMAT, "facts": json.dumps(dataclasses.asdict(facts))})
