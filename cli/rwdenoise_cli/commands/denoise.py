"""The default command: photos in, denoised photos out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import click

from rwdenoise import __version__
from rwdenoise.events import Summary
from rwdenoise.plan import expand_sources, plan_outputs
from rwdenoise_cli.options import (
    HELP,
    Method,
    Output,
    Talk,
    method_options,
    output_options,
    sources_argument,
    talk_options,
)
from rwdenoise_cli.reporters import Reporter, choose_reporter
from rwdenoise_cli.status import status_of
from rwdenoise_cli.stops import stopping_between_events

Plan = Sequence[tuple[Path, Path]]


class DefaultCommand(click.Command):
    """A command whose help also lists the others."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the other commands below the options."""
        if isinstance(ctx.obj, click.Group):
            ctx.obj.format_commands(ctx, formatter)
        super().format_epilog(ctx, formatter)


@click.command(
    cls=DefaultCommand,
    no_args_is_help=True,
    context_settings=HELP,
    epilog="Exit status: 0 all written, 1 nothing written, 2 wrong usage, 3 some failed and the rest written,"
    " 130 interrupted.",
)
@sources_argument
@method_options
@output_options
@click.option("--dry-run", is_flag=True, help="Say what would be read and written, and write nothing.")
@talk_options
@click.version_option(__version__, prog_name="rwdenoise")
@click.pass_context
def denoise(
    ctx: click.Context, *, sources: tuple[Path, ...], method: Method, output: Output, dry_run: bool, talk: Talk
) -> None:
    """Take the noise out of photos: camera RAW, and developed TIFF, JPEG, PNG and WebP.

    Each SOURCE is a photo, a folder, or a pattern such as "*.NEF"; of a folder the RAW photos are taken, or, where
    there are none, the developed ones. Beside each photo a new file is written: IMG_1.NEF becomes IMG_1.dng, a
    denoised RAW that opens in the editor you use, and IMG_2.jpg becomes IMG_2-denoised.jpg. Sources are only read,
    and nothing is ever sent anywhere.

    \b
    rwdenoise *.NEF --steps 20
    rwdenoise wedding/ -o denoised/ --strength 0.6 --chroma 1
    rwdenoise IMG_1.NEF --format tiff --color display-p3
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    plan = plan_outputs(expand_sources(sources, results=output.to), output.to, output.format)
    with choose_reporter(talk, jobs=len(plan)) as reporter:
        summary = _preview(plan, output, reporter) if dry_run else _denoise(plan, method, output, reporter)
    ctx.exit(status_of(done=summary.written or summary.skipped, failed=summary.failed))


def _preview(plan: Plan, output: Output, reporter: Reporter) -> Summary:
    from rwdenoise.batch import preview_photos

    return preview_photos(plan, overwrite=output.overwrite, listen=reporter)


def _denoise(plan: Plan, method: Method, output: Output, reporter: Reporter) -> Summary:
    from rwdenoise.batch import denoise_photos

    with stopping_between_events(reporter) as listen:
        return denoise_photos(
            plan,
            load=cache(method.load),
            settings=method.settings,
            noise=method.noise,
            format=output.format,
            color=output.color,
            overwrite=output.overwrite,
            listen=listen,
        )
