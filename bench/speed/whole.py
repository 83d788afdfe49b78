"""Measure our whole command: its time against that of the network alone, its start, and its peak memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.quality.rows import Row
from bench.speed.commands import (
    PROGRAM,
    denoise_command,
    peak_memory,
    run_command,
    seconds_to_first_tile,
    usual_steps,
)
from bench.speed.engines import NetworkAlone
from bench.speed.photos import Photos
from bench.speed.sizes import Sizes, shape_of
from bench.speed.timing import in_turn, seconds_of
from rwdenoise.choices import Settings
from rwdenoise.network.engines.devices import choose_backend


def measure_job(photos: Photos, weights: Sequence[str], sizes: Sizes) -> list[Row]:
    """Time whole commands, RAW file to DNG, in turn with the same number of network passes over the same frame."""
    source = photos.noisy(sizes.photo)
    backend = choose_backend()
    works: dict[tuple[str, str], Callable[[], float]] = {}
    for name in weights:
        works["command", name] = partial(_seconds_of_command, source, name)
        alone = NetworkAlone(name, backend, shape_of(sizes.photo))
        works["network", name] = partial(seconds_of, partial(alone.run, usual_steps(name)))
    seconds = in_turn(works, rounds=sizes.rounds)
    return [
        {
            "weights": name,
            "backend": backend.name,
            "megapixels": float(sizes.photo),
            "steps": str(usual_steps(name)),
            "command": seconds["command", name],
            "network": seconds["network", name],
            "ratio": seconds["command", name] / seconds["network", name],
        }
        for name in weights
    ]


def measure_startup(photos: Photos, weights: Sequence[str], sizes: Sizes) -> list[Row]:
    """Time ``--help``, and a denoising up to its first tile for each of the weights."""
    source = photos.noisy(sizes.photo)
    works: dict[str, Callable[[], float]] = {"--help": partial(seconds_of, partial(run_command, [*PROGRAM, "--help"]))}
    for name in weights:
        works[f"first tile, {name}"] = partial(_in_new_folder, seconds_to_first_tile, source, name)
    seconds = in_turn(works, rounds=sizes.rounds)
    return [{"what": what, "seconds": taken} for what, taken in seconds.items()]


def measure_memory(photos: Photos, weights: Sequence[str], sizes: Sizes) -> list[Row]:
    """Run whole commands and return the peak memory of each."""
    return [
        {
            "weights": name,
            "megapixels": float(megapixels),
            "steps": str(Settings.steps),
            "gigabytes": _in_new_folder(peak_memory, photos.noisy(megapixels), name, Settings.steps) / 1e9,
        }
        for name in weights
        for megapixels in sizes.memory
    ]


def _seconds_of_command(source: Path, weights: str) -> float:
    return _in_new_folder(lambda command: seconds_of(partial(run_command, command)), source, weights)


def _in_new_folder(
    measure: Callable[[list[str]], float], source: Path, weights: str, steps: int | None = None
) -> float:
    """Measure the command that denoises a photo to a temporary folder."""
    with TemporaryDirectory() as folder:
        options = ("--weights", weights, "--steps", str(steps or usual_steps(weights)))
        return measure(denoise_command(source, Path(folder) / "denoised.dng", *options))
