"""Measure the limits of the machine: matrix products, to which convolutions reduce, and memory copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch.nn import functional

from bench.quality.rows import Row
from bench.speed.sizes import Sizes
from bench.speed.timing import seconds_of
from rwdenoise.network.engines.devices import available_devices, describe
from rwdenoise.network.engines.pytorch import fast_dtype

#: Factor on the edge length of matrices for a GPU: smaller ones do not keep it busy.
GPU_FACTOR = 4
PRODUCT, COPY = "matrix product", "memory copy"


def torch_devices() -> list[str]:
    """Return the devices of this machine on which PyTorch can compute."""
    return [device for device in available_devices() if device in ("cuda", "mps", "cpu")]


def measure_ceilings(devices: Iterable[str], sizes: Sizes) -> list[Row]:
    """Measure each PyTorch device: GFLOP/s of matrix products by precision, GB/s of copies (read plus written)."""
    rows: list[Row] = []
    for device in devices:
        name = {"device": device, "machine": describe(device)}
        for dtype in dict.fromkeys((torch.float32, torch.bfloat16, fast_dtype(torch.device(device)))):
            what = {"what": PRODUCT, "precision": str(dtype).removeprefix("torch.")}
            rows.append({**name, **what, "rate": _product_rate(device, dtype, sizes) / 1e9, "unit": "GFLOP/s"})
        rows.append({**name, "what": COPY, "precision": "", "rate": _copy_rate(device, sizes) / 1e9, "unit": "GB/s"})
    return rows


def find_ceiling(rows: Iterable[Row], device: str, dtype: torch.dtype) -> float | None:
    """Return the measured GFLOP/s of matrix products, or None if not measured."""
    wanted = {"device": device, "what": PRODUCT, "precision": str(dtype).removeprefix("torch.")}
    return next((row["rate"] for row in rows if wanted.items() <= row.items()), None)


def synchronize(device: str) -> None:
    """Wait until a device has finished all its work."""
    if device in ("cuda", "mps"):
        getattr(torch, device).synchronize()


def _product_rate(device: str, dtype: torch.dtype, sizes: Sizes) -> float:
    edges = sizes.edges if device == "cpu" else tuple(GPU_FACTOR * edge for edge in sizes.edges)
    return max(_one_product_rate(device, dtype, edge, sizes.rounds) for edge in edges)


def _one_product_rate(device: str, dtype: torch.dtype, edge: int, rounds: int) -> float:
    left, right = (torch.rand(edge, edge, device=device).to(dtype) for _ in range(2))
    # The same product as a 1 x 1 convolution: on AMD CPUs, MKL, which computes float32 products, is half as fast.
    planes, filters = (
        x.contiguous(memory_format=torch.channels_last)
        for x in (left.reshape(1, edge, 64, -1), right[:, :, None, None])
    )
    with torch.inference_mode():
        ways = (lambda: torch.mm(left, right), lambda: functional.conv2d(planes, filters))
        fastest = min(_fastest(device, way, rounds) for way in ways)
    return float(2 * edge**3 / fastest)


def _copy_rate(device: str, sizes: Sizes) -> float:
    source = torch.ones(sizes.copied, dtype=torch.uint8, device=device)
    target = torch.zeros_like(source)
    return 2 * sizes.copied / _fastest(device, lambda: target.copy_(source), sizes.rounds)


def _fastest(device: str, work: Callable[[], object], rounds: int) -> float:
    """Return the shortest time, in seconds: a ceiling is the best possible rate, not the typical one."""

    def done() -> None:
        work()
        synchronize(device)

    done()
    return min(seconds_of(done) for _ in range(rounds))
