"""Part (e): measure the gain from the real noisy photo as the end point, over a standard Gaussian diffusion.

The same small network, data and training time, once as ours and once as a conditional Gaussian DDPM; PSNR, texture and
seconds over the number of steps. The weights stay in the bench's folder and are not released.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bench.gaussian import GaussianTrainer, sample
from bench.measures import psnr, texture_kept
from bench.pictures import data_folder, kodak
from bench.quality.curve import EVERY
from bench.quality.pictures import Case
from bench.quality.rows import Row
from rwdenoise.denoising.diffusion import improved, schedule
from rwdenoise.network.engines.pytorch import fast_dtype
from rwdenoise.network.unet import UNet
from rwdenoise.photo.cfa import BAYER_PHASES
from rwdenoise.photo.noise_profile import destabilize, stabilize
from training.photos import find_photos
from training.recipe import read_recipe
from training.train import Trainer
from training.validate import SHOT, usual_profile

RECIPE = Path(__file__).parent / "diffusions.toml"
STEPS = (1, 5, 20, 50)
OURS, GAUSSIAN = "noisy photo as end point, improved", "conditional Gaussian DDPM, DDIM"
TRAINERS: dict[str, type[Trainer]] = {OURS: Trainer, GAUSSIAN: GaussianTrainer}

Walk = Callable[[UNet, Tensor, Tensor, float, int], Iterator[Tensor]]


def measure_diffusions(folder: Path, *, minutes: float) -> Iterator[Row]:
    """Train both diffusions, or resume their training, and measure them on a few Kodak pictures."""
    for name, kind in TRAINERS.items():
        trainer = kind(
            read_recipe(RECIPE),
            find_photos(data_folder() / "train"),
            folder / name.split()[0],
            minutes=minutes,
            device=torch.device("cpu"),
        )
        trainer.run()
        for shot in SHOT:
            for index, path in enumerate(kodak()[::EVERY]):
                case = Case(path, BAYER_PHASES[index % 4], usual_profile(shot))
                for steps in STEPS:
                    key = {"part": "diffusions", "method": name, "shot": str(shot), "steps": str(steps)}
                    yield {**key, "picture": path.stem, **_measure(trainer.average, WALKS[name], case, steps)}


def _ours(network: UNet, noisy: Tensor, colors: Tensor, sigma: float, steps: int) -> Iterator[Tensor]:
    def predict(x_t: Tensor, t: float) -> Tensor:
        return network(x_t, colors, torch.tensor([t * sigma]))  # type: ignore[no-any-return]

    return improved(predict, noisy, schedule(steps))


def _gaussian(network: UNet, noisy: Tensor, colors: Tensor, sigma: float, steps: int) -> Iterator[Tensor]:
    return sample(network, noisy, colors, sigma, steps=steps, seed=steps)


WALKS: dict[str, Walk] = {OURS: _ours, GAUSSIAN: _gaussian}


def _measure(network: UNet, walk: Walk, case: Case, steps: int) -> Row:
    profile = {"shot": case.noise.shot, "read": case.noise.read}
    # The largest part whose size is a multiple of the network's downsampling.
    rows, columns = (
        slice(length // network.architecture.multiple * network.architecture.multiple) for length in case.noisy.shape
    )
    noisy = torch.from_numpy(stabilize(case.noisy[rows, columns], **profile))[None, None]
    colors = torch.from_numpy(case.cfa.planes(*noisy.shape[2:]))[None]
    started = time.perf_counter()
    dtype = fast_dtype(torch.device("cpu"))
    with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype is not torch.float32):
        *_, result = walk(network, noisy, colors, case.noise.sigma, steps)
    seconds = time.perf_counter() - started
    mosaic = np.asarray(destabilize(result[0, 0].float().numpy(), **profile), np.float32)
    truth = case.truth[rows, columns]
    return {
        "mosaic_psnr": psnr(mosaic, truth),
        "mosaic_texture": texture_kept(mosaic, truth, period=case.cfa.period),
        "seconds": seconds,
    }
