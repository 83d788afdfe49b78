"""``python -m training run|export``: train weights from a folder of photos, and export them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rwdenoise.network.weights import weights_folder

from .export import Mixture, export
from .launch import Order, launch
from .photos import find_photos
from .recipe import find_recipe


def main() -> None:
    """Parse the command line and run the command."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="train, or resume from the last checkpoint")
    run.add_argument("--photos", type=Path, required=True, help="folder of clean photos")
    run.add_argument("--names", type=Path, help="text file that lists the names of the photos to use")
    run.add_argument("--noise-from", type=Path, nargs="+", default=(), help="RAW photos of the camera to train for")
    run.add_argument("--minutes", type=float, required=True, help="total training time")
    run.add_argument("--device", default="auto", help="cpu, cuda, or auto")
    run.add_argument("--compile", action="store_true", help="compile the network: 1.5x as fast; needs a C++ compiler")
    run.add_argument("--start-from", type=Path, help="weights file to initialize from instead of random numbers")
    run.set_defaults(work=_run)
    out = commands.add_parser("export", help="write the weights file and its manifest entry")
    out.add_argument("--name", required=True)
    out.add_argument("--version", required=True)
    out.add_argument("--into", type=Path, default=weights_folder(), help="folder of the manifest (default: weights)")
    out.add_argument("--mean-with", type=Path, help="weights file to average with the weights of this run")
    out.add_argument("--share", type=float, default=0.5, help="share of that weights file in the average, 0 to 1")
    out.set_defaults(work=_export)
    for command in (run, out):
        command.add_argument("--recipe", default="cfa-fast", help="name of a recipe, or a TOML file")
        command.add_argument("--folder", type=Path, required=True, help="folder of the checkpoint and the log")
    arguments = parser.parse_args()
    arguments.work(arguments)


def _run(arguments: argparse.Namespace) -> None:
    order = Order(
        find_recipe(arguments.recipe),
        find_photos(arguments.photos, names=arguments.names),
        arguments.folder,
        minutes=arguments.minutes,
        device=arguments.device,
        compiled=arguments.compile,
        start_from=arguments.start_from,
        noise_from=tuple(arguments.noise_from),
    )
    launch(order)


def _export(arguments: argparse.Namespace) -> None:
    arguments.into.mkdir(parents=True, exist_ok=True)
    recipe, checkpoint = find_recipe(arguments.recipe), arguments.folder / "checkpoint.safetensors"
    mixture = Mixture(arguments.mean_with, arguments.share) if arguments.mean_with else None
    facts = export(recipe, checkpoint, arguments.into, name=arguments.name, version=arguments.version, mixture=mixture)
    print(f"{facts.name} {facts.version}: halo {facts.halo} px, {facts.trained}")


if __name__ == "__main__":
    main()
