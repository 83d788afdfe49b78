"""The recipe of a training run: one TOML file, read strictly."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rwdenoise.errors import SettingsError
from rwdenoise.network.weights import Architecture

#: Where the recipes of the program are.
RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Recipe:
    """What is trained and how. An unknown key in the file is an error."""

    architecture: Architecture
    patch: int = 128
    """Edge of the training patches, in px."""
    batch: int = 16
    optimizer: str = "adamw"
    """``adamw`` or ``muon``."""
    learning_rate: float = 1e-3
    """At its peak; it rises over the first percent of the time and falls to a hundredth along a cosine."""
    ema: float = 0.999
    """How much of the averaged weights each step keeps."""
    end_share: float = 0.5
    """Share of the draws at t = 1, the only state that the first step ever sees."""
    own_share: float = 0.2
    """Share of the batches in which x_t is the network's own, not made from the truth."""
    charbonnier: float = 0.05
    """The rounding of the loss, in standard deviations of the noise."""
    brightness: float = 10.0
    """Weight of the error of local means in linear light, squared where it is small, in standard
    deviations of the noise."""
    profile_jitter: float = 0.1
    """Standard deviation of the error of the noise profile told to the network, in natural logarithms."""
    halved_share: float = 0.0
    """Share of the patches that are averaged down by two: sharper, and cleaner than the photo they are from."""
    candidates: int = 1
    """Patches that are looked at for each one that trains: the one with the most detail is taken."""
    usual_share: float = 0.0
    """Share of the draws with the noise of ISO 1600 and more, where denoising matters most; the rest is spread over
    all that there is."""
    star_share: float = 0.05
    """Share of the patches over which stars are drawn."""
    white_noise: bool = False
    """Whether developed pictures have white noise that the network is told, instead of what cameras make of theirs."""
    measured_by: str = ""
    """Weights that measure the noise of pictures for those that are trained; by default they do it themselves."""
    seed: int = 1


def find_recipe(name: str) -> Recipe:
    """Read one of the program's recipes by its name, or any by the name of its file, which ends in ``.toml``.

    Raises
    ------
    SettingsError
        If there is none, or it is no recipe.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        message = f"There is no recipe {name!r}; there are {known}."
        raise SettingsError(message, hint="Give one of these names, or a file that ends in .toml.")
    return read_recipe(path)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    SettingsError
        If the file is no TOML, or has a key that no recipe has.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The recipe {path} is no valid TOML: {error}."
        raise SettingsError(message, hint="Mend the recipe.") from error
    shape = table.pop("architecture", {})
    _refuse_unknown(shape, Architecture, path)
    _refuse_unknown(table, Recipe, path)
    return Recipe(architecture=Architecture.from_table(shape), **table)


def _refuse_unknown(table: dict[str, object], kind: type, path: Path) -> None:
    known = {field.name for field in dataclasses.fields(kind)}
    if unknown := sorted(set(table) - known):
        message = f"{path} has the unknown key {unknown[0]!r}; {kind.__name__} knows {', '.join(sorted(known))}."
        raise SettingsError(message, hint="Mend the recipe.")
