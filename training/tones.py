"""Tone curves of developed pictures, in torch."""

import torch
from torch import Tensor


def invert_tone_curve(rgb: Tensor) -> Tensor:
    """Invert the contrast curve of cameras, ``3 x^2 - 2 x^3`` (Brooks et al. 2019), for any shape, 0 to 1."""
    return 0.5 - torch.sin(torch.asin(1 - 2 * rgb.clip(0, 1)) / 3)


def linearize(rgb: Tensor) -> Tensor:
    """Invert the sRGB curve (IEC 61966-2-1): encoded values to light, both 0 to 1, any shape."""
    return torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055).clip(min=0) ** 2.4)


def encode_srgb(light: Tensor) -> Tensor:
    """Apply the sRGB curve (IEC 61966-2-1), the inverse of `linearize`: light 0 to 1, any shape."""
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clip(min=1e-8) ** (1 / 2.4) - 0.055)
