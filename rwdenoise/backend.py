"""Where the network runs: the device, and the precision that it does fast."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rwdenoise.errors import DeviceMemoryError, DeviceUnavailableError

#: What --device accepts.
DEVICES = ("auto", "cuda", "mps", "cpu")

# What PyTorch's allocators say when memory ends, and last what oneDNN says; on CPUs it is a plain RuntimeError.
_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "could not create a primitive")


@dataclass(frozen=True)
class Backend:
    """A device and the precision of the convolutions on it."""

    device: torch.device
    dtype: torch.dtype

    @property
    def name(self) -> str:
        """For people, for example ``"cpu (bfloat16)"``."""
        return f"{self.device.type} ({str(self.dtype).removeprefix('torch.')})"

    @contextlib.contextmanager
    def computing(self) -> Iterator[None]:
        """Run the network in this precision, without gradients.

        Raises
        ------
        DeviceMemoryError
            If the device runs out of memory.
        """
        reduced = self.dtype is not torch.float32
        try:
            with torch.inference_mode(), torch.autocast(self.device.type, self.dtype, enabled=reduced):
                yield
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise _memory_error(self.device) from error
        except RuntimeError as error:
            if not any(words in str(error).lower() for words in _OUT_OF_MEMORY):
                raise
            raise _memory_error(self.device) from error


def choose_backend(device: str = "auto", *, dtype: torch.dtype | None = None) -> Backend:
    """Return the backend for one of `DEVICES`; ``auto`` takes the fastest that is here.

    Parameters
    ----------
    device : str
    dtype : torch.dtype, optional
        Forces a precision; by default bfloat16 where the hardware multiplies it fast, else float32.

    Raises
    ------
    DeviceUnavailableError
        If the device is not here, or unknown.
    """
    available = available_devices()
    if device == "auto":
        device = available[0]
    if device not in available:
        message = f"The device {device!r} is not here; there is {', '.join(available)}."
        raise DeviceUnavailableError(message, hint="Use --device auto, or install a PyTorch build for that device.")
    chosen = torch.device(device)
    return Backend(chosen, dtype or fast_dtype(chosen))


def available_devices() -> list[str]:
    """List the devices that PyTorch can use here, fastest first."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, here in found.items() if here]


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return the precision that the device multiplies fastest at no visible loss."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return torch.float32


def _memory_error(device: torch.device) -> DeviceMemoryError:
    return DeviceMemoryError(f"The {device.type} ran out of memory.", hint="Close other programs, or use --device cpu.")
