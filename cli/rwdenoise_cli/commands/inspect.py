"""``rwdenoise inspect``: what the program sees in a photo."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rwdenoise.events import VERSION
from rwdenoise.plan import expand_sources, plan_outputs
from rwdenoise_cli.facts import Facts, facts_of, lines_of
from rwdenoise_cli.options import HELP, Method, Talk, json_option, method_options, sources_argument
from rwdenoise_cli.output import printable, say
from rwdenoise_cli.reporters import choose_reporter
from rwdenoise_cli.status import status_of

if TYPE_CHECKING:
    from rwdenoise.io.read import Photo

Judge = Callable[["Photo"], Facts | None]


@click.command(context_settings=HELP, short_help="Say what the program sees in photos.")
@sources_argument()
@click.option(
    "--residual",
    is_flag=True,
    help="Also denoise each photo, in memory, and say where more than noise was removed. The options that say how to"
    " denoise are for this.",
)
@method_options
@json_option("Write one JSON object a line for each photo to stdout, and nothing else.")
@click.pass_context
def inspect(ctx: click.Context, *, sources: tuple[Path, ...], residual: bool, method: Method, as_json: bool) -> None:
    """Say what the program sees in photos, and what it would write.

    The noise profile of RAW is given as the file states it and as measured from the photo itself: the variance of the
    noise is SHOT * signal + READ, for a signal from 0 (black) to 1 (white). Of a developed picture it is one measured
    deviation, in steps of 8 bits.
    """
    from rwdenoise.tally import Tally

    judge = _judge_with(method) if residual else None
    plan = plan_outputs(expand_sources(sources), None)
    tally = Tally(len(plan), choose_reporter(Talk(as_json), jobs=len(plan)))
    show = _say_json if as_json else _say_words
    done = sum(tally.attempt(source, partial(_inspect, source, target, judge, show)) for source, target in plan)
    ctx.exit(status_of(done=done, failed=tally.failed))


def _inspect(source: Path, target: Path, judge: Judge | None, show: Callable[[Facts], None]) -> None:
    from rwdenoise.io.read import read_photo

    photo = read_photo(source)
    facts = {"job": str(source), **facts_of(photo)}
    if judge is not None:
        facts["residual"] = judge(photo)
    show({**facts, "output": str(target)})


def _judge_with(method: Method) -> Judge:
    """Return what denoises a photo and judges what was removed; None where that cannot be judged."""
    from rwdenoise.photo import RawPhoto
    from rwdenoise.photo_work import check_photo, choose_noise, domain_of

    if method.settings.removes_nothing or method.settings.chroma_strength != method.settings.strength:
        message = "--residual needs a --strength above 0, and --chroma left out."
        raise click.UsageError(message)
    load = cache(method.load)

    def judge(photo: Photo) -> Facts | None:
        if not isinstance(photo, RawPhoto) or domain_of(photo) != "cfa":
            return None
        noise, _ = choose_noise(photo, method.noise)
        planes = load("cfa").denoise(photo.planes(), cfa=photo.cfa, noise=noise, settings=method.settings)
        check = check_photo(photo, planes, noise=noise, settings=method.settings)
        return None if check is None else check.summary()

    return judge


def _say_json(facts: Facts) -> None:
    say(json.dumps({"v": VERSION, "event": "inspected", **facts}))


def _say_words(facts: Facts) -> None:
    say(printable(facts["job"]))
    for name, words in lines_of(facts):
        say(f"  {name:15} {printable(words)}")
