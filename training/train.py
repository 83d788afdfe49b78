"""The training loop: draw photos, photograph them with simulated cameras, learn to undo the noise."""

from __future__ import annotations

import copy
import json
import math
import time
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rwdenoise.backend import fast_dtype
from rwdenoise.diffusion import forward
from rwdenoise.network import Domain, UNet
from rwdenoise.weights import load_network
from training.camera import CameraBag, Pairs
from training.checkpoint import Progress, load_checkpoint, save_checkpoint
from training.muon import choose_optimizer
from training.photos import decode, draw_patches, is_held_out
from training.pictures import PictureBag, PicturePairs
from training.recipe import Recipe
from training.validate import PictureValidation, Validation

AnyPairs = Pairs | PicturePairs

CHECKPOINT_EVERY = 180.0  # seconds
REPORT_EVERY = 200  # steps
VALIDATE_EVERY = 4000  # steps
#: Px over which the means are taken that keep the brightness.
MEANS_OVER = 16


class Trainer:
    """One training run, resumable at any time from ``folder/checkpoint.safetensors``.

    Parameters
    ----------
    recipe : Recipe
    photos : list of Path
        Clean photos; a fixed tenth of them validates.
    folder : Path
        Where checkpoints and ``log.jsonl`` go.
    minutes : float
        Training time in all, over every resumption; the learning rate is planned for it.
    device : torch.device
    compiled : bool
        Whether PyTorch compiles the network first: half as fast again, but it needs a C++ compiler.
    """

    def __init__(
        self, recipe: Recipe, photos: list[Path], folder: Path, *, minutes: float, device: torch.device,
        compiled: bool = False,
    ) -> None:  # fmt: skip
        self.recipe, self.folder, self.minutes, self.device = recipe, folder, minutes, device
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.network = self.build().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self.optimizer = choose_optimizer(self.network, recipe)
        self.call = torch.compile(self.network) if compiled else self.network
        self.progress = Progress()
        if self.checkpoint.exists():
            self.progress = load_checkpoint(self.checkpoint, self.network, self.average, self.optimizer)
        self.photos = decode([path for path in photos if not is_held_out(path)])
        # A resumed run must not see the same draws again.
        seed = recipe.seed + self.progress.step
        self.rng = np.random.default_rng(seed)
        self.prepare(decode([path for path in photos if is_held_out(path)]), seed)

    def prepare(self, held_out: list[Tensor], seed: int) -> None:
        """Set up the cameras, whose random numbers start from `seed`, and the validation."""
        recipe = self.recipe
        self.validation = Validation(held_out, device=self.device)
        self.camera = CameraBag(
            size=recipe.patch,
            jitter=recipe.profile_jitter,
            device=self.device,
            seed=seed,
            star_share=recipe.star_share,
            usual_share=recipe.usual_share,
        )

    def build(self) -> UNet:
        """Return a network with random numbers."""
        return UNet(self.recipe.architecture)

    def validate(self) -> dict[str, float]:
        """Return scores of the averaged network on the held-out photos."""
        return self.validation.measure(self.average)

    @property
    def checkpoint(self) -> Path:
        """The file to resume from."""
        return self.folder / "checkpoint.safetensors"

    def start_from(self, weights: Path) -> None:
        """Begin with the numbers of a weights file, as far as they fit: the ends of other domains differ."""
        own = self.network.state_dict()
        found = load_network(weights)[0].state_dict()
        fitting = {name: tensor for name, tensor in found.items() if name in own and tensor.shape == own[name].shape}
        self.network.load_state_dict(own | fitting)
        self.average.load_state_dict(own | fitting)

    def run(self) -> None:
        """Train until the time is over; write a checkpoint every few minutes and at the end."""
        self._compile()
        started = last_saved = time.monotonic()
        before = self.progress.seconds
        simulating, losses = 0.0, []
        while self.progress.seconds < self.minutes * 60:
            tick = time.monotonic()
            pairs = self.draw()
            simulating += time.monotonic() - tick
            losses.append(self._step(pairs))
            self.progress.step += 1
            self.progress.seconds = before + time.monotonic() - started
            if self.progress.step % REPORT_EVERY == 0:
                share = simulating / (time.monotonic() - started)
                self._report(loss=fmean(losses), simulating=share)
                losses.clear()
            if time.monotonic() - last_saved > CHECKPOINT_EVERY:
                self._save()
                last_saved = time.monotonic()
        self._save()
        self._log(self.validate())

    def _compile(self) -> None:
        # The first calls compile, which shall not count as training time.
        pairs = self.draw()
        self.lesson(pairs).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            self.lesson(pairs)

    def draw(self) -> AnyPairs:
        """Return the pairs of one batch."""
        return self.camera.photograph(self.draw_patches(self.recipe.patch))

    def draw_patches(self, size: int) -> Tensor:
        """Cut the patches of one batch, `size` px wide, out of the photos."""
        recipe = self.recipe
        return draw_patches(
            self.photos,
            count=recipe.batch,
            size=size,
            rng=self.rng,
            halved_share=recipe.halved_share,
            candidates=recipe.candidates,
        )

    def _step(self, pairs: AnyPairs) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        loss = self.lesson(pairs)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self._follow()
        return float(loss.detach())

    def lesson(self, pairs: AnyPairs) -> Tensor:
        """Return the loss of one batch."""
        t = self._draw_times(len(pairs.sigma))
        x_t = self._between(pairs, t)
        estimate = self.estimate(x_t, pairs, t.flatten() * pairs.sigma)
        return self.loss(estimate, pairs, t.flatten() * pairs.deviation)

    def loss(self, estimate: Tensor, pairs: AnyPairs, deviation: Tensor) -> Tensor:
        """Return how far an estimate is from the truth, where `deviation` is that of its input's noise."""
        # Measured in standard deviations of the noise, so that every ISO and every time counts alike.
        error = (estimate - pairs.clean) / deviation[:, None, None, None]
        charbonnier = torch.sqrt(error.square() + self.recipe.charbonnier**2).mean()
        # Charbonnier seeks the median, which lies below the mean where shadows are lit by a few photons or stars:
        # the square of the error of local means keeps the light that is there. Large ones, as of hot pixels, count
        # linearly.
        means = functional.avg_pool2d(pairs.light_error(estimate), MEANS_OVER)
        loss: Tensor = charbonnier + self.recipe.brightness * ((1 + means.square()).sqrt() - 1).mean()
        return loss

    def _draw_times(self, count: int) -> Tensor:
        at_end = self.rng.random(count) < self.recipe.end_share
        times = np.where(at_end, 1.0, self.rng.uniform(0.02, 1.0, count))
        return torch.tensor(times, dtype=torch.float32, device=self.device)[:, None, None, None]

    def _between(self, pairs: AnyPairs, t: Tensor) -> Tensor:
        clean = pairs.clean
        if self.rng.random() < self.recipe.own_share:
            # As the sampler meets it: between the noisy photo and an estimate, not the truth.
            with torch.no_grad():
                clean = self.estimate(pairs.noisy, pairs, pairs.sigma)
        x_t: Tensor = forward(clean, pairs.noisy, t)
        return x_t

    def estimate(self, x_t: Tensor, pairs: AnyPairs, level: Tensor) -> Tensor:
        """Run the network, in the precision that the device does fast."""
        dtype = fast_dtype(self.device)
        with torch.autocast(self.device.type, dtype, enabled=dtype is not torch.float32):
            estimate: Tensor = self.call(x_t, pairs.colors, level)
        return estimate

    def _learning_rate(self) -> float:
        done = self.progress.seconds / (self.minutes * 60)
        warm_up = min(1.0, (self.progress.step + 1) / 200)
        return self.recipe.learning_rate * warm_up * (0.01 + 0.99 * (1 + math.cos(math.pi * min(done, 1.0))) / 2)

    def _follow(self) -> None:
        # Early on the average follows fast, or it would remember the random start.
        keep = min(self.recipe.ema, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)

    def _report(self, **figures: float) -> None:
        if self.progress.step % VALIDATE_EVERY == 0:
            figures |= self.validate()
        self._log(figures)

    def _log(self, figures: dict[str, float]) -> None:
        line = {"step": self.progress.step, "minutes": round(self.progress.seconds / 60, 2), **figures}
        text = json.dumps({key: round(value, 4) for key, value in line.items()})
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(text + "\n")
        print(text, flush=True)

    def _save(self) -> None:
        save_checkpoint(self.checkpoint, self.network, self.average, self.optimizer, self.progress)


class PictureTrainer(Trainer):
    """The same for developed pictures: another camera, and its own validation."""

    def prepare(self, held_out: list[Tensor], seed: int) -> None:
        """Set up the cameras, whose random numbers start from `seed`, and the validation."""
        self.pictures = PictureBag(
            size=self.recipe.patch, device=self.device, seed=seed, usual_share=self.recipe.usual_share
        )
        self.picture_validation = PictureValidation(held_out, device=self.device)

    def draw(self) -> AnyPairs:
        """Return the pairs of one batch; all its pictures are resized alike."""
        factor = self.pictures.draw_factor()
        return self.pictures.photograph(self.draw_patches(self.pictures.source_size(factor)), factor)

    def validate(self) -> dict[str, float]:
        """Return scores of the averaged network on the held-out photos."""
        return self.picture_validation.measure(self.average)


#: What trains the weights of each domain.
TRAINERS: dict[Domain, type[Trainer]] = {"cfa": Trainer, "rgb": PictureTrainer}
