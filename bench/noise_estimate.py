"""Measure how accurately noise is estimated from a single photo: ``python -m bench.noise_estimate``.

The simulated camera photographs the Kodak pictures at ISO 100 to 102400: correctly exposed, with clipped highlights
(+2 EV), and with deep shadows (-3 EV). The score is the standard deviation of the noise at mid-gray.

The pictures are 8-bit film scans. Every pixel has film grain and rounding errors, which no method can distinguish from
sensor noise. The bench therefore prints two tables for the original pictures, and two for the pictures enlarged to
twice their size, where no grain is as fine as a pixel, as behind a lens. In the second table of each pair, the truth
includes the noise estimated from the noise-free mosaic: grain, rounding, and texture that the estimate takes for noise.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from rwdenoise.noise.estimate import estimate_noise
from rwdenoise.photo.cfa import MONOCHROME, RGGB, X_TRANS
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.simulation.raw_photo import simulate_raw
from training.tones import linearize

ISO = [100 * 2**stop for stop in range(11)]
EXPOSURES = (0, 2, -3)
MID_GRAY = 0.18
SENSORS = {"bayer": RGGB, "x-trans": X_TRANS, "monochrome": MONOCHROME}


@dataclass(frozen=True)
class Case:
    """Result for one photograph: ratio of the estimated to the true standard deviation at mid-gray."""

    exposure: int
    iso: int
    ratio: float
    ratio_with_grain: float


def deviation(noise: NoiseProfile) -> float:
    """Return the standard deviation of the noise at mid-gray."""
    return math.sqrt(float(noise.variance(np.float64(MID_GRAY))))


def read_scene(path: Path, *, enlarged: bool) -> NDArray[np.float32]:
    """Return a picture as linear light, float32, shape (3, H, W), 0 to 1, in original or twice the size."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), np.float32).transpose(2, 0, 1) / 255
    if enlarged:
        size = (2 * pixels.shape[2], 2 * pixels.shape[1])
        planes = [Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC) for plane in pixels]
        pixels = np.stack([np.asarray(plane) for plane in planes]).clip(0, 1)
    return linearize(torch.from_numpy(pixels)).numpy()


def measure(path: Path, *, sensor: str, enlarged: bool, iso: list[int], decades: float) -> list[Case]:
    """Photograph one picture at all exposures and ISO values, and estimate the noise of each photograph."""
    torch.set_num_threads(1)
    scene, cfa = read_scene(path, enlarged=enlarged), SENSORS[sensor]
    rng = np.random.default_rng(int("".join(filter(str.isdigit, path.stem)) or 0))
    cases = []
    for exposure in EXPOSURES:
        _, clean = simulate_raw(scene, cfa=cfa, iso=100, rng=rng, exposure=2.0**exposure)
        grain = deviation(estimate_noise(clean.planes(), cfa)) ** 2
        for value in iso:
            # 0.842 is the exponent with which the shot noise of `profile_at` grows with ISO.
            real = value * 10 ** (decades / 0.842)
            noisy, _ = simulate_raw(scene, cfa=cfa, iso=real, rng=rng, exposure=2.0**exposure)
            estimate = deviation(estimate_noise(noisy.planes(), cfa))
            truth = deviation(profile_at(real))
            cases.append(Case(exposure, value, estimate / truth, estimate / math.sqrt(truth**2 + grain)))
    return cases


def rows(cases: list[Case], *, with_grain: bool) -> Iterator[str]:
    """Yield table lines: share of photos within 10 %, and median, 5 % and 95 % quantiles of the errors."""
    yield f"{'ISO':>7} " + "".join(f"| {exposure:+d} EV: within 10 %, median (5 % .. 95 %)  " for exposure in EXPOSURES)
    for iso in sorted({case.iso for case in cases}):
        cells = []
        for exposure in EXPOSURES:
            chosen = [case for case in cases if case.iso == iso and case.exposure == exposure]
            errors = np.array([case.ratio_with_grain if with_grain else case.ratio for case in chosen]) * 100 - 100
            low, middle, high = np.quantile(errors, [0.05, 0.5, 0.95])
            hits = 100 * np.mean(np.abs(errors) <= 10)
            cells.append(f"| {hits:5.0f} %   {middle:+7.1f} % ({low:+6.1f} .. {high:+6.1f})     ")
        yield f"{iso:7d} " + "".join(cells)


def main() -> None:
    """Print the tables."""
    default = Path(os.environ.get("RWDENOISE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=default / "eval" / "kodak24")
    parser.add_argument("--sensor", choices=SENSORS, default="bayer")
    parser.add_argument("--enlarged", action="store_true", help="only the pictures enlarged to twice their size")
    parser.add_argument("--iso", type=int, nargs="+", default=ISO)
    parser.add_argument("--decades", type=float, default=0.0, help="more shot noise, in powers of ten; negative: less")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    paths = sorted(options.photos.glob("*.png"))
    if not paths:
        parser.error(f"no PNG pictures in {options.photos}; set RWDENOISE_DATA")
    # One thread per process, set before the process loads numpy: threads that wait for each other cost more.
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    for enlarged in (True,) if options.enlarged else (False, True):
        work = partial(measure, sensor=options.sensor, enlarged=enlarged, iso=options.iso, decades=options.decades)
        with ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
            cases = [case for cases in pool.map(work, paths) for case in cases]
        print(f"\n{options.sensor}, {len(paths)} pictures, {'twice their size' if enlarged else 'original size'}")
        print(*rows(cases, with_grain=False), sep="\n")
        print("\nThe same, with the noise estimated from the noise-free mosaic counted as true noise:")
        print(*rows(cases, with_grain=True), sep="\n")


if __name__ == "__main__":
    main()
