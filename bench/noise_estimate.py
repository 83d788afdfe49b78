"""How well the noise of a photo is estimated from the photo alone: ``python -m bench.noise_estimate``.

The pictures of the Kodak set are photographed by the simulated camera over ISO 100 to 102400, correctly exposed, with
clipped highlights (+2 EV) and deep shadows (-3 EV). What counts is the standard deviation at mid-gray.

These pictures are scanned film in 8 bit: they carry grain and rounding of their own in every pixel, which no method can
tell from a sensor's noise. So there are two tables for the pictures as they are and two for the pictures enlarged
twice, which leaves no grain as fine as a pixel, as behind a lens. In the second table of each pair the truth includes
what the estimate finds in the noise-free mosaic: grain, rounding, and what texture it cannot tell from them.
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
from rwdenoise.simulation import camera
from rwdenoise.simulation.raw_photo import simulate_raw

ISO = [100 * 2**stop for stop in range(11)]
EXPOSURES = (0, 2, -3)
MID_GRAY = 0.18
SENSORS = {"bayer": RGGB, "x-trans": X_TRANS, "monochrome": MONOCHROME}


@dataclass(frozen=True)
class Case:
    """One photograph: ratios of standard deviations at mid-gray, estimate to truth."""

    exposure: int
    iso: int
    ratio: float
    ratio_with_grain: float


def deviation(noise: NoiseProfile) -> float:
    """Return the standard deviation at mid-gray."""
    return math.sqrt(float(noise.variance(np.float64(MID_GRAY))))


def read_scene(path: Path, *, enlarged: bool) -> NDArray[np.float32]:
    """Return a picture as linear light, shape (3, H, W), as it is or twice as large."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), np.float32).transpose(2, 0, 1) / 255
    if enlarged:
        size = (2 * pixels.shape[2], 2 * pixels.shape[1])
        planes = [Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC) for plane in pixels]
        pixels = np.stack([np.asarray(plane) for plane in planes]).clip(0, 1)
    return camera.linearize(torch.from_numpy(pixels)).numpy()


def measure(path: Path, *, sensor: str, enlarged: bool, iso: list[int], decades: float) -> list[Case]:
    """Photograph one picture in all ways."""
    torch.set_num_threads(1)
    scene, cfa = read_scene(path, enlarged=enlarged), SENSORS[sensor]
    rng = np.random.default_rng(int("".join(filter(str.isdigit, path.stem)) or 0))
    cases = []
    for exposure in EXPOSURES:
        _, clean = simulate_raw(scene, cfa=cfa, iso=100, rng=rng, exposure=2.0**exposure)
        grain = deviation(estimate_noise(clean.planes(), cfa)) ** 2
        for value in iso:
            # 0.842 is how fast the shot noise of `profile_at` grows with the ISO value.
            real = value * 10 ** (decades / 0.842)
            noisy, _ = simulate_raw(scene, cfa=cfa, iso=real, rng=rng, exposure=2.0**exposure)
            estimate = deviation(estimate_noise(noisy.planes(), cfa))
            truth = deviation(profile_at(real))
            cases.append(Case(exposure, value, estimate / truth, estimate / math.sqrt(truth**2 + grain)))
    return cases


def rows(cases: list[Case], *, with_grain: bool) -> Iterator[str]:
    """Lay out the share of photos within 10 %, and the median, 5 % and 95 % of the errors."""
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
    parser.add_argument("--enlarged", action="store_true", help="only the pictures enlarged twice")
    parser.add_argument("--iso", type=int, nargs="+", default=ISO)
    parser.add_argument("--decades", type=float, default=0.0, help="a noisier camera, or (negative) a quieter one")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    paths = sorted(options.photos.glob("*.png"))
    if not paths:
        parser.error(f"no PNG pictures in {options.photos}; set RWDENOISE_DATA")
    # One thread for each process, set before numpy is loaded there: threads that wait for one another cost more.
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    for enlarged in (True,) if options.enlarged else (False, True):
        work = partial(measure, sensor=options.sensor, enlarged=enlarged, iso=options.iso, decades=options.decades)
        with ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
            cases = [case for cases in pool.map(work, paths) for case in cases]
        print(f"\n{options.sensor}, {len(paths)} pictures, {'enlarged twice' if enlarged else 'as they are'}")
        print(*rows(cases, with_grain=False), sep="\n")
        print("\nthe same, what is found in the noise-free mosaic counted as noise")
        print(*rows(cases, with_grain=True), sep="\n")


if __name__ == "__main__":
    main()
