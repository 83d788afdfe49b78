"""Estimate the hours, machines, disk space and network bandwidth for a million photos, from rates measured here.

``python -m bench.capacity measure`` times one photo of 24 megapixels and writes ``bench/out/capacity.json``;
``python -m bench.capacity`` prints the tables of ``docs/many-machines.md`` from it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import load_denoiser
from rwdenoise.io.write import write_photo
from rwdenoise.jobs import stages
from rwdenoise.jobs.photo import ignore
from rwdenoise.jobs.stages import Job
from rwdenoise.jobs.treatment import Treatment
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene

RATES = Path("bench/out/capacity.json")
PHOTOS = 1_000_000
HEIGHT, WIDTH = 4000, 6000
#: Multiply-accumulates per sensor pixel and step, by weights (from their cards).
ARITHMETIC = {"cfa-best": 41e3, "cfa-fast": 10e3}
#: Peak rate of dense bfloat16 operations per second, from NVIDIA's data sheets (without sparsity).
GPUS = {"NVIDIA L4": 121e12, "NVIDIA RTX 4090": 165e12, "NVIDIA A100": 312e12, "NVIDIA H100 SXM": 989e12}
#: Assumed share of the peak; networks of 3 x 3 convolutions rarely reach half of it.
SHARE_OF_PEAK = 0.25
#: Bandwidth of links and disks, in bytes per second.
LINKS = {"1 Gbit/s network": 0.117e9, "10 Gbit/s network": 1.17e9, "one SATA SSD": 0.5e9, "25 Gbit/s network": 2.9e9}

Result = TypeVar("Result")


@dataclass(frozen=True)
class Rates:
    """Measured times and sizes for one photo on one machine."""

    cores: int
    device: str
    """Device that denoised."""
    read: float
    """Seconds on one core."""
    write: float
    """Seconds on one core."""
    denoise: dict[str, float]
    """Seconds on all cores, by weights."""
    bytes_in: int
    bytes_out: int


def measure() -> Rates:
    """Time each stage of one photo separately."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "photo.dng", Path(folder) / "denoised.dng"
        rgb = draw_scene(HEIGHT, WIDTH, rng=np.random.default_rng(1))
        photo, _ = simulate_raw(rgb, cfa=RGGB, iso=6400, rng=np.random.default_rng(1))
        write_photo(photo, source, provenance=None)
        seconds = {}
        for weights in ARITHMETIC:
            denoiser = load_denoiser(weights)
            job = Job(source, target, Treatment(overwrite=True))
            loaded, read = _timed(partial(stages.load, job))
            measured, measuring = _timed(partial(stages.measure, loaded))
            denoised, denoising = _timed(partial(stages.denoise, loaded, measured, denoiser, ignore))
            seconds[weights] = round(measuring + denoising, 2)
            _, write = _timed(partial(stages.write, denoised, lambda _: None))
        sizes = source.stat().st_size, target.stat().st_size
        return Rates(os.cpu_count() or 1, denoiser.device, read, write, seconds, *sizes)


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    begun = time.perf_counter()
    result = work()
    return result, round(time.perf_counter() - begun, 2)


def tables(rates: Rates) -> Iterator[str]:
    """Yield the lines of the tables."""
    around = rates.read + rates.write
    yield "| | seconds a photo | hours for a million, one machine | machines for a night of 10 hours |"
    yield "|---|---|---|---|"
    for weights, seconds in rates.denoise.items():
        # On a CPU, reading and writing take cores away from the network.
        yield _machine(f"{rates.cores} cores, {rates.device}, {weights}, measured", seconds + around / rates.cores)
    for name, peak in GPUS.items():
        for weights, macs in ARITHMETIC.items():
            yield _machine(f"{name}, {weights}, computed", _gpu_seconds(macs, peak))
    yield ""
    yield "| GPU | photos a second | cores that decode and encode for it (cfa-best) | MB/s in and out |"
    yield "|---|---|---|---|"
    for name, peak in GPUS.items():
        rate = 1 / _gpu_seconds(ARITHMETIC["cfa-best"], peak)
        yield f"| {name} | {rate:.1f} | {rate * around:.0f} | {rate * _traffic(rates) / 1e6:.0f} |"
    yield ""
    yield "| shared by all machines | hours for a million | photos a second at most | GPUs (A100, cfa-best) it feeds |"
    yield "|---|---|---|---|"
    a100 = 1 / _gpu_seconds(ARITHMETIC["cfa-best"], GPUS["NVIDIA A100"])
    for name, bandwidth in LINKS.items():
        rate = bandwidth / _traffic(rates)
        yield f"| {name} | {PHOTOS / rate / 3600:.0f} | {rate:.1f} | {rate / a100:.1f} |"
    yield ""
    photos, results = (PHOTOS * size / 1e12 for size in (rates.bytes_in, rates.bytes_out))
    yield f"Disk: {photos:.0f} TB of photos and {results:.0f} TB of results."


def _gpu_seconds(macs: float, peak: float) -> float:
    return 2 * macs * HEIGHT * WIDTH * Settings().steps / (SHARE_OF_PEAK * peak)


def _machine(name: str, seconds: float) -> str:
    hours = PHOTOS * seconds / 3600
    return f"| {name} | {seconds:.3g} | {hours:,.0f} | {hours / 10:,.1f} |"


def _traffic(rates: Rates) -> int:
    return rates.bytes_in + rates.bytes_out


def main() -> None:
    """Measure, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("measure", "tables"), default="tables")
    if parser.parse_args().what == "measure":
        RATES.parent.mkdir(parents=True, exist_ok=True)
        RATES.write_text(json.dumps(asdict(measure()), indent=1) + "\n", encoding="utf-8")
    print("\n".join(tables(Rates(**json.loads(RATES.read_text(encoding="utf-8"))))))


if __name__ == "__main__":
    main()
