"""``python -m bench.mosaic``: simulated RAW photos denoised by us and by BM3D, PSNR of the mosaic against the truth.

BM3D runs on each color plane after the same stabilizing transform and is told the true noise. Its licence is
non-commercial: it is measured here and used nowhere else.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.measures import block_means, psnr, texture_kept
from bench.pictures import kodak, read_linear
from rwdenoise.cfa import BAYER_PHASES, X_TRANS, Cfa
from rwdenoise.denoiser import Denoiser, load_denoiser
from rwdenoise.diffusion import Settings
from rwdenoise.noise import NoiseProfile, destabilize, stabilize
from rwdenoise.simulated import profile_at, simulate_raw

ISOS = (800, 6400, 51200)
Method = Callable[[NDArray[np.float32], Cfa, NoiseProfile], NDArray[np.float32]]


def nothing(planes: NDArray[np.float32], _cfa: Cfa, _noise: NoiseProfile) -> NDArray[np.float32]:
    """Return the noisy mosaic."""
    return planes


def ours(denoiser: Denoiser, settings: Settings) -> Method:
    """Return our denoiser as a method."""

    def run(planes: NDArray[np.float32], cfa: Cfa, noise: NoiseProfile) -> NDArray[np.float32]:
        return denoiser.denoise(planes, cfa=cfa, noise=noise, settings=settings)

    return run


def bm3d_per_plane(planes: NDArray[np.float32], cfa: Cfa, noise: NoiseProfile) -> NDArray[np.float32]:
    """Run BM3D on each plane of same-colored sites, stabilized."""
    stable = stabilize(planes[0], shot=noise.shot, read=noise.read)
    split = _bm3d_bayer if cfa.period == (2, 2) else _bm3d_interpolated
    cleaned = destabilize(split(stable, cfa, noise.sigma), shot=noise.shot, read=noise.read)
    return np.asarray(cleaned[np.newaxis], np.float32)


def _bm3d_bayer(stable: NDArray[np.float32], _cfa: Cfa, sigma: float) -> NDArray[np.float32]:
    import bm3d

    result = np.empty_like(stable)
    for sites in (np.s_[y::2, x::2] for y in (0, 1) for x in (0, 1)):
        result[sites] = bm3d.bm3d(stable[sites], sigma)
    return result


def _bm3d_interpolated(stable: NDArray[np.float32], cfa: Cfa, sigma: float) -> NDArray[np.float32]:
    # X-Trans has no regular planes: the missing sites of each color are filled from their neighbors first.
    import bm3d
    from scipy.ndimage import gaussian_filter

    result = np.empty_like(stable)
    for mask in cfa.planes(*stable.shape):
        filled = gaussian_filter(stable * mask, 1.0) / np.maximum(gaussian_filter(mask, 1.0), 1e-6)
        cleaned = bm3d.bm3d(np.where(mask > 0, stable, filled), sigma)
        result[mask > 0] = cleaned[mask > 0]
    return result


def measure(method: Method, path: Path, cfa: Cfa, iso: float) -> dict[str, float]:
    """Return PSNR, texture kept, seconds and the worst change of a block's mean, for one picture."""
    noisy, clean = simulate_raw(read_linear(path), cfa=cfa, iso=iso, rng=np.random.default_rng(int(iso)))
    truth = clean.planes()[0]
    started = time.perf_counter()
    result = method(noisy.planes(), cfa, profile_at(iso))[0]
    seconds = time.perf_counter() - started
    before, after = block_means(noisy.planes()[0]), block_means(result)
    change = np.abs(after - before) / np.maximum(before, 1e-3)
    return {
        "psnr": psnr(result, truth),
        "texture": texture_kept(result, truth, period=cfa.period),
        "block": float(np.quantile(change, 0.99)),
        "seconds": seconds,
    }


def main() -> None:
    """Print the table, and JSON where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5, help="Kodak pictures to use (default 5, at most 24)")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 4, 20])
    parser.add_argument("--weights", default="cfa-fast")
    parser.add_argument("--no-bm3d", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    denoiser = load_denoiser(arguments.weights)
    methods: dict[str, Method] = {"nothing": nothing}
    if not arguments.no_bm3d:
        methods["BM3D per plane"] = bm3d_per_plane
    methods |= {f"{denoiser.name}, {steps} steps": ours(denoiser, Settings(steps=steps)) for steps in arguments.steps}
    rows = []
    print(f"{'sensor':8} {'ISO':>6}  {'method':24} {'PSNR dB':>8} {'texture':>8} {'block':>7} {'s':>6}")
    for sensor, layouts in (("Bayer", BAYER_PHASES), ("X-Trans", (X_TRANS,))):
        for iso in ISOS:
            for name, method in methods.items():
                paths = kodak(arguments.pictures)
                figures = [measure(method, path, layouts[i % len(layouts)], iso) for i, path in enumerate(paths)]
                mean = {key: float(np.mean([figure[key] for figure in figures])) for key in figures[0]}
                rows.append({"sensor": sensor, "iso": iso, "method": name, **mean})
                print(
                    f"{sensor:8} {iso:6}  {name:24} {mean['psnr']:8.2f} {mean['texture']:8.3f}"
                    f" {100 * mean['block']:6.2f}% {mean['seconds']:6.2f}",
                    flush=True,
                )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
