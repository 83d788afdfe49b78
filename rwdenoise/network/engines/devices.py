"""Where the network runs: the device, and the precision that it does fast."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor
from torch.func import functional_call

from rwdenoise.errors import DeviceUnavailableError
from rwdenoise.memory import within_memory
from rwdenoise.network.engines import openvino as openvino_backend
from rwdenoise.network.engines.openvino import OpenVinoBackend
from rwdenoise.network.folded import ToldNetwork
from rwdenoise.network.unet import UNet

#: What --device may choose by itself, the fastest kind first, and why it comes before those after it.
REASONS: Mapping[str, str] = {
    "cuda": "a graphics card is by far the fastest",
    "mps": "Apple's graphics processor is faster than the CPU",
    "openvino:gpu": "a graphics card is faster than the CPU",
    "openvino": "no graphics card is here that can be used, and OpenVINO gets the most out of a CPU",
    "cpu": "nothing faster is here; OpenVINO would be (python -m pip install openvino)",
}
#: What --device accepts. ``openvino`` alone is the CPU in OpenVINO, and ``cpu`` the CPU in PyTorch.
DEVICES = ("auto", *REASONS, "cuda:compiled", "openvino:npu")


#: Estimates the clean planes, shape (1, C, H, W), from noisy ones and the colors of their filters, 0 or 1.
Estimate: TypeAlias = Callable[[Tensor, Tensor | None], Tensor]


class LoadedNetwork(Protocol):
    """A network, ready to run on a device."""

    def at(self, level: float) -> Estimate:
        """Tell it the noise level of what it will see, a standard deviation; do what depends on that alone."""

    def expect(self, height: int, width: int) -> None:
        """Do what depends on the size of the tiles alone, in px. It may be left out, and runs in any thread."""


class Engine(Protocol):
    """A device, a precision, and the library that runs networks there."""

    @property
    def name(self) -> str:
        """For people, for example ``"cpu (bfloat16)"``."""

    @property
    def device(self) -> torch.device:
        """Where the planes lie between the steps."""

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the convolutions."""

    def load(self, network: UNet) -> LoadedNetwork:
        """Make a network ready to run."""


@dataclass(frozen=True)
class Backend:
    """PyTorch: a device and the precision of the convolutions on it."""

    device: torch.device
    dtype: torch.dtype
    compiled: bool = False
    """Whether the network is compiled for the shape of the tiles, and its launches are recorded (CUDA graphs)."""

    @property
    def name(self) -> str:
        """For people, for example ``"cpu (bfloat16)"``."""
        words = [str(self.dtype).removeprefix("torch."), *(["compiled"] if self.compiled else [])]
        return f"{self.device.type} ({', '.join(words)})"

    def load(self, network: UNet) -> TorchNetwork:
        """Make a network ready to run here."""
        return TorchNetwork(network, self)

    @contextlib.contextmanager
    def computing(self) -> Iterator[None]:
        """Run the network as it was trained, in this precision, without gradients.

        Raises
        ------
        DeviceMemoryError
            If the device runs out of memory.
        """
        reduced = self.dtype is not torch.float32
        with self.running(), torch.autocast(self.device.type, self.dtype, enabled=reduced):
            yield

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run what has its precision already, without gradients; errors as for `computing`."""
        # NVIDIA's TF32 keeps 11 bits of a float32. The head's differences of neighbors need all of them.
        flags = torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False)
        with within_memory(self.device.type), flags, torch.inference_mode():
            yield


class TorchNetwork:
    """A network that runs in PyTorch."""

    def __init__(self, network: UNet, backend: Backend) -> None:
        self._backend = backend
        self._network = network.to(backend.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._run: Callable[..., Tensor] = functional_call
        if backend.compiled:
            # Once for all noise levels, as the weights that were told one go in beside the planes; `clone`, because
            # CUDA graphs return what the next run overwrites.
            compiled = torch.compile(functional_call, mode="reduce-overhead", dynamic=False)
            self._run = lambda *arguments: compiled(*arguments).clone()
        self._shell = ToldNetwork(self._network, 1.0, dtype=backend.dtype)

    def at(self, level: float) -> Estimate:
        """Tell the network its noise level."""
        with self._backend.running():
            state = ToldNetwork(self._network, level, dtype=self._backend.dtype).state_dict()

        def estimate(x_t: Tensor, colors: Tensor | None) -> Tensor:
            with self._backend.running():
                return self._run(self._shell, state, (x_t, colors))

        return estimate

    def expect(self, height: int, width: int) -> None:
        """Nothing here depends on the size."""


def choose_backend(device: str = "auto", *, dtype: torch.dtype | None = None) -> Engine:
    """Return the backend for one of `DEVICES`; ``auto`` takes the first of `available_devices`.

    Parameters
    ----------
    device : str
    dtype : torch.dtype, optional
        Forces a precision; by default what the hardware multiplies fast.

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
    if device in openvino_backend.DEVICES:
        return OpenVinoBackend(device, dtype or openvino_backend.fast_dtype(device))
    kind, _, compiled = device.partition(":")
    chosen = torch.device(kind)
    return Backend(chosen, dtype or fast_dtype(chosen), compiled=bool(compiled))


def available_devices() -> list[str]:
    """List those of `DEVICES` that are here: first what ``auto`` may choose, the fastest kind first."""
    openvino = openvino_backend.available()
    found: Mapping[str, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        # One that is a part of the CPU shares its memory, and is seldom faster.
        "openvino:gpu": "openvino:gpu" in openvino and openvino_backend.is_discrete("openvino:gpu"),
        "openvino": "openvino" in openvino,
        "cpu": True,
        "cuda:compiled": torch.cuda.is_available(),
    }
    ranked = [name for name, here in found.items() if here]
    return [*ranked, *(name for name in openvino if name not in ranked)]


def describe(device: str) -> str:
    """Return what the hardware of one of `available_devices` calls itself; empty where that is not known."""
    if device in openvino_backend.DEVICES:
        return openvino_backend.describe(device)
    if device.startswith("cuda"):
        return torch.cuda.get_device_name()
    return f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads" if device == "cpu" else ""


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return the precision that the device multiplies fastest at no visible loss."""
    if device.type == "cuda":
        # Tensor cores multiply bfloat16 from 8.0 (Ampere) on, float16 from 7.0 (Volta) on.
        return torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float16
    if device.type == "mps":
        return torch.float16
    if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return torch.bfloat16
    return torch.float32
