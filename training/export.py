"""Export the averaged weights to a self-describing file, with a measured halo and a manifest entry."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.errors import WeightsMismatchError
from rwdenoise.network.engines.pytorch import Backend
from rwdenoise.network.unet import UNet, load_network, save_network
from rwdenoise.network.weights import Facts
from rwdenoise.photo.cfa import RGGB, X_TRANS, Domain
from rwdenoise.photo.noise_profile import NoiseProfile

from .camera import LOG_SHOT
from .checkpoint import under
from .pictures import LOG_DEVIATION
from .recipe import Recipe
from .validate import usual_profile

#: Largest difference between a tiled result and the whole frame, as a share of the noise before denoising: a hundredth
#: is invisible.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Mixture:
    """Other weights to average with those of a run, to keep abilities that the run has lost."""

    weights: Path
    share: float = 0.5
    """Share of the other weights in the average, 0 to 1."""


def export(
    recipe: Recipe, checkpoint: Path, folder: Path, *, name: str, version: str, mixture: Mixture | None = None
) -> Facts:
    """Write ``folder/name.safetensors`` and enter it into ``folder/manifest.toml``.

    Raises
    ------
    WeightsMismatchError
        If the weights of the mixture have another architecture.
    """
    network = UNet(recipe.architecture)
    numbers = under("average.", load_file(checkpoint))
    trained = _describe(checkpoint, recipe)
    if mixture:
        numbers, other = _mix(numbers, mixture, recipe)
        trained += f"; {mixture.share:.0%} {other.name} {other.version}"
    # The file holds half precision: measure the halo at that precision.
    network.load_state_dict({key: value.half().float() for key, value in numbers.items()})
    network.eval().requires_grad_(requires_grad=False)
    facts = Facts(
        name=name,
        version=version,
        architecture=recipe.architecture,
        halo=measure_halo(network),
        sigma_range=sigma_range(recipe.architecture.domain),
        trained=trained,
        measured_by=recipe.measured_by,
    )
    path = folder / f"{name}.safetensors"
    save_network(network, facts, path)
    enter(folder / "manifest.toml", name=name, path=path)
    return facts


def _mix(numbers: dict[str, Tensor], mixture: Mixture, recipe: Recipe) -> tuple[dict[str, Tensor], Facts]:
    """Return the averaged tensors, and the facts of the other weights."""
    network, facts = load_network(mixture.weights)
    if facts.architecture != recipe.architecture:
        message = f"{mixture.weights.name} has a different architecture than the recipe."
        raise WeightsMismatchError(message, hint="Average weights of the same recipe.")
    mean = {key: torch.lerp(numbers[key], other, mixture.share) for key, other in network.state_dict().items()}
    return mean, facts


def measure_halo(network: UNet) -> int:
    """Return the smallest halo, in px, with which tiles match the whole frame to `TOLERANCE` at every pixel.

    Measured with small tiles on steep edges under weak and strong noise, mosaics both as Bayer and as X-Trans. It is at
    least one multiple of the network: what a network removes after a few batches is too even for the seams to show,
    but its convolutions still reach beyond the tile.
    """
    multiple = network.architecture.multiple
    edge = 32 * multiple
    rng = np.random.default_rng(1)
    edges = (np.add.outer(np.arange(edge) // 40, np.arange(edge) // 56) % 2).astype(np.float32)
    worst = multiple
    for denoise, noise in _hard_cases(network.architecture.domain, edges, rng):
        whole = denoise(_denoiser(network, halo=0, tile=edge))
        allowed = TOLERANCE * noise.variance(whole) ** 0.5
        halo = worst
        while (np.abs(denoise(_denoiser(network, halo=halo, tile=edge // 4)) - whole) > allowed).any():
            halo += multiple
        worst = halo
    return worst


Denoise = Callable[[Denoiser], NDArray[np.float32]]


def _hard_cases(
    domain: Domain, edges: NDArray[np.float32], rng: np.random.Generator
) -> list[tuple[Denoise, NoiseProfile]]:
    """Return functions that denoise noisy steep edges, each with its noise profile."""
    step = Settings(steps=1)

    def scene(colors: int, deviation: float) -> NDArray[np.float32]:
        return (0.05 + 0.8 * edges + rng.normal(0, deviation, (colors, *edges.shape))).astype(np.float32)

    def picture(deviation: float) -> tuple[Denoise, NoiseProfile]:
        planes = scene(3, deviation)
        return partial(_denoise_picture, planes, deviation), NoiseProfile(0.0, deviation**2)

    if domain == "rgb":
        return [picture(deviation) for deviation in (0.01, 0.05, 0.2)]
    mosaic = scene(1, 0.05)
    cases = product(map(usual_profile, (1e-5, 1e-4, 4e-3, 3e-2)), (RGGB, X_TRANS))
    return [
        (lambda denoiser, noise=noise, cfa=cfa: denoiser.denoise(mosaic, cfa=cfa, noise=noise, settings=step), noise)  # type: ignore[misc]
        for noise, cfa in cases
    ]


def _denoise_picture(planes: NDArray[np.float32], noise: float, denoiser: Denoiser) -> NDArray[np.float32]:
    return denoiser.denoise_picture(planes, settings=Settings(steps=1), noise=noise)


def _denoiser(network: UNet, *, halo: int, tile: int) -> Denoiser:
    facts = Facts("measured", "0", network.architecture, halo, (0.0, 1.0), "")
    return Denoiser(network, facts, Backend(torch.device("cpu"), torch.float32), tile=tile)


def sigma_range(domain: Domain) -> tuple[float, float]:
    """Return the lowest and the highest noise level in training: of its cameras, or of its Gaussian noise (`rgb`)."""
    if domain == "rgb":
        low, high = np.exp(LOG_DEVIATION)
    else:
        low, high = (usual_profile(float(np.exp(edge))).sigma for edge in LOG_SHOT)
    return round(float(low), 6), round(float(high), 6)


def enter(manifest: Path, *, name: str, path: Path) -> None:
    """Add the entry of these weights to the manifest, or replace it."""
    table = tomllib.loads(manifest.read_text(encoding="utf-8"))["weights"] if manifest.exists() else {}
    data = path.read_bytes()
    table[name] = {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    lines = ["# The weights of this release; written by 'python -m training export'."]
    for key, entry in sorted(table.items()):
        lines += ["", f"[weights.{key}]", f'file = "{entry["file"]}"', f'sha256 = "{entry["sha256"]}"']
        lines += [f"size = {entry['size']}"]
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _describe(checkpoint: Path, recipe: Recipe) -> str:
    with safetensors.safe_open(checkpoint, framework="pt") as file:
        progress = json.loads(file.metadata()["progress"])
    return f"{progress['step']} batches of {recipe.batch} x {recipe.patch} px, {progress['seconds'] / 60:.0f} minutes"
