"""Predict the processing time of a photo on each device of this computer.

The speed of a device is measured briefly and cached for a day, because the measurement takes longer than all other
inspection of a photo.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from rwdenoise.choices import QUALITIES, QUALITY
from rwdenoise.errors import DeviceError, PhotoWriteError
from rwdenoise.io.atomic import write_atomically
from rwdenoise.network.weights import weights_digest

if TYPE_CHECKING:
    from torch import Tensor

    from rwdenoise.network.engines.base import Engine

#: Seconds for which measured rates are cached.
KEPT = 24 * 60 * 60
#: Seconds per megapixel for starting, reading, measuring and writing. *Measured* for 24 megapixels on two cores.
BESIDE_NETWORK = 0.23

# Packages whose version affects the speed.
_PACKAGES = ("rwdenoise", "torch", "openvino")
# Edge of the test planes in px: large enough to occupy a CPU, small enough to be quick.
_EDGE = 384
# Minimum duration of the timed runs; a first run before them is for preparation.
_SECONDS = 0.3
_LEVEL = 0.02


def expected_seconds(pixels: int, *, steps: int, weights: str) -> dict[str, float]:
    """Predict the seconds that a photo takes on each device, the choice of ``auto`` first.

    Parameters
    ----------
    pixels : int
        Size of the photo.
    steps : int
        Sampling steps, counted as one network pass each; step skipping may reduce the actual time.
    weights : str
        A name listed by ``rwdenoise weights list``, or the path of a ``.safetensors`` file.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    """
    rates = device_rates(weights)
    return {device: round(pixels / 1e6 * (steps / rate + BESIDE_NETWORK), 1) for device, rate in rates.items()}


def device_rates(weights: str, *, kept_in: Path | None = None) -> dict[str, float]:
    """Return the megapixels per second of one network pass on each device, measured within the last day.

    Parameters
    ----------
    weights : str
    kept_in : Path, optional
        Cache file of the rates; by default one in the state folder of the user.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    """
    file = kept_in or platformdirs.user_state_path("rwdenoise") / "rates.json"
    digest, versions = weights_digest(weights), list(_versions())
    kept = _read(file)
    with suppress(LookupError, TypeError, ValueError, AttributeError):
        known = kept[digest]
        if known["versions"] == versions and 0 <= time.time() - known["measured"] < KEPT:
            return {str(device): float(rate) for device, rate in known["rates"].items()}
    rates = dict(_measure(weights))
    _keep(file, {**kept, digest: {"versions": versions, "measured": time.time(), "rates": rates}})
    return rates


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            yield f"{package} {metadata.version(package)}"


def _measure(weights: str) -> Iterator[tuple[str, float]]:
    from rwdenoise.network.engines.devices import available_devices, choose_backend

    for device in available_devices():
        # Compilation takes a minute, too long for an inspection.
        if not device.endswith(":compiled"):
            with suppress(DeviceError):
                yield device, measure_rate(choose_backend(device), weights=weights)


def _read(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        return kept if isinstance(kept, dict) else {}
    return {}


def _keep(file: Path, kept: dict[str, Any]) -> None:
    # Without a cache, the rates are measured again.
    with suppress(OSError, PhotoWriteError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(kept).encode(), overwrite=True)


def measure_rate(engine: Engine, *, weights: str = QUALITIES[QUALITY]["cfa"]) -> float:
    """Measure the megapixels per second of one network pass on a device.

    Raises
    ------
    WeightsError, DeviceError
        If the network cannot run on the device.
    """
    import torch

    from rwdenoise.network.unet import load_network
    from rwdenoise.network.weights import PLANES, find_weights

    network, facts = load_network(find_weights(weights))
    denoised, informing = PLANES[facts.architecture.domain]
    estimate = engine.load(network).at(_LEVEL)
    x_t = torch.rand(1, denoised, _EDGE, _EDGE, device=engine.device)
    colors = torch.ones(1, informing, _EDGE, _EDGE, device=engine.device) if informing else None
    _synchronize(estimate(x_t, colors))
    runs, begun = 0, time.perf_counter()
    while (seconds := time.perf_counter() - begun) < _SECONDS or not runs:
        _synchronize(estimate(x_t, colors))
        runs += 1
    return runs * _EDGE**2 / seconds / 1e6


def _synchronize(result: Tensor) -> None:
    """Wait for a result: GPUs compute asynchronously."""
    result[0, 0, 0, 0].item()
