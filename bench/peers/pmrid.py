"""Run PMRID: Wang, Huang, Xu, Liu, Liu, Wang 2020, "Practical Deep Raw Image Denoising on Mobile Devices", Bayer only.

A small U-Net of separable convolutions on the four planes of a Bayer mosaic. It was trained with the noise of one
camera at one ISO value; the linear k-sigma transform converts the noise of any mosaic to that of this camera.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from bench.methods import Absent, Mosaic, MosaicMethod
from bench.peers.found import weights_file, without_weights
from rwdenoise.photo.cfa import RGGB, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile

# From the authors' evaluation: digital numbers (DN) from black to white; gain of the network's input; multiple to which
# the mosaic is padded, in px.
WHITE, GAIN, MULTIPLE = 959.0, 256.0, 64
# Noise of the network's camera, from the same source: variance = KNOWN_K x + KNOWN_VARIANCE, in DN.
KNOWN_ISO = 1600
KNOWN_K = 0.0005995267 * KNOWN_ISO + 0.00868861
KNOWN_VARIANCE = 7.11772e-7 * KNOWN_ISO**2 + 6.514934e-4 * KNOWN_ISO + 0.11492713


def pmrid_methods() -> list[MosaicMethod | Absent]:
    """Return PMRID with its authors' weights."""
    weights = weights_file("pmrid_raw_bayer.safetensors")
    if not weights.is_file():
        return [without_weights("PMRID", weights)]
    network = Pmrid()
    network.load_state_dict(load_file(weights), strict=True)
    run = partial(_denoise, network.eval())
    return [MosaicMethod("PMRID 2020, authors' weights, true k-sigma", run, sensors=(RGGB.name,))]


@dataclass(frozen=True)
class KSigma:
    """Linear transform that converts the noise of a mosaic to that of the network's camera.

    With ``var(x) = k x + sigma^2`` in DN, ``f(x) = x / k + sigma^2 / k^2`` has a variance equal to its mean for every
    camera. Applying f, then the inverse of f for the network's camera, converts the noise of one camera to the other's.
    """

    scale: float
    shift: float

    @classmethod
    def from_profile(cls, noise: NoiseProfile) -> KSigma:
        """Build the transform for a normalized signal with this noise; its shot noise must be above 0."""
        k, variance = noise.shot * WHITE, noise.read * WHITE**2
        shift = KNOWN_K * (variance / k**2 - KNOWN_VARIANCE / KNOWN_K**2)
        return cls(KNOWN_K / k, shift / WHITE)

    def apply(self, x: Tensor) -> Tensor:
        """Transform a normalized signal."""
        return x * self.scale + self.shift

    def undo(self, x: Tensor) -> Tensor:
        """Invert the transform."""
        return (x - self.shift) / self.scale


def _denoise(network: nn.Module, mosaic: Mosaic, cfa: Cfa, noise: NoiseProfile) -> Mosaic:
    height, width = mosaic.shape
    top, left = next((y, x) for y in (0, 1) for x in (0, 1) if cfa.shifted(-y, -x) == RGGB)
    bottom, right = -(top + height) % MULTIPLE, -(left + width) % MULTIPLE
    # Clipped at black, as the authors do. Mirroring about a site continues the Bayer pattern correctly.
    framed = np.pad(mosaic.clip(0, 1), ((top, bottom), (left, right)), mode="reflect")
    line = KSigma.from_profile(noise)
    with torch.inference_mode():
        packed = functional.pixel_unshuffle(torch.from_numpy(framed)[None, None], 2)
        estimate = line.undo(network(line.apply(packed) * GAIN) / GAIN)
        return functional.pixel_shuffle(estimate, 2)[0, 0, top:, left:][:height, :width].numpy()


class Separable(nn.Module):
    """Depthwise convolution followed by a pointwise one."""

    def __init__(self, inward: int, outward: int, *, size: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inward, inward, size, stride, padding=size // 2, groups=inward, bias=False)
        self.pointwise = nn.Conv2d(inward, outward, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return self.pointwise(self.depthwise(x))  # type: ignore[no-any-return]


class EncoderBlock(nn.Module):
    """Residual block with a bottleneck of a quarter of its channels; a stride of 2 halves height and width."""

    def __init__(self, inward: int, outward: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = Separable(inward, outward // 4, size=5, stride=stride)
        self.conv2 = Separable(outward // 4, outward, size=5)
        self.proj = Separable(inward, outward, stride=stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Encode."""
        return functional.relu(self.conv2(functional.relu(self.conv1(x))) + self.proj(x))


class DecoderBlock(nn.Module):
    """Residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv0 = Separable(width, width)
        self.conv1 = Separable(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Decode."""
        return x + self.conv1(functional.relu(self.conv0(x)))  # type: ignore[no-any-return]


class DecoderStage(nn.Module):
    """Double height and width, and add the encoder's features at that scale."""

    def __init__(self, inward: int, skip: int, outward: int) -> None:
        super().__init__()
        self.decode_conv = DecoderBlock(inward)
        self.upsample = nn.ConvTranspose2d(inward, outward, 2, stride=2)
        self.proj_conv = Separable(skip, outward)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Decode `x` with the encoder's features `skip`."""
        return self.upsample(self.decode_conv(x)) + functional.relu(self.proj_conv(skip))  # type: ignore[no-any-return]


class Pmrid(nn.Module):
    """Network of the paper, with the layer names of its weights file."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = _plain(4, 16)
        self.enc1 = _encoder_stage(16, 64, blocks=2)
        self.enc2 = _encoder_stage(64, 128, blocks=2)
        self.enc3 = _encoder_stage(128, 256, blocks=4)
        self.enc4 = _encoder_stage(256, 512, blocks=4)
        self.encdec = Separable(512, 64)
        self.dec1 = DecoderStage(64, 256, 64)
        self.dec2 = DecoderStage(64, 128, 32)
        self.dec3 = DecoderStage(32, 64, 32)
        self.dec4 = DecoderStage(32, 16, 16)
        self.out0 = DecoderBlock(16)
        self.out1 = _plain(16, 4)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise RGGB planes of shape (N, 4, H, W), H and W multiples of 16."""
        skips = [functional.relu(self.conv0(noisy))]
        for encode in (self.enc1, self.enc2, self.enc3, self.enc4):
            skips.append(encode(skips[-1]))
        x = functional.relu(self.encdec(skips.pop()))
        for decode in (self.dec1, self.dec2, self.dec3, self.dec4):
            x = decode(x, skips.pop())
        return noisy + self.out1(self.out0(x))  # type: ignore[no-any-return]


def _plain(inward: int, outward: int) -> nn.Sequential:
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(inward, outward, 3, padding=1)))


def _encoder_stage(inward: int, outward: int, *, blocks: int) -> nn.Sequential:
    rest = (EncoderBlock(outward, outward, stride=1) for _ in range(blocks - 1))
    return nn.Sequential(EncoderBlock(inward, outward, stride=2), *rest)
