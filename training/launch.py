"""From what is asked for to a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rwdenoise.errors import SettingsError

from .own_noise import fit_line, measure_profiles
from .recipe import Recipe
from .record import Listen, print_figures
from .team import Team, assembled
from .train import TRAINERS


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    recipe: Recipe
    photos: list[Path]
    """Clean ones, RAW or developed."""
    folder: Path
    """Where the checkpoint and the record go."""
    minutes: float
    """Training time in all, over every resumption."""
    device: str = "auto"
    """``"auto"``, ``"cpu"`` or ``"cuda"``."""
    compiled: bool = False
    start_from: Path | None = None
    """Weights to begin with instead of random numbers."""
    noise_from: tuple[Path, ...] = ()
    """RAW photos of the camera whose noise most of the draws shall have."""


def launch(order: Order, listen: Listen = print_figures) -> Team:
    """Train, or go on from the checkpoint, together with the processes that ``torchrun`` started.

    Returns
    -------
    Team
        Its leader is the one to export what was learned.

    Raises
    ------
    PhotoError, SettingsError, WeightsError, DeviceUnavailableError
        If what was asked for cannot be.
    Cancelled
        If `listen` raised it; the checkpoint is written.
    """
    if order.noise_from and order.recipe.white_noise:
        message = "These weights learn from white noise, which no camera has."
        raise SettingsError(message, hint="Leave --noise-from out, or train with --recipe rgb-look.")
    own = fit_line(measure_profiles(order.noise_from)) if order.noise_from else None
    with assembled(order.device) as device:
        trainer = TRAINERS[order.recipe.architecture.domain](
            order.recipe, order.photos, order.folder, minutes=order.minutes, device=device, compiled=order.compiled
        )
        if own:
            trainer.expect_camera(own)
        if not trainer.progress.step:
            if order.start_from:
                trainer.start_from(order.start_from)
            if trainer.team.leads:  # What comes after is held against this.
                listen(trainer.progress, trainer.judge())
        trainer.run(listen)
        return trainer.team
