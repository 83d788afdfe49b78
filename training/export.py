"""Export: averaged weights to a file that describes itself, its halo measured, its line in the manifest."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file

from rwdenoise.backend import Backend
from rwdenoise.cfa import RGGB, X_TRANS
from rwdenoise.denoiser import Denoiser
from rwdenoise.diffusion import Settings
from rwdenoise.network import UNet
from rwdenoise.noise import NoiseProfile
from rwdenoise.weights import Facts, save_network
from training.camera import LOG_SHOT
from training.checkpoint import under
from training.recipe import Recipe
from training.validate import usual_profile

#: Tiles must equal the whole frame to this, in float32, where 1 is white.
TOLERANCE = 1e-5


def export(recipe: Recipe, checkpoint: Path, folder: Path, *, name: str, version: str) -> Facts:
    """Write ``folder/name.safetensors`` and enter it into ``folder/manifest.toml``."""
    network = UNet(recipe.architecture)
    # What is shipped is half precision: measure that.
    averaged = under("average.", load_file(checkpoint))
    network.load_state_dict({key: value.half().float() for key, value in averaged.items()})
    network.eval().requires_grad_(requires_grad=False)
    facts = Facts(
        name=name,
        version=version,
        architecture=recipe.architecture,
        halo=measure_halo(network),
        sigma_range=sigma_range(),
        trained=_describe(checkpoint, recipe),
    )
    path = folder / f"{name}.safetensors"
    save_network(network, facts, path)
    enter(folder / "manifest.toml", name=name, path=path)
    return facts


def measure_halo(network: UNet) -> int:
    """Return the smallest halo in px with which tiles equal the whole frame to `TOLERANCE`.

    Tried on noise over steep edges, in Bayer and X-Trans, at weak and at strong noise, with small tiles.
    """
    multiple = network.architecture.multiple
    edge = 32 * multiple
    rng = np.random.default_rng(1)
    edges = (np.add.outer(np.arange(edge) // 40, np.arange(edge) // 56) % 2).astype(np.float32)
    planes = (0.05 + 0.8 * edges + rng.normal(0, 0.05, edges.shape))[np.newaxis].astype(np.float32)
    worst = 0
    for profile in (usual_profile(1e-4), usual_profile(4e-3), usual_profile(3e-2)):
        for cfa in (RGGB, X_TRANS):
            whole = _denoise(network, planes, cfa, profile, halo=0, tile=edge)
            halo = worst
            while np.abs(_denoise(network, planes, cfa, profile, halo=halo, tile=edge // 4) - whole).max() > TOLERANCE:
                halo += multiple
            worst = halo
    return worst


def _denoise(network: UNet, planes, cfa, profile: NoiseProfile, *, halo: int, tile: int):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    facts = Facts("measured", "0", network.architecture, halo, (0.0, 1.0), "")
    denoiser = Denoiser(network, facts, Backend(torch.device("cpu"), torch.float32), tile=tile)
    return denoiser.denoise(planes, cfa=cfa, noise=profile, settings=Settings(steps=1))


def sigma_range() -> tuple[float, float]:
    """Return the noise levels between which the training drew its cameras."""
    low, high = (usual_profile(float(np.exp(edge))).sigma for edge in LOG_SHOT)
    return round(low, 6), round(high, 6)


def enter(manifest: Path, *, name: str, path: Path) -> None:
    """Write the weights' line in the manifest, new or instead of its old one."""
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
