"""Build the network of `rwdenoise.network.unet` from OpenVINO operations, without tracing or conversion.

OpenVINO runs every operation in the precision of the device, including the first convolution of the head, which needs
the full precision of the planes. Each plane is therefore passed as several parts that add up to it, with so few bits
that their products are exact; OpenVINO adds in float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rwdenoise.network.folded import compose_filters
from rwdenoise.network.unet import LOWEST_LEVEL, Block, Head, Scale, UNet
from rwdenoise.network.weights import PLANES


@dataclass(frozen=True)
class Split:
    """Number of parts in a precision that represent a plane, and a weight, exactly."""

    planes: int
    weights: int


#: float32 has 24 bits, bfloat16 8 and float16 11; the weights are released in float16.
SPLITS = {torch.float32: Split(1, 1), torch.bfloat16: Split(3, 2), torch.float16: Split(2, 1)}

# With this number of halvings, four terms of the series give asinh to 1e-5, up to 3000 times the noise.
_HALVINGS = 5
_SERIES = (1.0, -1 / 6, 3 / 40, -5 / 112)

Node = Any
Floats = NDArray[np.float32]


def split(x: Tensor, dtype: torch.dtype, *, parts: int) -> list[Tensor]:
    """Split a float32 tensor of any shape into `parts` summands, all but the last exact in `dtype`."""
    found = []
    for _ in range(parts - 1):
        found.append(x.to(dtype).float())
        x = x - found[-1]
    return [*found, x]


def find_gains(level: float) -> list[Floats]:
    """Return 1 / level as two factors of shape (1, 1, 1, 1), because it may be too large for float16."""
    gain = 1 / max(level, LOWEST_LEVEL)
    power = 2.0 ** round(math.log2(gain) / 2)
    return [np.full((1, 1, 1, 1), number, np.float32) for number in (power, gain / power)]


def find_steering(network: UNet, level: float) -> list[Floats]:
    """Return scale and shift of each block for a noise level, each float32 of shape (1, width, 1, 1)."""
    with torch.inference_mode():
        embedded = network.embed(torch.tensor([level]))
        pairs = [block.steer(embedded).chunk(2, dim=1) for block in _blocks(network)]
    return [vector[:, :, None, None].numpy() for scale, shift in pairs for vector in (1 + scale, shift)]


def write_model(openvino: ModuleType, network: UNet, shape: tuple[int, ...], *, dtype: torch.dtype) -> Any:  # noqa: ANN401 -- OpenVINO's
    """Build an OpenVINO model of a network.

    Parameters
    ----------
    openvino : module
    network : UNet
        In float32, on the CPU.
    shape : tuple of int
        Shape of the planes after `split`: (1, parts * C, H, W).
    dtype : torch.dtype
        Precision in which the model will run.

    Returns
    -------
    openvino.Model
        Its inputs are the planes, the filter colors as uint8 (for mosaics), and the results of `find_gains` and
        `find_steering`. Its output is the noise in standard deviations, shape (1, C, H, W).
    """
    return _Writer(openvino, network, shape, weight_parts=SPLITS[dtype].weights, dtype=dtype).model


class _Writer:
    def __init__(
        self, openvino: ModuleType, network: UNet, shape: tuple[int, ...], *, weight_parts: int, dtype: torch.dtype
    ) -> None:
        self._op = openvino.opset13
        self._weight_parts, self._dtype = weight_parts, dtype
        informing = PLANES[network.architecture.domain][1]
        self._planes = self._input(shape)
        self._colors = self._op.parameter((1, informing, *shape[2:]), np.uint8) if informing else None
        self._gains = [self._input((1, 1, 1, 1)) for _ in range(2)]
        self._steering = {
            block: [self._input((1, block.first.out_channels, 1, 1)) for _ in range(2)] for block in _blocks(network)
        }
        steering = [vector for pair in self._steering.values() for vector in pair]
        colors = [] if self._colors is None else [self._colors]
        self.model = openvino.Model([self._noise(network)], [self._planes, *colors, *self._gains, *steering])

    def _input(self, shape: tuple[int, ...]) -> Node:
        return self._op.parameter(shape, np.float32)

    def _noise(self, network: UNet) -> Node:
        skips, features = [], self._head(network.head)
        for scale, down in zip(network.down_scales, network.downs, strict=True):
            features = self._scale(scale, features)  # type: ignore[arg-type]
            skips.append(features)
            features = self._layer(down, features)  # type: ignore[arg-type]
        features = self._scale(network.bottom, features)
        for scale, up, skip in zip(reversed(network.up_scales), reversed(network.ups), reversed(skips), strict=True):
            larger = self._enlarge(self._layer(up, features))  # type: ignore[arg-type]
            features = self._scale(scale, self._op.add(larger, skip))  # type: ignore[arg-type]
        return self._enlarge(self._layer(network.tail, features))

    def _head(self, head: Head) -> Node:
        planes = self._op.space_to_depth(self._planes, "depth_first", 2)
        weights = split(head.differences.weight, self._dtype, parts=self._weight_parts)
        repeats = planes.shape[1] // head.differences.in_channels
        weight = torch.cat([part for part in weights for _ in range(repeats)], dim=1)
        seen = self._convolve(self._op.concat([planes] * len(weights), 1), weight, padding=1)
        for gain in self._gains:
            seen = self._op.multiply(seen, gain)
        mixed = self._convolve(self._asinh(seen), head.mix.weight[:, : head.differences.out_channels])
        filters, bias = compose_filters(head)
        if filters is not None:
            colors = self._op.space_to_depth(self._op.convert(self._colors, "f32"), "depth_first", 2)
            mixed = self._op.add(mixed, self._convolve(colors, filters, padding=1))
        return self._op.add(mixed, self._constant(bias.reshape(1, -1, 1, 1)))

    def _asinh(self, y: Node) -> Node:
        """Build asinh from operations that OpenVINO compiles to fast code; its own asinh takes ten times as long.

        It uses ``sinh(a) = 2 sinh(a/2) cosh(a/2)`` and ``cosh(a/2)^2 = (1 + cosh(a)) / 2``.
        """
        op, number = self._op, self._number
        cosh = op.sqrt(op.add(op.multiply(y, y), number(1)))
        divisor = number(2**_HALVINGS)
        for _ in range(_HALVINGS):
            cosh = op.sqrt(op.multiply(op.add(cosh, number(1)), number(0.5)))
            divisor = op.multiply(divisor, cosh)
        sinh = op.divide(y, divisor)
        square = op.multiply(sinh, sinh)
        series = number(_SERIES[-1])
        for factor in reversed(_SERIES[:-1]):
            series = op.add(op.multiply(series, square), number(factor))
        return op.multiply(op.multiply(sinh, number(2**_HALVINGS)), series)

    def _scale(self, scale: Scale, x: Node) -> Node:
        for block in scale.blocks:
            factor, shift = self._steering[block]  # type: ignore[index]
            inner = self._op.add(self._op.multiply(self._layer(block.first, x), factor), shift)  # type: ignore[arg-type]
            x = self._op.add(x, self._layer(block.second, self._op.swish(inner)))  # type: ignore[arg-type]
        return x

    def _layer(self, layer: nn.Conv2d, x: Node) -> Node:
        result = self._convolve(x, layer.weight, stride=layer.stride[0], padding=int(layer.padding[0]))
        return self._op.add(result, self._constant(layer.bias.reshape(1, -1, 1, 1)))  # type: ignore[union-attr]

    def _convolve(self, x: Node, weight: Tensor, *, stride: int = 1, padding: int = 0) -> Node:
        strides, pads = [stride] * 2, [padding] * 2
        return self._op.convolution(x, self._constant(weight), strides, pads, pads, [1, 1])

    def _enlarge(self, x: Node) -> Node:
        return self._op.depth_to_space(x, "depth_first", 2)

    def _constant(self, values: Tensor) -> Node:
        return self._op.constant(values.detach().numpy().astype(np.float32))

    def _number(self, value: float) -> Node:
        return self._op.constant(np.float32(value))


def _blocks(network: UNet) -> list[Block]:
    return [module for module in network.modules() if isinstance(module, Block)]
