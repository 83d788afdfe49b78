"""Simulate a camera in torch: from a developed picture back to the light of the scene, then through a noisy sensor.

The demo, the tests and the training use this implementation, and therefore the same noise model. Each function is one
physical step and works on batches; the parameters of a batch are tensors of shape (N, 1, 1, 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from rwdenoise.photo.color import SRGB_TO_XYZ

# XYZ (D65) -> camera of four bodies, from Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising" (the
# cameras of the Darmstadt data set; equal to ColorMatrix2 in Adobe's profiles).
CAMERA_MATRICES = torch.tensor(
    [
        [[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]],
        [[0.4913, -0.0541, -0.0202], [-0.6130, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]],
        [[0.8380, -0.2630, -0.0639], [-0.2887, 1.0725, 0.2496], [-0.0627, 0.1427, 0.5438]],
        [[0.6596, -0.2079, -0.0562], [-0.4782, 1.3016, 0.1933], [-0.0970, 0.1581, 0.5181]],
    ]
)


@dataclass(frozen=True)
class SensorNoise:
    """The noise parameters of a sensor, as numbers or tensors of shape (N, 1, 1, 1).

    All are in units of the normalized signal, 0 black and 1 white.
    """

    shot: Tensor
    """Variance per unit of signal."""
    read: Tensor
    """Variance at black."""
    row: Tensor = field(default_factory=lambda: torch.zeros(()))
    """Standard deviation of the row offsets."""
    column: Tensor = field(default_factory=lambda: torch.zeros(()))
    """Standard deviation of the column offsets."""
    tails: Tensor = field(default_factory=lambda: torch.zeros(()))
    """Heavy tails of the read noise at equal variance: a in ``z (1 + a z^2)``, 0 to 0.1; Gaussian at 0."""
    hot_pixels: Tensor = field(default_factory=lambda: torch.zeros(()))
    """Share of sites that are too bright, most only slightly."""
    dead_pixels: Tensor = field(default_factory=lambda: torch.zeros(()))
    """Share of sites that record only part of their light, or none."""
    step: Tensor = field(default_factory=lambda: torch.tensor(1 / 16383))
    """Size of a quantization step."""
    floor: Tensor = field(default_factory=lambda: torch.tensor(-1 / 16))
    """Lowest signal that the analog-to-digital converter can record, below black."""


def camera_matrix(xyz_to_camera: Tensor) -> Tensor:
    """Return the matrix from linear sRGB to white-balanced camera color, of shape (..., 3, 3).

    Each row sums to 1, which keeps white white.
    """
    matrix = xyz_to_camera @ torch.tensor(SRGB_TO_XYZ, dtype=torch.float32, device=xyz_to_camera.device)
    return matrix / matrix.sum(dim=-1, keepdim=True)


def see(rgb: Tensor, matrix: Tensor, gains: Tensor, exposure: Tensor) -> Tensor:
    """Convert linear sRGB to the light at the red, green and blue sites of the sensor.

    Parameters
    ----------
    rgb : Tensor of float32, shape (N, 3, H, W)
        Linear light, 0 to 1.
    matrix : Tensor of shape (N, 3, 3)
        From `camera_matrix`.
    gains : Tensor of shape (N, 3, 1, 1)
        White balance gains for the light of the scene, green 1; the sensor records the inverse.
    exposure : Tensor of shape (N, 1, 1, 1)
        1 maps the picture's white to the sensor's white; higher values clip.

    Returns
    -------
    Tensor of float32, shape (N, 3, H, W)
        Linear camera color, 0 to 1.
    """
    camera = torch.einsum("nij,njhw->nihw", matrix, rgb).clip(min=0)
    return (camera * exposure / gains).clip(max=1)


def filter_colors(camera: Tensor, colors: Tensor) -> Tensor:
    """Sample camera color through filters, both of shape (N, 3, H, W), to a mosaic of shape (N, 1, H, W)."""
    return (camera * colors).sum(dim=1, keepdim=True) / colors.sum(dim=1, keepdim=True)


def record(mosaic: Tensor, noise: SensorNoise, rng: torch.Generator) -> Tensor:
    """Add the noise of a sensor to a clean mosaic, and quantize it.

    Parameters
    ----------
    mosaic : Tensor of float32, shape (N, 1, H, W)
        Clean normalized signal, 0 to 1.
    noise : SensorNoise
        Of the sensor.
    rng : torch.Generator
        Draws the noise.

    Returns
    -------
    Tensor of float32, shape (N, 1, H, W)
        Normalized and quantized; signed below black, clipped only at white and at the converter's floor.
    """
    signal = _photon_noise(mosaic, noise.shot, rng) + _read_noise(mosaic, noise, rng) + _banding(mosaic, noise, rng)
    signal = _broken_pixels(signal, noise, rng)
    quantized = torch.round(signal / noise.step) * noise.step
    return quantized.maximum(torch.as_tensor(noise.floor)).clip(max=1)


def _photon_noise(mosaic: Tensor, shot: Tensor, rng: torch.Generator) -> Tensor:
    # Cornish-Fisher approximation with the mean, variance and skewness of a Poisson distribution: ten times faster than
    # drawing from it. The skewness fades out below one electron, where the expansion fails.
    shot = torch.as_tensor(shot).clip(min=1e-9)
    electrons = mosaic / shot
    z = _normal(mosaic, tuple(mosaic.shape), rng)
    skew = (z.square() - 1) / 6 * (electrons / (electrons + 1))
    return (electrons + electrons.sqrt() * z + skew) * shot


def _normal(like: Tensor, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng, device=like.device)


def _read_noise(mosaic: Tensor, noise: SensorNoise, rng: torch.Generator) -> Tensor:
    z = _normal(mosaic, tuple(mosaic.shape), rng)
    stray = torch.as_tensor(noise.tails)
    deviation = torch.as_tensor(noise.read).sqrt()
    return z * (1 + stray * z.square()) * (deviation / (1 + 6 * stray + 15 * stray.square()).sqrt())


def _banding(mosaic: Tensor, noise: SensorNoise, rng: torch.Generator) -> Tensor:
    batch, _, height, width = mosaic.shape
    rows = _normal(mosaic, (batch, 1, height, 1), rng) * noise.row
    columns = _normal(mosaic, (batch, 1, 1, width), rng) * noise.column
    return rows + columns


def _broken_pixels(signal: Tensor, noise: SensorNoise, rng: torch.Generator) -> Tensor:
    """Brighten the hot pixels and dim the dead ones."""
    hot, dead = (torch.as_tensor(share) for share in (noise.hot_pixels, noise.dead_pixels))
    if not (hot.any() or dead.any()):
        return signal
    chance = torch.rand(signal.shape, generator=rng, device=signal.device)
    # Both are uniform from 0 to 1 where they are used; squaring the glow makes faint hot pixels more frequent.
    glow, dimmed = (chance / hot) ** 2, (1 - chance) / dead
    signal = torch.where(chance < hot, signal + glow, signal)
    return torch.where(1 - chance < dead, signal * dimmed, signal)
