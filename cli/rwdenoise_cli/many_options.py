"""The options of calls with many photos, handed over as one value."""

from __future__ import annotations

from dataclasses import dataclass

import click

from rwdenoise.choices import JOBS
from rwdenoise_cli.options import Decorator, Function, group


@dataclass(frozen=True)
class Many:
    """Which photos of those that were named, and how to go through them."""

    recursive: bool
    follow_links: bool
    shard: str | None
    jobs: int
    isolate: bool
    journal: bool
    cluster: str | None


def many_options(function: Function) -> Function:
    """Add the options; they arrive as ``many``."""
    return group("many", Many, *_MANY)(function)


_MANY: tuple[Decorator, ...] = (
    click.option(
        "--recursive/--no-recursive", default=True, show_default=True, help="Whether to walk into folders of folders."
    ),
    click.option(
        "--follow-links", is_flag=True, help="Also take what symbolic links in a folder lead to, out of the folder."
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Only the I-th of N shares of the photos, for N machines that are given the same folder.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=JOBS,
        show_default=True,
        help="How many photos are in work at once: one is denoised while others are read and written.",
    ),
    click.option(
        "--isolate/--no-isolate",
        default=False,
        show_default=True,
        help="Decode photos in a process of their own, so that a damaged or malicious file costs one photo at most.",
    ),
    click.option(
        "--journal/--no-journal",
        default=True,
        show_default=True,
        help="Record what is done, so that the same call, or --resume, goes on where it was cut off.",
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Give the photos to the workers of a Dask scheduler, such as tcp://192.168.1.2:8786; all machines must see"
        " the same folders.",
    ),
)
