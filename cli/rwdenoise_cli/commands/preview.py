"""``rwdenoise preview``: compare settings on a few parts of a photo, on one sheet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwdenoise.choices import MAX_STEPS, PREVIEW_SIZE, Settings
from rwdenoise.events import VERSION
from rwdenoise_cli.options import (
    HELP,
    METHOD,
    USUAL_STEPS,
    Method,
    Talk,
    group,
    overwrite_option,
    pack_method,
    talk_options,
)
from rwdenoise_cli.output import log, printable, say
from rwdenoise_cli.reporting.choose import choose_reporter
from rwdenoise_cli.reporting.words import arrow

if TYPE_CHECKING:
    from rwdenoise.view.comparison import Comparison

#: What is compared unless something else is asked for.
STRENGTHS = (0.5, 1.0)
#: More columns do not fit on any screen.
MOST_COLUMNS = 8


def several(one: click.ParamType[Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """Return a callback that reads numbers separated by commas, each of them once."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[Any, ...] | None:
        if value is None:
            return None
        numbers = tuple(dict.fromkeys(one.convert(part.strip(), param, ctx) for part in value.split(",")))
        if len(numbers) > MOST_COLUMNS:
            message = f"{len(numbers)} columns do not fit on a sheet; give at most {MOST_COLUMNS} values."
            raise click.BadParameter(message)
        return numbers

    return read


def read_places(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[tuple[int, int]]:
    """Read the option --at: pixels such as ``1200,800``."""
    places = []
    for value in values:
        x, _, y = value.partition(",")
        if not (x.strip().isdecimal() and y.strip().isdecimal()):
            message = f"{value!r} is not a pixel; give X,Y, such as 1200,800."
            raise click.BadParameter(message)
        places.append((int(x), int(y)))
    return places


@click.command(context_settings=HELP, short_help="Compare settings on a few parts of a photo.")
@click.argument("source", metavar="SOURCE", type=click.Path(path_type=Path))
@click.option(
    "--at",
    "places",
    metavar="X,Y",
    multiple=True,
    callback=read_places,
    help="Show the part around this pixel, counted from the top left corner of the photo as a viewer shows it; may be"
    " given several times.  [default: the noisiest, the most detailed and the darkest part]",
)
@click.option(
    "--size", type=click.IntRange(32, 2048), default=PREVIEW_SIZE, show_default=True, help="Edge of each part in px."
)
@click.option(
    "--strengths",
    metavar="0..1,...",
    callback=several(click.FloatRange(0, 1)),
    help=f"Strengths to compare, such as 0.4,0.7,1.  [default: {','.join(f'{share:g}' for share in STRENGTHS)}]",
)
@click.option(
    "--steps",
    "step_counts",
    metavar="N,...",
    callback=several(click.IntRange(1, MAX_STEPS)),
    show_default=USUAL_STEPS,
    help="Numbers of diffusion steps to compare, such as 1,2,8.",
)
@group("method", pack_method, *METHOD)
@click.option(
    "-o",
    "--output",
    "to",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The sheet, a PNG or JPEG by its name.  [default: beside the source, IMG_1-preview.png for IMG_1.NEF]",
)
@overwrite_option
@click.option("--open", "open_it", is_flag=True, help="Open the sheet in your usual picture viewer.")
@talk_options
def preview(  # noqa: PLR0913 -- what a user can choose
    *,
    source: Path,
    places: list[tuple[int, int]],
    size: int,
    strengths: tuple[float, ...] | None,
    step_counts: tuple[int, ...] | None,
    method: Method,
    to: Path | None,
    overwrite: bool,
    open_it: bool,
    talk: Talk,
) -> None:
    """Compare settings on a few parts of a photo, on one sheet, without denoising all of it.

    The first column is the photo as it is; each other one is denoised in another way. Every part is just as it will be
    in the whole photo, one pixel to each pixel of the screen.

    \b
    rwdenoise preview IMG_1.NEF --open
    rwdenoise preview IMG_1.NEF --strengths 0.4,0.7,1
    rwdenoise preview IMG_1.NEF --steps 1,2,8 --at 1200,800 --at 310,2040
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    from rwdenoise.view.preview import preview_photo

    variants = _variants(method, step_counts or (method.settings.steps,), strengths)
    target = to or _free_name(source, overwrite=overwrite)
    begun = time.perf_counter()
    with choose_reporter(talk, jobs=1) as reporter:
        shown = preview_photo(
            source,
            target,
            denoiser=method.load,
            variants=variants,
            at=places,
            size=size,
            noise=method.noise,
            overwrite=overwrite,
            listen=reporter,
        )
    _tell(shown, source, target, talk=talk, seconds=time.perf_counter() - begun)
    if open_it and click.launch(str(target)):
        log(f"warning: {printable(str(target))} cannot be opened: this system has no program for it.")


def _variants(
    method: Method, step_counts: tuple[int, ...], strengths: tuple[float, ...] | None
) -> tuple[Settings, ...]:
    """Return the settings of each column; the noisy photo has a column of its own."""
    strength = method.settings.strength
    if strengths and len(step_counts) > 1:
        message = "Several --steps and several --strengths cannot be compared at once; give only one number of steps."
        raise click.UsageError(message)
    if strengths and strength != Settings.strength:
        message = "--strengths replaces --strength; give only one of them."
        raise click.UsageError(message)
    alone = len(step_counts) > 1 or strength != Settings.strength
    chosen = strengths or ((strength,) if alone else STRENGTHS)
    variants = tuple(replace(method.settings, steps=steps, strength=share) for steps in step_counts for share in chosen)
    return tuple(variant for variant in variants if not variant.removes_nothing) or variants


def _free_name(source: Path, *, overwrite: bool) -> Path:
    """Return a name beside the source: that of an earlier sheet only if it may be overwritten."""
    names = (source.with_name(f"{source.stem}-preview{'' if n == 1 else f'-{n}'}.png") for n in count(1))
    return next(name for name in names if overwrite or not name.exists())


def _tell(shown: Comparison, source: Path, target: Path, *, talk: Talk, seconds: float) -> None:
    if talk.as_json:
        facts = {
            "v": VERSION,
            "event": "previewed",
            "job": str(source),
            "output": str(target),
            "seconds": round(seconds, 3),
            "crops": [{"reason": crop.reason, **asdict(crop.area)} for crop in shown.crops],
            "columns": list(shown.columns),
            "weights": shown.weights,
            "device": shown.device,
        }
        say(json.dumps(facts))
    elif not talk.quiet:
        say(f"{arrow(str(source), str(target))}  {seconds:.1f} s")
