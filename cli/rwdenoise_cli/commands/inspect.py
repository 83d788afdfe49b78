"""``rwdenoise inspect``: show what the program finds in a photo, and what denoising it would take."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwdenoise.events import VERSION
from rwdenoise.jobs.plan import expand_sources, plan_outputs
from rwdenoise_cli.inspection.facts import Facts, facts_of, plan_facts
from rwdenoise_cli.inspection.lines import lines_of
from rwdenoise_cli.options import (
    HELP,
    Method,
    Output,
    Talk,
    json_option,
    method_options,
    output_options,
    sources_argument,
)
from rwdenoise_cli.output import printable, say
from rwdenoise_cli.reporting.choose import choose_reporter
from rwdenoise_cli.status import status_of

if TYPE_CHECKING:
    from rwdenoise.noise.curve import NoiseCurve
    from rwdenoise.noise.residual import ResidualCheck
    from rwdenoise.photo.kinds import Photo

Judge = Callable[["Photo"], Facts | None]
PLOTS = (".png", ".svg")


def _check_plot(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in PLOTS:
        message = f"{str(value)!r} must end in {' or '.join(PLOTS)}."
        raise click.BadParameter(message)
    return value


@click.command(context_settings=HELP, short_help="Show what the program finds in photos.")
@sources_argument()
@click.option(
    "--plot",
    metavar="FILE.png|FILE.svg",
    type=click.Path(path_type=Path),
    callback=_check_plot,
    help="Plot the noise of one photo against brightness: measured blocks, the fitted line, and clipping.",
)
@click.option(
    "--residual",
    is_flag=True,
    help="Also denoise each photo, in memory only, and list the places where more than noise was removed.",
)
@method_options
@output_options
@json_option("Write one line of JSON for each photo to stdout, and nothing else.")
@click.pass_context
def inspect(  # noqa: PLR0913 -- each an option, or a group of them
    ctx: click.Context,
    *,
    sources: tuple[Path, ...],
    plot: Path | None,
    residual: bool,
    method: Method,
    output: Output,
    as_json: bool,
) -> None:
    """Show what the program finds in photos, how long denoising would take, and what it would write; write nothing.

    For RAW the noise profile is shown as the file states it and as measured from the photo: the variance of the noise
    is SHOT * signal + READ, for a signal from 0 (black) to 1 (white). For a developed picture it is one measured
    standard deviation, in 8-bit steps.

    The speed of your devices is measured once a day, which takes a few seconds. Give the same options for denoising
    and output as in the run that you are planning.

    \b
    rwdenoise inspect IMG_1.NEF
    rwdenoise inspect IMG_1.NEF --plot noise.png
    rwdenoise inspect wedding/ --steps 20 --json
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    from rwdenoise.jobs.tally import Tally

    judge = _judge_with(method) if residual else None
    plan = plan_outputs(expand_sources(sources, results=output.to, format=output.format), output.to, output.format)
    if plot is not None:
        _refuse_plot(plot, jobs=len(plan), overwrite=output.overwrite)
    tally = Tally(len(plan), choose_reporter(Talk(as_json), jobs=len(plan)))
    show = _say_json if as_json else _say_words

    def inspect_photo(source: Path, target: Path) -> None:
        photo, facts = _examine(source, judge, plot, overwrite=output.overwrite)
        show({**facts, **plan_facts(source, target, photo, method=method, output=output)})

    done = sum(tally.attempt(job[0], partial(inspect_photo, *job)) for job in plan)
    ctx.exit(status_of(done=done, failed=tally.failed))


def _examine(source: Path, judge: Judge | None, plot: Path | None, *, overwrite: bool) -> tuple[Photo, Facts]:
    """Read a photo and return it with all that is found in it; plot its noise curve if asked to."""
    from rwdenoise.io.read import read_photo
    from rwdenoise.noise.curve import measure_noise_curve

    photo = read_photo(source)
    curve = measure_noise_curve(photo)
    facts = {"job": str(source), **facts_of(source, photo, curve)}
    if judge is not None:
        facts["residual"] = judge(photo)
    if plot is not None:
        _draw(curve, plot, overwrite=overwrite)
        facts["plot"] = str(plot)
    return photo, facts


def _refuse_plot(plot: Path, *, jobs: int, overwrite: bool) -> None:
    from rwdenoise.io.atomic import refuse_existing

    if jobs != 1:
        message = f"--plot takes one photo, but {jobs} were given."
        raise click.UsageError(message)
    refuse_existing(plot, overwrite=overwrite)


def _draw(curve: NoiseCurve, plot: Path, *, overwrite: bool) -> None:
    from rwdenoise.io.atomic import write_atomically
    from rwdenoise.view.noise_plot import draw_noise_curve

    kind: Any = plot.suffix.lower()[1:]
    write_atomically(plot, draw_noise_curve(curve, kind=kind), overwrite=overwrite)


def _judge_with(method: Method) -> Judge:
    """Return a function that denoises a photo and judges what was removed, or returns None if it cannot."""
    from rwdenoise.denoising.photos import denoise_measured, measure

    if method.settings.removes_nothing or method.settings.chroma_strength != method.settings.strength:
        message = "--residual needs a --strength above 0, and does not go with --chroma."
        raise click.UsageError(message)
    load = cache(method.load)

    def judge(photo: Photo) -> Facts | None:
        if not photo.is_mosaic:
            return None
        checks: list[ResidualCheck] = []
        measured = measure(photo, method.settings, noise=method.noise)
        denoise_measured(photo, measured, denoiser=load(photo.domain), settings=method.settings, on_check=checks.append)
        return checks[0].summary() if checks else None

    return judge


def _say_json(facts: Facts) -> None:
    say(json.dumps({"v": VERSION, "event": "inspected", **facts}))


def _say_words(facts: Facts) -> None:
    say(printable(facts["job"]))
    for name, words in lines_of(facts):
        say(f"  {name:15} {printable(words)}")
