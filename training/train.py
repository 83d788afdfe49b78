"""Run the training loop: cut patches, photograph them with simulated cameras, learn to remove the noise."""

from __future__ import annotations

import copy
import math
import time
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rwdenoise.denoising.diffusion import forward
from rwdenoise.errors import Cancelled
from rwdenoise.network.engines.pytorch import fast_dtype
from rwdenoise.network.unet import UNet, load_network
from rwdenoise.photo.cfa import Domain

from .camera import CameraBag, NoiseLine
from .checkpoint import Progress, load_checkpoint, save_checkpoint
from .loss import AnyPairs, loss_of
from .muon import choose_optimizer
from .photos import MEMORY, decode, draw_patches, hold_out
from .pictures import PictureBag
from .recipe import Recipe
from .record import Figures, Listen, Record, print_figures
from .sheet import ROWS, Examples, mosaic_examples, picture_examples
from .team import team_here
from .validate import SHOT, PictureValidation, Validation, usual_profile
from .white_noise import WhiteBag

CHECKPOINT_EVERY = 180.0  # seconds
REPORT_EVERY = 200  # steps
VALIDATE_EVERY = 4000  # steps


class Trainer:
    """Train the weights for RAW mosaics in one run, resumable at any time from ``folder/checkpoint.safetensors``.

    If several processes were `assembled`, each has a trainer: they train one network, and the first writes the files.

    Parameters
    ----------
    recipe : Recipe
    photos : list of Path
        Clean photos; a fixed tenth of them is held out for validation.
    folder : Path
        Folder of the checkpoint, and of ``log.jsonl``, ``curve.png`` and ``validation.jpg`` for people.
    minutes : float
        Total training time, across all resumptions; the learning rate is planned for it.
    device : torch.device
    compiled : bool
        Whether PyTorch compiles the network first: 1.5 times as fast, but it needs a C++ compiler.
    """

    def __init__(
        self, recipe: Recipe, photos: list[Path], folder: Path, *, minutes: float, device: torch.device,
        compiled: bool = False,
    ) -> None:  # fmt: skip
        self.recipe, self.folder, self.minutes, self.device = recipe, folder, minutes, device
        self.team = team_here()
        learning, held_out = hold_out(photos)
        folder.mkdir(parents=True, exist_ok=True)
        self.record = Record(folder)
        torch.manual_seed(recipe.seed)
        self.network = self.build().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self.optimizer = choose_optimizer(self.network, recipe)
        self.progress = Progress()
        if self.checkpoint.exists():
            self.progress = load_checkpoint(self.checkpoint, self.network, self.average, self.optimizer)
        self.call = self.team.join(torch.compile(self.network) if compiled else self.network)  # type: ignore[arg-type]
        self.photos = decode(self.team.share(learning), memory=MEMORY // self.team.size)
        # A resumed run must not repeat its draws, and no process may repeat those of another.
        seed = self.team.seed(recipe.seed + self.progress.step)
        self.rng = np.random.default_rng(seed)
        self.prepare(decode(held_out), seed)

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

    def expect_camera(self, own: NoiseLine) -> None:
        """Draw most of the noise from the measured noise of one camera."""
        self.camera.own = own

    @cached_property
    def examples(self) -> Examples:
        """Content of the sample sheet."""
        noise = self.camera.own.strongest if self.camera.own else usual_profile(SHOT[1])
        return mosaic_examples(self.validation.camera[:ROWS], noise)

    def build(self) -> UNet:
        """Return a network with random weights."""
        return UNet(self.recipe.architecture)

    def validate(self) -> dict[str, float]:
        """Return the scores of the averaged network on the held-out photos."""
        return self.validation.measure(self.average)

    def judge(self) -> Figures:
        """Validate, and record the scores; processes other than the leader only return an empty dict."""
        if not self.team.leads:
            return {}
        figures = self.record.log(self.progress, self.validate())
        self.record.draw(self.examples, self.average)
        return figures

    @property
    def checkpoint(self) -> Path:
        """File to resume from."""
        return self.folder / "checkpoint.safetensors"

    def start_from(self, weights: Path) -> None:
        """Initialize from a weights file; layers of another shape stay random, as between domains the ends differ."""
        own = self.network.state_dict()
        found = load_network(weights)[0].state_dict()
        fitting = {name: tensor for name, tensor in found.items() if name in own and tensor.shape == own[name].shape}
        self.network.load_state_dict(own | fitting)
        self.average.load_state_dict(own | fitting)

    def run(self, listen: Listen = print_figures) -> None:
        """Train until the time is up; write a checkpoint every few minutes and at the end.

        Raises
        ------
        Cancelled
            If `listen` raised it in any process; the checkpoint has been written.
        """
        self._compile()
        started = last_saved = time.monotonic()
        before = self.progress.seconds
        simulating, losses, asked, stop = 0.0, [], False, False
        while self.progress.seconds < self.minutes * 60 and not stop:
            tick = time.monotonic()
            pairs = self.draw()
            simulating += time.monotonic() - tick
            loss = self._step(pairs)
            self.progress.step += 1
            seconds = before + time.monotonic() - started
            mean, self.progress.seconds, stop = self.team.agree(loss, seconds=seconds, stop=asked)
            losses.append(mean)
            figures = {}
            if self.progress.step % REPORT_EVERY == 0:
                figures = self._report(loss=fmean(losses), simulating=simulating / (time.monotonic() - started))
                losses.clear()
            asked = self._tell(listen, figures)
            if time.monotonic() - last_saved > CHECKPOINT_EVERY:
                self._save()
                last_saved = time.monotonic()
        self._save()
        if stop:
            raise Cancelled
        self._tell(listen, self.judge())

    def _tell(self, listen: Listen, figures: Figures) -> bool:
        """Report the progress, and return whether `listen` asks to stop."""
        try:
            listen(self.progress, figures)
        except Cancelled:
            return True
        return False

    def _compile(self) -> None:
        # The first calls compile the network; this does not count as training time.
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

    def _step(self, pairs: AnyPairs) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        loss = self.lesson(pairs)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self._follow()
        return loss.detach()

    def lesson(self, pairs: AnyPairs) -> Tensor:
        """Return the loss of one batch."""
        t = self._draw_times(len(pairs.sigma))
        x_t = self._between(pairs, t)
        estimate = self.estimate(x_t, pairs, t.flatten() * pairs.sigma)
        return loss_of(estimate, pairs, t.flatten() * pairs.deviation, self.recipe)

    def _draw_times(self, count: int) -> Tensor:
        at_end = self.rng.random(count) < self.recipe.end_share
        times = np.where(at_end, 1.0, self.rng.uniform(0.02, 1.0, count))
        return torch.tensor(times, dtype=torch.float32, device=self.device)[:, None, None, None]

    def _between(self, pairs: AnyPairs, t: Tensor) -> Tensor:
        clean = pairs.clean
        if self.rng.random() < self.recipe.own_share:
            # The sampler steps between the noisy photo and an estimate, not the truth.
            with torch.no_grad():
                clean = self.estimate(pairs.noisy, pairs, pairs.sigma)
        x_t: Tensor = forward(clean, pairs.noisy, t)
        return x_t

    def estimate(self, x_t: Tensor, pairs: AnyPairs, level: Tensor) -> Tensor:
        """Run the network at the precision that is fast on the device."""
        dtype = fast_dtype(self.device)
        with torch.autocast(self.device.type, dtype, enabled=dtype is not torch.float32):
            estimate: Tensor = self.call(x_t, pairs.colors, level)
        return estimate

    def _learning_rate(self) -> float:
        done = self.progress.seconds / (self.minutes * 60)
        warm_up = min(1.0, (self.progress.step + 1) / 200)
        return self.recipe.learning_rate * warm_up * (0.01 + 0.99 * (1 + math.cos(math.pi * min(done, 1.0))) / 2)

    def _follow(self) -> None:
        # Early on the average follows quickly; otherwise it would keep part of the random initialization.
        keep = min(self.recipe.ema, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)

    def _report(self, **figures: float) -> Figures:
        if not self.team.leads:
            return {}
        if self.progress.step % VALIDATE_EVERY == 0:
            figures |= self.validate()
        return self.record.log(self.progress, figures)

    def _save(self) -> None:
        if self.team.leads:
            save_checkpoint(self.checkpoint, self.network, self.average, self.optimizer, self.progress)
            self.record.draw(self.examples, self.average)


class PictureTrainer(Trainer):
    """Train the weights for developed pictures in one run, with their own cameras and validation."""

    def prepare(self, held_out: list[Tensor], seed: int) -> None:
        """Set up the cameras, whose random numbers start from `seed`, and the validation."""
        recipe = self.recipe
        where: Any = {"size": recipe.patch, "device": self.device, "seed": seed}
        self.pictures = WhiteBag(**where) if recipe.white_noise else PictureBag(**where, usual_share=recipe.usual_share)
        self.picture_validation = PictureValidation(held_out, device=self.device, told=recipe.white_noise)

    def expect_camera(self, own: NoiseLine) -> None:
        """Draw most of the camera noise from the measured noise of one camera."""
        assert isinstance(self.pictures, PictureBag)  # `launch` refuses recipes with white noise.
        self.pictures.bag.own = own

    @cached_property
    def examples(self) -> Examples:
        """Content of the sample sheet."""
        return picture_examples(self.picture_validation.cases[:ROWS])

    def draw(self) -> AnyPairs:
        """Return the pairs of one batch; all its pictures have the same resize factors."""
        scaling = self.pictures.draw_scaling()
        return self.pictures.photograph(self.draw_patches(self.pictures.source_size(scaling)), scaling)

    def validate(self) -> dict[str, float]:
        """Return the scores of the averaged network on the held-out photos."""
        return self.picture_validation.measure(self.average)


#: Trainer of each domain.
TRAINERS: dict[Domain, type[Trainer]] = {"cfa": Trainer, "rgb": PictureTrainer}
