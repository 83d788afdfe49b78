"""List the devices of this computer, and create the engine for one of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from rwdenoise.errors import DeviceUnavailableError
from rwdenoise.network.engines import openvino as openvino_backend
from rwdenoise.network.engines.base import Engine
from rwdenoise.network.engines.openvino import OpenVinoBackend
from rwdenoise.network.engines.pytorch import Backend, fast_dtype

#: Devices that --device auto may choose, fastest first, and the reason for each choice.
REASONS: Mapping[str, str] = {
    "cuda": "a graphics card is by far the fastest",
    "mps": "Apple's graphics processor is faster than the CPU",
    "openvino:gpu": "a graphics card is faster than the CPU",
    "openvino": "no usable graphics card was found, and OpenVINO gets the most out of a CPU",
    "cpu": "nothing faster was found; OpenVINO would be faster (python -m pip install openvino)",
}


def choose_backend(device: str = "auto", *, dtype: torch.dtype | None = None) -> Engine:
    """Create the engine for one of `rwdenoise.choices.DEVICES`; ``auto`` uses the first of `available_devices`.

    Parameters
    ----------
    device : str
    dtype : torch.dtype, optional
        Precision; by default the fastest one of the hardware.

    Raises
    ------
    DeviceUnavailableError
        If this computer has no such device, or the name is unknown.
    """
    available = available_devices()
    if device == "auto":
        device = available[0]
    if device not in available:
        message = f"This computer has no device {device!r}; it has {', '.join(available)}."
        raise DeviceUnavailableError(message, hint="Use --device auto, or install a PyTorch build for that device.")
    if device in openvino_backend.DEVICES:
        return OpenVinoBackend(device, dtype or openvino_backend.fast_dtype(device))
    kind, _, compiled = device.partition(":")
    chosen = torch.device(kind)
    return Backend(chosen, dtype or fast_dtype(chosen), compiled=bool(compiled))


def available_devices() -> list[str]:
    """List the devices of this computer: first those that ``auto`` may choose, fastest first."""
    openvino = openvino_backend.available()
    found: Mapping[str, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        # Integrated graphics share the memory of the CPU and are rarely faster.
        "openvino:gpu": "openvino:gpu" in openvino and openvino_backend.is_discrete("openvino:gpu"),
        "openvino": "openvino" in openvino,
        "cpu": True,
        "cuda:compiled": torch.cuda.is_available(),
    }
    ranked = [name for name, here in found.items() if here]
    return [*ranked, *(name for name in openvino if name not in ranked)]


def describe(device: str) -> str:
    """Return the hardware name of one of `available_devices`; empty if unknown."""
    if device in openvino_backend.DEVICES:
        return openvino_backend.describe(device)
    if device.startswith("cuda"):
        return torch.cuda.get_device_name()
    return f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads" if device == "cpu" else ""
