"""Fold a noise level into the weights of a network: the estimates of `rwdenoise.network.unet` with less computation.

All tiles of a step have the same noise level. Terms that depend only on it are computed once and folded into the
weights: the scale and shift of a block into its first convolution, the division by the level into that of the head.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from rwdenoise.network.unet import LOWEST_LEVEL, Block, Head, Scale, UNet

# Rows (at half size) that the head processes at once on a CPU: 4 MB, which fits into its cache.
_BAND = 16


class FoldedNetwork(nn.Module):
    """A network for a single noise level.

    Parameters
    ----------
    network : UNet
        In float32; it remains unchanged.
    level : float
        Noise standard deviation of the stabilized planes; 1 is white.
    dtype : torch.dtype
        Precision of all convolutions except the first one of the head.
    """

    _level: Tensor

    def __init__(self, network: UNet, level: float, *, dtype: torch.dtype) -> None:
        super().__init__()
        device = next(network.parameters()).device
        # As a tensor, which lets one compiled network serve all levels.
        self.register_buffer("_level", torch.tensor(level, device=device))
        self._head = FoldedHead(network.head, level, dtype=dtype)
        self._body = copy.deepcopy(network)
        embedded = network.embed(torch.tensor([level], device=device))
        for scale in self._body.modules():
            if isinstance(scale, Scale):
                blocks = [FoldedBlock(block, embedded) for block in scale.blocks]  # type: ignore[arg-type]
                scale.blocks = nn.ModuleList(blocks)
        del self._body.head, self._body.embed
        self._body.to(dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x_t: Tensor, colors: Tensor | None) -> Tensor:
        """Estimate the clean planes; see `UNet.forward` for shapes and ranges."""
        features = self._head(x_t, colors)
        noise = self._body.find_noise(features, features.new_empty(0))
        return torch.addcmul(x_t, noise, self._level, value=-1)


class FoldedHead(nn.Module):
    """The head for a single noise level; differences of neighbors stay in float32 until asinh compresses them."""

    def __init__(self, head: Head, level: float, *, dtype: torch.dtype) -> None:
        super().__init__()
        seen = head.differences.out_channels
        self._differences = _fixed(head.differences.weight / max(level, LOWEST_LEVEL), torch.float32)
        self._mix = _fixed(head.mix.weight[:, :seen], dtype)
        weight, bias = compose_filters(head)
        self._filters = None if weight is None else _fixed(weight, dtype)
        self._bias = nn.Parameter(bias.to(dtype), requires_grad=False)

    def forward(self, x_t: Tensor, colors: Tensor | None) -> Tensor:
        """Return features of shape (N, width, H / 2, W / 2), from planes and colors as in `UNet.forward`."""
        features = self._features(_halve(x_t))
        if self._filters is None or colors is None:
            return features
        return features.add_(functional.conv2d(_halve(colors.to(features.dtype)), self._filters, padding=1))

    def _features(self, halves: Tensor) -> Tensor:
        count, _, height, width = halves.shape
        rows = _BAND if halves.device.type == "cpu" else height
        framed = functional.pad(halves, (0, 0, 1, 1))
        shape = (count, len(self._bias), height, width)
        features = torch.empty(shape, dtype=self._bias.dtype, device=halves.device, memory_format=torch.channels_last)
        for top in range(0, height, rows):
            differences = functional.conv2d(framed[:, :, top : top + rows + 2], self._differences, padding=(0, 1))
            bent = _bend(differences).to(features.dtype)
            features[:, :, top : top + rows] = functional.conv2d(bent, self._mix, self._bias)
        return features


class FoldedBlock(nn.Module):
    """A block for a single noise level; it takes over the convolutions of the original block and changes them."""

    def __init__(self, block: Block, embedded: Tensor) -> None:
        super().__init__()
        scale, shift = block.steer(embedded)[0].chunk(2)
        self.first, self.second = block.first, block.second
        with torch.no_grad():
            self.first.weight.mul_((1 + scale)[:, None, None, None])
            self.first.bias.mul_(1 + scale).add_(shift)  # type: ignore[union-attr]

    def forward(self, x: Tensor, _embedded: Tensor) -> Tensor:
        """Return `x`, of shape (N, width, h, w), refined."""
        return self.second(functional.silu(self.first(x), inplace=True)).add_(x)  # type: ignore[no-any-return]


def compose_filters(head: Head) -> tuple[Tensor | None, Tensor]:
    """Merge the convolution of the filter colors and the following mix into one weight and one bias.

    Returns
    -------
    weight : Tensor of float32, shape (width, 4 * 3, 3, 3), or None
        None for networks without filter colors as input.
    bias : Tensor of float32, shape (width,)
    """
    seen = head.differences.out_channels
    bias: Tensor = head.mix.bias  # type: ignore[assignment]
    if head.filters is None:
        return None, bias
    mix = head.mix.weight[:, seen:, 0, 0]
    return torch.einsum("om,mchw->ochw", mix, head.filters.weight), bias + mix @ head.filters.bias  # type: ignore[operator]


def _fixed(weight: Tensor, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(weight.to(dtype, memory_format=torch.channels_last), requires_grad=False)


def _halve(planes: Tensor) -> Tensor:
    return functional.pixel_unshuffle(planes, 2).contiguous(memory_format=torch.channels_last)


def _bend(x: Tensor) -> Tensor:
    """Return the inverse hyperbolic sine of a float32 tensor.

    On a CPU, torch.asinh takes 14 ns per number, a third of the time of the network; this takes 1.6 ns and differs by
    less than 1e-6.
    """
    if x.device.type != "cpu":
        return torch.asinh(x)
    return torch.square(x).add_(1).sqrt_().add_(x.abs()).log_().copysign_(x)
