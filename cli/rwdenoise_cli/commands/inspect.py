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
from rwdenoise_cli.options import HELP, Talk, json_option, sources_argument
from rwdenoise_cli.output import printable, say
from rwdenoise_cli.reporters import choose_reporter
from rwdenoise_cli.status import status_of

if TYPE_CHECKING:
    from rwdenoise.photo import RawPhoto

Facts = dict[str, Any]


@click.command(context_settings=HELP, short_help="Say what the program sees in RAW photos.")
@sources_argument
@json_option("Write one JSON object a line for each photo to stdout, and nothing else.")
@click.pass_context
def inspect(ctx: click.Context, *, sources: tuple[Path, ...], as_json: bool) -> None:
    """Say what the program sees in RAW photos, and what it would write.

    The noise profile is given as the file states it and as measured from the photo itself: the variance of the
    noise is SHOT * signal + READ, for a signal from 0 (black) to 1 (white).
    """
    from rwdenoise.batch import Tally

    plan = plan_outputs(expand_sources(sources), None, "dng")
    tally = Tally(len(plan), choose_reporter(Talk(as_json), jobs=len(plan)))
    show = _say_json if as_json else _say_words
    done = sum(tally.attempt(source, partial(_inspect, source, target, show)) for source, target in plan)
    ctx.exit(status_of(done=done, failed=tally.failed))


def _inspect(source: Path, target: Path, show: Callable[[Facts], None]) -> None:
    from rwdenoise.io.raw import read_raw

    show({"job": str(source), **_facts(read_raw(source)), "output": str(target)})


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
    yield "output", facts["output"]


def _area(area: Facts) -> str:
    return f"{area['width']} x {area['height']} px at {area['left']}, {area['top']}"


def _profile(noise: dict[str, float] | None) -> str:
    return "not stated" if noise is None else f"shot {noise['shot']:.3g}, read {noise['read']:.3g}"
