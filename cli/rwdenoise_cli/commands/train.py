"""``rwdenoise train``: train weights on your own photos."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

import click

import rwdenoise
from rwdenoise.errors import Cancelled
from rwdenoise.events import Listener, Progress
from rwdenoise.jobs.plan import expand_sources
from rwdenoise_cli.options import HELP, Talk, json_option, sources_argument
from rwdenoise_cli.output import printable
from rwdenoise_cli.reporting.choose import choose_training_reporter
from rwdenoise_cli.reporting.training import Done, TrainingReporter, scores_of
from rwdenoise_cli.stops import stopping_between_events

#: What --start-from takes for random numbers.
NOTHING = "nothing"
# The learning rate of a recipe is for random weights; weights that are good already need smaller steps.
GENTLE = 0.3


# What a key in TOML may have without quotes: the weights stand in a manifest.
_NO_NAME = re.compile("[^A-Za-z0-9_-]+")


def read_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Read the option --name."""
    if value is not None and (not value or _NO_NAME.search(value)):
        message = f"{value!r} cannot be the name of weights; use only letters from A to Z, digits, - and _."
        raise click.BadParameter(message)
    return value


@click.command(context_settings=HELP, short_help="Train weights on your own photos.")
@sources_argument()
@click.option(
    "--into",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run: weights, log, loss curve, sample pictures, and the checkpoint to continue from.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Total training time, over all runs with this folder.",
)
@click.option(
    "--recipe",
    metavar="NAME|FILE",
    type=click.Path(),
    default="cfa-fast",
    show_default=True,
    help="What to train, and how: 'cfa-fast' or 'cfa-best' for RAW, 'rgb' for developed pictures, or a .toml file.",
)
@click.option(
    "--noise-from",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A noisy RAW photo, or a folder of them, from the camera to train for: most of the simulated noise will be"
    " like theirs. May be given several times.  [default: noise of all cameras]",
)
@click.option(
    "--start-from",
    metavar="NAME|FILE",
    type=click.Path(),
    help=f"Weights to start from; '{NOTHING}' for random ones.  [default: those with the name of the recipe]",
)
@click.option("--name", callback=read_name, help="Name of the new weights.  [default: that of the folder]")
@click.option(
    "--device",
    type=click.Choice(("auto", "cuda", "cpu"), case_sensitive=False),
    default="auto",
    show_default=True,
    help="Where to compute; 'auto' takes a graphics card if there is one.",
)
@click.option(
    "--compile",
    "compiled",
    is_flag=True,
    help="Compile the network first, which makes training half as fast again. Needs a C++ compiler.",
)
@json_option("Write the log and the result to stdout, one JSON object a line.")
@click.option("-q", "--quiet", is_flag=True, help="Print only warnings and errors.")
def train(  # noqa: PLR0913 -- what a user can choose
    *,
    sources: tuple[Path, ...],
    folder: Path,
    minutes: float,
    recipe: str,
    noise_from: tuple[Path, ...],
    start_from: str | None,
    name: str | None,
    device: str,
    compiled: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train weights on your own photos, to be used with --weights.

    The photos should be sharp and clean: RAW or developed, at low ISO. Simulated cameras add the noise. The same
    command continues a run that was stopped.

    \b
    rwdenoise train PHOTOS --into my-camera --minutes 120 --noise-from IMG_6400.NEF
    rwdenoise IMG_1.NEF --weights my-camera/my-camera.safetensors
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    made, weights = _start(recipe, start_from)
    order = _training("launch").Order(
        made,
        expand_sources(sources),
        folder,
        minutes=minutes,
        device=device.lower(),
        compiled=compiled,
        start_from=weights,
        noise_from=tuple(expand_sources(noise_from)),
    )
    logging.basicConfig(format="warning: %(message)s")
    leads = _training("team").leads_here()
    with choose_training_reporter(Talk(as_json, quiet), minutes=minutes, leads=leads) as reporter:
        start = weights.stem if weights else "random numbers"
        reporter.note(printable(f"photos {len(order.photos)}, recipe {recipe}, from {start}"))
        _train(order, reporter)
        if leads:
            _export(order, name or _NO_NAME.sub("-", folder.resolve().name), reporter)


def _training(module: str) -> Any:  # noqa: ANN401 -- a module of one of two packages
    """Return a module of the training: that of the source tree, or of the wheel, which has a name of its own for it."""
    # An editable install also has the wheel's package, as it was when that was made.
    is_source_tree = (Path(rwdenoise.__file__).parents[1] / "training" / f"{module}.py").is_file()
    return import_module(f"{'training' if is_source_tree else 'rwdenoise_training'}.{module}")


def _start(name: str, start_from: str | None) -> tuple[Any, Path | None]:
    """Return the recipe, and the weights to begin with."""
    from rwdenoise.network.weights import find_weights, list_weights, read_facts

    recipe = _training("recipe").find_recipe(name)
    if start_from == NOTHING:
        return recipe, None
    released = {listed.name for listed in list_weights()}
    if start_from is None and name not in released:
        return recipe, None
    weights = find_weights(start_from or name)
    if read_facts(weights).architecture != recipe.architecture:
        # Few weights of another architecture fit, if any: the network is as good as new.
        return recipe, weights if start_from else None
    return replace(recipe, learning_rate=GENTLE * recipe.learning_rate), weights


def _train(order: Any, reporter: TrainingReporter) -> None:  # noqa: ANN401 -- see `_training`
    with stopping_between_events(lambda _event: None) as tell:
        try:
            _training("launch").launch(order, _listener(reporter, tell, job=str(order.folder)))
        except Cancelled:
            reporter.note("Stopped. The same command continues from here.")
            raise


def _export(order: Any, name: str, reporter: TrainingReporter) -> None:  # noqa: ANN401 -- see `_training`
    reporter.note("Measuring the halo, the distance over which pixels depend on each other ...")
    checkpoint = order.folder / "checkpoint.safetensors"
    facts = _training("export").export(order.recipe, checkpoint, order.folder, name=name, version="1")
    path = order.folder / f"{name}.safetensors"
    gain = _gain(order.folder)
    reporter.exported({"weights": str(path), "halo": facts.halo, "trained": facts.trained, "gain": gain})


def _listener(reporter: TrainingReporter, tell: Listener, *, job: str) -> Callable[[Done, Mapping[str, float]], None]:
    def listen(done: Done, figures: Mapping[str, float]) -> None:
        if figures:
            reporter.figures(figures)
            return
        reporter.step(done)
        tell(Progress(job, "train", int(done.seconds), int(60 * reporter.minutes)))

    return listen


def _gain(folder: Path) -> float | None:
    """Return by how many dB the scores of a run have risen on average, None if they cannot be compared."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = [found for line in lines if (found := scores_of(line))]
    first, last = scores[0], scores[-1]
    return fmean(last[name] - first[name] for name in last) if first.keys() == last.keys() else None
