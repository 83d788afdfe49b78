"""``python -m training run|export``: train weights from a folder of photos, and export them."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.recipe import read_recipe
from training.train import Trainer

RECIPES = Path(__file__).parent / "recipes"


def main() -> None:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="train, or go on from the last checkpoint")
    run.add_argument("--photos", type=Path, required=True, help="folder of clean photos")
    run.add_argument("--names", type=Path, help="text file with the names of the photos to use")
    run.add_argument("--minutes", type=float, required=True, help="training time in all")
    run.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    run.set_defaults(work=_run)
    for command in (run,):
        command.add_argument("--recipe", default="cfa-fast", help="name of a recipe, or a TOML file")
        command.add_argument("--folder", type=Path, required=True, help="checkpoints and log")
    arguments = parser.parse_args()
    arguments.work(arguments)


def _run(arguments: argparse.Namespace) -> None:
    recipe = read_recipe(_recipe_path(arguments.recipe))
    device = torch.device(arguments.device)
    Trainer(
        recipe, arguments.photos, arguments.folder, minutes=arguments.minutes, device=device, names=arguments.names
    ).run()


def _recipe_path(name: str) -> Path:
    return Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"


if __name__ == "__main__":
    main()
