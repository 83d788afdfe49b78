"""Run the network in PyTorch, on GPUs by NVIDIA and Apple and on any CPU."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from rwdenoise.memory import within_memory
from rwdenoise.network.engines.base import Estimate
from rwdenoise.network.folded import FoldedNetwork
from rwdenoise.network.unet import UNet


@dataclass(frozen=True)
class Backend:
    """A PyTorch device and the precision of the convolutions on it."""

    device: torch.device
    dtype: torch.dtype
    compiled: bool = False
    """Whether the network is compiled for the shape of the tiles, with CUDA graphs."""

    @property
    def name(self) -> str:
        """Name for display, for example ``"cpu (bfloat16)"``."""
        words = [str(self.dtype).removeprefix("torch."), *(["compiled"] if self.compiled else [])]
        return f"{self.device.type} ({', '.join(words)})"

    def load(self, network: UNet) -> TorchNetwork:
        """Load a network on the device."""
        return TorchNetwork(network, self)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run a network whose weights already have this precision, without gradients.

        Raises
        ------
        DeviceMemoryError
            If the device runs out of memory.
        """
        # NVIDIA's TF32 keeps 11 of 24 bits; the head's differences of neighbors need all of them.
        flags = torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False)
        with within_memory(self.device.type), flags, torch.inference_mode():
            yield


class TorchNetwork:
    """A network loaded in PyTorch."""

    def __init__(self, network: UNet, backend: Backend) -> None:
        self._backend = backend
        self._network = network.to(backend.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._run: Callable[..., Tensor] = functional_call
        if backend.compiled:
            # Once for all noise levels: the folded weights are arguments like the planes. `clone`, because CUDA
            # graphs return memory that the next run overwrites.
            compiled = torch.compile(functional_call, mode="reduce-overhead", dynamic=False)
            self._run = lambda *arguments: compiled(*arguments).clone()
        self._shell = FoldedNetwork(self._network, 1.0, dtype=backend.dtype)

    def at(self, level: float) -> Estimate:
        """Return the estimator for one noise level, a standard deviation."""
        with self._backend.running():
            state = FoldedNetwork(self._network, level, dtype=self._backend.dtype).state_dict()

        def estimate(x_t: Tensor, colors: Tensor | None) -> Tensor:
            with self._backend.running():
                return self._run(self._shell, state, (x_t, colors))

        return estimate

    def prepare(self, height: int, width: int) -> None:
        """Do nothing: PyTorch needs no preparation for a tile size."""


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return the fastest precision of the device without visible loss."""
    if device.type == "cuda":
        # Tensor cores support bfloat16 from 8.0 (Ampere), float16 from 7.0 (Volta).
        return torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float16
    if device.type == "mps":
        return torch.float16
    if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return torch.bfloat16
    return torch.float32
