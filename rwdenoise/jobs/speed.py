"""How long a photo will take on each device here.

What a device does in a second is measured in a moment, and kept for a day: measuring takes longer than all else that
there is to know of a photo.
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

#: Seconds for which measured rates are kept.
KEPT = 24 * 60 * 60
#: Seconds that starting, reading, examining and writing take for each megapixel. *Measured* for 24 on two cores.
BESIDE_NETWORK = 0.23

# Other versions of these compute at another pace.
_PACKAGES = ("rwdenoise", "torch", "openvino")
# Px: large enough that a CPU is busy, small enough that it takes a moment.
_EDGE = 384
# Of seconds are as many runs as fit, and two at least: the first prepares what later ones find ready.
_SECONDS = 0.3
_LEVEL = 0.02


def expected_seconds(pixels: int, *, steps: int, weights: str) -> dict[str, float]:
    """Return how many seconds a photo will take on each device here, the device that ``auto`` takes first.

    Parameters
    ----------
    pixels : int
        Of the photo.
    steps : int
        Each is one pass of the network; from the third on some are left out, so that it will take less.
    weights : str
        A name that ``rwdenoise weights list`` shows, or the path of a ``.safetensors`` file.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    """
    rates = device_rates(weights)
    return {device: round(pixels / 1e6 * (steps / rate + BESIDE_NETWORK), 1) for device, rate in rates.items()}


def device_rates(weights: str, *, kept_in: Path | None = None) -> dict[str, float]:
    """Return the megapixels a second that go through a network once on each device, measured within the last day.

    Parameters
    ----------
    weights : str
    kept_in : Path, optional
        The file in which rates are kept, by default one in the user's folder for such things.

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
        # A minute of compilation is too long for a look.
        if not device.endswith(":compiled"):
            with suppress(DeviceError):
                yield device, measure_rate(choose_backend(device), weights=weights)


def _read(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        return kept if isinstance(kept, dict) else {}
    return {}


def _keep(file: Path, kept: dict[str, Any]) -> None:
    # What cannot be kept is measured again.
    with suppress(OSError, PhotoWriteError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(kept).encode(), overwrite=True)


def measure_rate(engine: Engine, *, weights: str = QUALITIES[QUALITY]["cfa"]) -> float:
    """Return the megapixels that go through a network in a second, once, on a device.

    Raises
    ------
    WeightsError, DeviceError
        If the network cannot run there.
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
    """Wait for a result: GPUs work on after they were asked."""
    result[0, 0, 0, 0].item()
