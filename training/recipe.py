"""Read the recipe of a training run: one TOML file, checked strictly."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rwdenoise.errors import SettingsError
from rwdenoise.network.weights import Architecture

#: Folder of the recipes that come with the program.
RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Recipe:
    """Network architecture and training settings. An unknown key in the file is an error."""

    architecture: Architecture
    patch: int = 128
    """Edge length of the training patches, in px."""
    batch: int = 16
    optimizer: str = "adamw"
    """``adamw`` or ``muon``."""
    learning_rate: float = 1e-3
    """Peak learning rate. It rises over the first 200 steps and falls to a hundredth along a cosine."""
    ema: float = 0.999
    """Decay of the weight average: the share of the old average that each step keeps."""
    end_share: float = 0.5
    """Share of the draws at t = 1, the only state that the first sampling step ever gets."""
    own_share: float = 0.2
    """Share of the batches in which x_t is made from the network's own estimate, not from the truth."""
    charbonnier: float = 0.05
    """Rounding of the Charbonnier loss at 0, in standard deviations of the noise."""
    brightness: float = 10.0
    """Weight of the error of local means in linear light, in standard deviations of the noise; small errors are
    squared."""
    profile_jitter: float = 0.1
    """Error of the noise profile given to the network: standard deviation of its natural logarithm."""
    halved_share: float = 0.0
    """Share of the patches that are averaged down by two: sharper and cleaner than their photo."""
    candidates: int = 1
    """Number of random patches for each training patch: the one with the most detail is used."""
    usual_share: float = 0.0
    """Share of the draws with the noise of ISO 1600 and above, where denoising matters most; the rest covers the whole
    range."""
    star_share: float = 0.05
    """Share of the patches that get stars."""
    white_noise: bool = False
    """Whether developed pictures get white noise of known strength instead of developed camera noise."""
    measured_by: str = ""
    """Name of the weights that measure the noise of pictures for the trained weights; empty if these do it
    themselves."""
    seed: int = 1


def find_recipe(name: str) -> Recipe:
    """Read a built-in recipe by its name, or any recipe by its file name, which ends in ``.toml``.

    Raises
    ------
    SettingsError
        If the recipe does not exist or is not valid.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        message = f"Recipe {name!r} not found; the built-in recipes are {known}."
        raise SettingsError(message, hint="Give one of these names, or a file that ends in .toml.")
    return read_recipe(path)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    SettingsError
        If the file is not valid TOML, or has an unknown key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The recipe {path} is not valid TOML: {error}."
        raise SettingsError(message, hint="Correct the recipe.") from error
    shape = table.pop("architecture", {})
    _refuse_unknown(shape, Architecture, path)
    _refuse_unknown(table, Recipe, path)
    return Recipe(architecture=Architecture.from_table(shape), **table)


def _refuse_unknown(table: dict[str, object], kind: type, path: Path) -> None:
    known = {field.name for field in dataclasses.fields(kind)}
    if unknown := sorted(set(table) - known):
        message = f"{path} has the unknown key {unknown[0]!r}; {kind.__name__} has {', '.join(sorted(known))}."
        raise SettingsError(message, hint="Correct the recipe.")
