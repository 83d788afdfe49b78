"""``rwdenoise report``: compare a photo before and after, in one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from rwdenoise_cli.options import HELP
from rwdenoise_cli.output import printable, say


@click.command(context_settings=HELP, short_help="Compare a photo with what was made from it, in one HTML file.")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "to",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The report. An earlier report of that name is replaced, any other file is refused.  [default: beside AFTER,"
    " with the suffix .html]",
)
def report(*, before: Path, after: Path, to: Path | None) -> None:
    """Compare a photo with what was made from it, in one HTML file.

    BEFORE and AFTER are two files of the same photo: camera RAW and the DNG that was made from it, two developed
    pictures of the same size, or RAW and its developed picture; they may come from any program. The
    report opens in any browser, needs nothing else, and can be sent as it is.

    \b
    rwdenoise report IMG_1.NEF IMG_1.dng
    rwdenoise report noisy.jpg clean.jpg -o comparison.html
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    from rwdenoise.view.report.build import report_files

    target = to or after.with_suffix(".html")
    report_files(before, after, target)
    say(f"{printable(str(before))}, {printable(str(after))} -> {printable(str(target))}")
