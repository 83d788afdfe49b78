"""``rwdenoise inspect``: what the program sees in a photo."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwdenoise.events import VERSION
from rwdenoise.plan import expand_sources, plan_outputs
from rwdenoise_cli.options import HELP, Method, Talk, json_option, method_options, sources_argument
from rwdenoise_cli.output import printable, say
from rwdenoise_cli.reporters import choose_reporter
from rwdenoise_cli.status import status_of

if TYPE_CHECKING:
    from rwdenoise.photo import RawPhoto

Facts = dict[str, Any]
Judge = Callable[["RawPhoto"], Facts | None]


@click.command(context_settings=HELP, short_help="Say what the program sees in RAW photos.")
@sources_argument
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
    """Say what the program sees in RAW photos, and what it would write.

    The noise profile is given as the file states it and as measured from the photo itself: the variance of the
    noise is SHOT * signal + READ, for a signal from 0 (black) to 1 (white).
    """
    from rwdenoise.batch import Tally

    judge = _judge_with(method) if residual else None
    plan = plan_outputs(expand_sources(sources), None, "dng")
    tally = Tally(len(plan), choose_reporter(Talk(as_json), jobs=len(plan)))
    show = _say_json if as_json else _say_words
    done = sum(tally.attempt(source, partial(_inspect, source, target, judge, show)) for source, target in plan)
    ctx.exit(status_of(done=done, failed=tally.failed))


def _inspect(source: Path, target: Path, judge: Judge | None, show: Callable[[Facts], None]) -> None:
    from rwdenoise.io.raw import read_raw

    photo = read_raw(source)
    facts = {"job": str(source), **_facts(photo)}
    if judge is not None:
        facts["residual"] = judge(photo)
    show({**facts, "output": str(target)})


def _judge_with(method: Method) -> Judge:
    """Return what denoises a photo and judges what was removed; None where that cannot be judged."""
    from rwdenoise.job import check_photo, choose_noise

    if method.settings.removes_nothing or method.settings.chroma_strength != method.settings.strength:
        message = "--residual needs a --strength above 0, and --chroma left out."
        raise click.UsageError(message)
    denoiser = method.load()

    def judge(photo: RawPhoto) -> Facts | None:
        noise, _ = choose_noise(photo, method.noise)
        planes = denoiser.denoise(photo.planes(), cfa=photo.cfa, noise=noise, settings=method.settings)
        check = check_photo(photo, planes, noise=noise, settings=method.settings)
        return None if check is None else check.summary()

    return judge


def _facts(photo: RawPhoto) -> Facts:
    """Return what there is to say about a photo, in plain values."""
    from rwdenoise.noise_estimate import estimate_noise

    height, width = photo.mosaic.shape
    estimated = estimate_noise(photo.planes(), photo.cfa, masked=photo.masked())
    return {
        "camera": _camera(photo) or None,
        "iso": photo.iso,
        "sensor": photo.cfa.name,
        "pattern": ["".join("RGBW"[color] for color in row) for row in photo.cfa.colors],
        "width": width,
        "height": height,
        "active": asdict(photo.active),
        "crop": asdict(photo.crop),
        "orientation": photo.orientation,
        "black": photo.black.tolist(),
        "white": photo.white,
        "white_balance": list(photo.white_balance),
        "noise_stated": photo.noise and asdict(photo.noise),
        "noise_estimated": asdict(estimated),
    }


def _camera(photo: RawPhoto) -> str:
    """Return make and model; many models say the make themselves."""
    maker = photo.make.partition(" ")[0]
    says_maker = maker and photo.model.upper().startswith(maker.upper())
    return photo.model if says_maker else f"{photo.make} {photo.model}".strip()


def _say_json(facts: Facts) -> None:
    say(json.dumps({"v": VERSION, "event": "inspected", **facts}))


def _say_words(facts: Facts) -> None:
    say(printable(facts["job"]))
    for name, words in _lines(facts):
        say(f"  {name:15} {printable(words)}")


def _lines(facts: Facts) -> Iterator[tuple[str, str]]:
    period = f"{len(facts['pattern'])} x {len(facts['pattern'][0])}"
    levels = sorted({level for row in facts["black"] for level in row})
    yield "camera", facts["camera"] or "not stated"
    yield "ISO", f"{facts['iso']:g}" if facts["iso"] else "not stated"
    yield "sensor", f"{facts['sensor']}, {' '.join(facts['pattern'])} ({period})"
    yield "size", f"{facts['width']} x {facts['height']} px"
    yield "active area", _area(facts["active"])
    yield "crop", f"{_area(facts['crop'])} of the active area"
    yield "orientation", f"{facts['orientation']} (Exif)"
    yield "black level", " ".join(f"{level:g}" for level in levels)
    yield "white level", f"{facts['white']:g}"
    yield "white balance", " ".join(f"{gain:.4g}" for gain in facts["white_balance"])
    yield "noise, stated", _profile(facts["noise_stated"])
    yield "noise, measured", _profile(facts["noise_estimated"])
    if "residual" in facts:
        yield from _residual_lines(facts["residual"])
    yield "output", facts["output"]


def _residual_lines(check: Facts | None) -> Iterator[tuple[str, str]]:
    if check is None:
        yield "residual", "cannot be judged: there is no whole block without clipped highlights"
        return
    yield "residual", f"{100 * check['consistent']:.1f} % of {check['blocks']} blocks: what was removed is only noise"
    for area in check["worst"]:
        yield "  more than noise", f"{_area(area)} ({area['reason']})"


def _area(area: Facts) -> str:
    return f"{area['width']} x {area['height']} px at {area['left']}, {area['top']}"


def _profile(noise: dict[str, float] | None) -> str:
    return "not stated" if noise is None else f"shot {noise['shot']:.3g}, read {noise['read']:.3g}"
