"""Run the network in OpenVINO, on CPUs of all makers and on Intel's GPUs and NPUs.

Only this file imports OpenVINO.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from rwdenoise.memory import within_memory
from rwdenoise.network.engines.openvino_graph import SPLITS, Floats, find_gains, find_steering, split, write_model
from rwdenoise.network.unet import UNet
from rwdenoise.network.weights import PLANES
from rwdenoise.photo.tiling import in_bands

#: Names of the devices in --device and in OpenVINO.
DEVICES = {"openvino": "CPU", "openvino:gpu": "GPU", "openvino:npu": "NPU"}

_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16"}


def available() -> list[str]:
    """List the `DEVICES` of this computer; none without the extra ``openvino``."""
    if importlib.util.find_spec("openvino") is None:
        return []
    found = {device.split(".")[0] for device in _core().available_devices}
    return [name for name, device in DEVICES.items() if device in found]


def describe(name: str) -> str:
    """Return the hardware name of a device of `DEVICES`."""
    return str(_core().get_property(DEVICES[name], "FULL_DEVICE_NAME"))


def is_discrete(name: str) -> bool:
    """Return whether a device of `DEVICES` is a graphics card with its own memory."""
    return "discrete" in str(_core().get_property(DEVICES[name], "DEVICE_TYPE")).lower()


def fast_dtype(name: str) -> torch.dtype:
    """Return the fastest precision of a device of `DEVICES` without visible loss."""
    able = _core().get_property(DEVICES[name], "OPTIMIZATION_CAPABILITIES")
    fast, needs = (torch.bfloat16, "BF16") if name == "openvino" else (torch.float16, "FP16")
    return fast if needs in able else torch.float32


@dataclass(frozen=True)
class OpenVinoBackend:
    """An OpenVINO device of `DEVICES` and the precision of the convolutions on it."""

    engine: str
    dtype: torch.dtype

    @property
    def name(self) -> str:
        """Name for display, for example ``"openvino (bfloat16)"``."""
        return f"{self.engine} ({str(self.dtype).removeprefix('torch.')})"

    @property
    def device(self) -> torch.device:
        """The device that holds the planes between steps."""
        return torch.device("cpu")

    def load(self, network: UNet) -> OpenVinoNetwork:
        """Load a network on the device."""
        return OpenVinoNetwork(network, self)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run a network, without gradients.

        Raises
        ------
        DeviceMemoryError
            If the device runs out of memory.
        """
        with within_memory(self.engine), torch.inference_mode():
            yield


class OpenVinoNetwork:
    """A network loaded in OpenVINO, compiled for one tile shape at a time."""

    def __init__(self, network: UNet, backend: OpenVinoBackend) -> None:
        self._network = network
        self.backend = backend
        self._request: Any = None
        self._shape: tuple[int, ...] = ()
        self._parts = torch.empty(0)

    def at(self, level: float) -> OpenVinoEstimate:
        """Return the estimator for one noise level, a standard deviation."""
        return OpenVinoEstimate(self, level, vectors=find_steering(self._network, level))

    def prepare(self, height: int, width: int) -> None:
        """Compile the network for tiles of this size, in px."""
        planes, _ = PLANES[self._network.architecture.domain]
        with self.backend.running():
            self._fit((1, planes * SPLITS[self.backend.dtype].planes, height, width))

    def split(self, x_t: Tensor) -> NDArray[Any]:
        """Split the planes of a tile into parts for the network, in memory that the next tile reuses.

        Parameters
        ----------
        x_t : Tensor of float32, shape (1, C, H, W)
            0 black, 1 white.

        Returns
        -------
        ndarray of float32, shape (1, parts * C, H, W)
        """
        count = SPLITS[self.backend.dtype].planes
        shape = (1, count * x_t.shape[1], *x_t.shape[2:])
        if self._parts.shape != shape:
            self._parts = torch.empty(shape)
        # In bands and in the same memory: allocating and freeing large blocks fragments memory.
        for rows in in_bands(*x_t.shape[2:]):
            self._parts[:, :, rows] = torch.cat(split(x_t[:, :, rows], self.backend.dtype, parts=count), dim=1)
        return self._parts.numpy()

    def run(self, inputs: list[NDArray[Any]]) -> Floats:
        """Predict the noise of a tile in standard deviations, shape (1, C, H, W); see `write_model` for the inputs."""
        self._fit(inputs[0].shape)
        noise: Floats = self._request.infer(inputs, share_inputs=True, share_outputs=True)[0]
        return noise

    def _fit(self, shape: tuple[int, ...]) -> None:
        if self._shape == shape:
            return
        # Free the memory of the previous shape first.
        self._request, self._shape = None, ()
        self._request, self._shape = self._compile(shape), shape

    def _compile(self, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 -- OpenVINO's
        model = write_model(_openvino(), self._network, shape, dtype=self.backend.dtype)
        device = DEVICES[self.backend.engine]
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if device != "NPU":  # The NPU has a single precision.
            options["INFERENCE_PRECISION_HINT"] = _HINTS[self.backend.dtype]
        if device == "CPU":
            # The thread count of PyTorch, so OMP_NUM_THREADS sets both; no pinning, because other programs run too.
            options |= {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "ENABLE_CPU_PINNING": False}
        return _core().compile_model(model, device, options).create_infer_request()


class OpenVinoEstimate:
    """An OpenVINO network for a single noise level."""

    def __init__(self, network: OpenVinoNetwork, level: float, *, vectors: list[Floats]) -> None:
        self._network = network
        self._level = level
        self._constant = [*find_gains(level), *vectors]

    def __call__(self, x_t: Tensor, colors: Tensor | None) -> Tensor:
        """Estimate the clean planes, shape (1, C, H, W), in float32."""
        with self._network.backend.running():
            seen = [self._network.split(x_t)]
            if colors is not None:
                seen.append(colors.to(torch.uint8).contiguous().numpy())
            noise = self._network.run([*seen, *self._constant])
            return torch.sub(x_t, torch.from_numpy(noise), alpha=self._level)


@cache
def _openvino() -> ModuleType:
    """Import OpenVINO without its telemetry, which would report each use over the internet."""
    reporter = "openvino_telemetry"
    before = sys.modules.get(reporter)
    # None makes Python refuse the import.
    sys.modules[reporter] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")
    finally:
        if before is None:
            del sys.modules[reporter]
        else:
            sys.modules[reporter] = before


@cache
def _core() -> Any:  # noqa: ANN401 -- OpenVINO's
    return _openvino().Core()
