"""Start a training run, or resume it, in one process or several."""

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
    """Settings of a training run."""

    recipe: Recipe
    photos: list[Path]
    """Clean photos, RAW or developed."""
    folder: Path
    """Folder of the checkpoint and the record."""
    minutes: float
    """Total training time, across all resumptions."""
    device: str = "auto"
    """``"auto"``, ``"cpu"`` or ``"cuda"``."""
    compiled: bool = False
    start_from: Path | None = None
    """Weights to initialize from instead of random numbers."""
    noise_from: tuple[Path, ...] = ()
    """RAW photos of the camera whose noise most of the draws use."""


def launch(order: Order, listen: Listen = print_figures) -> Team:
    """Train, or resume from the checkpoint, together with the other processes that ``torchrun`` started.

    Returns
    -------
    Team
        Its leader exports the trained weights.

    Raises
    ------
    PhotoError, SettingsError, WeightsError, DeviceUnavailableError
        If the photos, the settings, the weights or the device do not allow the run.
    Cancelled
        If `listen` raised it; the checkpoint has been written.
    """
    if order.noise_from and order.recipe.white_noise:
        message = "This recipe trains with white noise, which no camera has."
        raise SettingsError(message, hint="Remove --noise-from, or train with --recipe rgb-look.")
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
            if trainer.team.leads:  # The baseline for all later scores.
                listen(trainer.progress, trainer.judge())
        trainer.run(listen)
        return trainer.team
