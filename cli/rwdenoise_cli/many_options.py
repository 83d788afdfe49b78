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
        "--recursive/--no-recursive", default=True, show_default=True, help="Whether to look into subfolders."
    ),
    click.option("--follow-links", is_flag=True, help="Also follow symbolic links that lead out of a folder."),
    click.option(
        "--shard",
        metavar="I/N",
        help="Denoise only the I-th of N shares of the photos, for N machines that work on the same folder.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=JOBS,
        show_default=True,
        help="Number of photos in work at once: one is denoised while others are read and written.",
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
        help="Record what is done, so that the same command, or --resume, continues after an interruption.",
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Send the photos to the workers of a Dask scheduler, such as tcp://192.168.1.2:8786; all machines must see"
        " the same folders.",
    ),
)
