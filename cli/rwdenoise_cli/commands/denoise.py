"""``rwdenoise``: denoise photos, the default command."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rwdenoise._version import __version__
from rwdenoise.choices import JOBS
from rwdenoise.errors import JournalError
from rwdenoise.events import Listener, Summary
from rwdenoise.jobs.plan import expand_sources, plan_outputs
from rwdenoise.jobs.shard import shard
from rwdenoise_cli.options import (
    HELP,
    Method,
    Output,
    Talk,
    group,
    isolate_option,
    method_options,
    output_options,
    sources_argument,
    talk_options,
)
from rwdenoise_cli.output import log, printable
from rwdenoise_cli.reporting.choose import choose_reporter
from rwdenoise_cli.status import status_of
from rwdenoise_cli.stops import stopping_between_events

if TYPE_CHECKING:
    from rwdenoise.jobs.batch import Batch
    from rwdenoise.jobs.journal import Journal
    from rwdenoise.jobs.stages import ReadPhoto
    from rwdenoise.jobs.treatment import Treatment

#: Where a call remembers its own arguments, for --resume.
ARGUMENTS = "rwdenoise_cli.arguments"


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


_MANY = (
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
    isolate_option(default=False),
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


class DefaultCommand(click.Command):
    """A command whose help also lists the others."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, and remember them."""
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

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
    " 130 interrupted.\n\nEach error ends with its code in brackets; docs/errors.md explains each of them.",
)
@sources_argument(required=False)
@method_options
@output_options
@group("many", Many, *_MANY)
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a report that shows all photos before and after, as one HTML file for any browser. An earlier"
    " report of that name is replaced.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be read and written, but write nothing.")
@click.option(
    "--resume", is_flag=True, help="Continue the last run that was interrupted, with all its photos and options."
)
@talk_options
@click.version_option(__version__, prog_name="rwdenoise")
@click.pass_context
def denoise(  # noqa: PLR0913 -- each a group of options
    ctx: click.Context,
    *,
    sources: tuple[Path, ...],
    method: Method,
    output: Output,
    many: Many,
    report: Path | None,
    dry_run: bool,
    resume: bool,
    talk: Talk,
) -> None:
    """Remove the noise from photos: camera RAW, and developed TIFF, JPEG, PNG and WebP.

    Each SOURCE is a photo, a folder, or a pattern such as "*.NEF". Of a folder the RAW photos are taken or, if it has
    none, the developed ones. The result is a new file beside the photo: IMG_1.NEF becomes IMG_1.dng, a denoised RAW
    that opens in your usual editor, and IMG_2.jpg becomes IMG_2-denoised.jpg. Originals are never changed, and nothing
    is ever sent anywhere. Photos that are done already are skipped, so an interrupted run can simply be repeated.

    \b
    rwdenoise *.NEF --steps 20
    rwdenoise wedding/ -o denoised/ --strength 0.6 --chroma 1
    rwdenoise card/ -o '{folder}/denoised/{stem}{suffix}'
    rwdenoise IMG_1.NEF --format tiff --color display-p3
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    if resume:
        _resume(ctx, sources)
    if not sources:
        message = "Missing argument 'SOURCE...'."
        raise click.UsageError(message, ctx)
    found = expand_sources(
        sources, results=output.to, format=output.format, recursive=many.recursive, follow_links=many.follow_links
    )
    plan = plan_outputs(found, output.to, output.format)
    if many.shard:
        # After planning, so that all machines give the same names.
        mine = set(shard(found, many.shard, named=sources))
        plan = [job for job in plan if job[0] in mine]
    if many.cluster:
        plan = [(source.absolute(), target.absolute()) for source, target in plan]
    treatment, weights = output.treatment(method), method.digests()
    if report is not None:
        from rwdenoise.view.report.page import refuse_other

        refuse_other(report)
    from rwdenoise.io.isolated.reader import open_reader

    with (
        choose_reporter(talk, jobs=len(plan)) as reporter,
        open_reader(isolate=many.isolate) as read,
        _journal(many, None if dry_run else ctx.meta[ARGUMENTS]) as journal,
    ):
        from rwdenoise.jobs.batch import Batch

        batch = partial(Batch, plan, treatment=treatment, weights=weights, journal=journal, read=read)
        if dry_run:
            summary = batch(listen=reporter).preview()
        else:
            with (
                _reported(report, photos=len(plan), listen=reporter, read=read) as reported,
                stopping_between_events(reported) as listen,
            ):
                summary = _run(batch(listen=listen), treatment, method, many)
    ctx.exit(status_of(done=summary.written or summary.skipped, failed=summary.failed))


def _run(batch: Batch, treatment: Treatment, method: Method, many: Many) -> Summary:
    if many.cluster is None:
        return batch.run(cache(method.load), jobs=many.jobs)
    from rwdenoise.jobs.cluster import Cluster, Task

    # Workers have folders of their own in which they were started.
    weights = {
        domain: str(Path(name).absolute()) if name.endswith(".safetensors") else name
        for domain, name in method.names().items()
    }
    task = Task(treatment, weights, frozenset(method.digests()), method.device)
    with Cluster(many.cluster) as cluster:
        return batch.run_on(cluster, task)


def _resume(ctx: click.Context, sources: Sequence[Path]) -> None:
    """Repeat the last call that was interrupted."""
    from rwdenoise.jobs.journal import Journal, default_journal

    if sources:
        message = "--resume takes its photos from the run that was interrupted; do not name any."
        raise click.UsageError(message, ctx)
    with Journal(default_journal()) as journal:
        call = journal.unfinished_call()
    if call is None:
        log("No run was interrupted; there is nothing to resume.")
        ctx.exit()
    log(f"Resuming: rwdenoise {' '.join(call.arguments)}")
    os.chdir(call.folder)
    with ctx.command.make_context("rwdenoise", list(call.arguments), parent=ctx.parent, obj=ctx.obj) as again:
        ctx.command.invoke(again)


@contextlib.contextmanager
def _journal(many: Many, arguments: Sequence[str] | None) -> Iterator[Journal | None]:
    """Open the journal if it is wanted and can be opened, and record in it whether this call came to its end.

    Without arguments the call is not recorded.
    """
    from rwdenoise.jobs.journal import Journal, default_journal

    with contextlib.ExitStack() as stack:
        journal = number = None
        with _warning_of_journal():
            if many.journal:
                journal = stack.enter_context(Journal(default_journal()))
                number = journal.begin_call(arguments, Path.cwd()) if arguments is not None else None
        yield journal
        with _warning_of_journal():
            if journal is not None and number is not None:
                journal.end_call(number)


def _reported(
    report: Path | None, *, photos: int, listen: Listener, read: ReadPhoto
) -> contextlib.AbstractContextManager[Listener]:
    """Give the listener for the events, which also makes the report if one is wanted."""
    if report is None:
        return contextlib.nullcontext(listen)
    from rwdenoise.view.report.build import CallReport

    return CallReport(report, photos=photos, listen=listen, read=read)


@contextlib.contextmanager
def _warning_of_journal() -> Iterator[None]:
    """Turn an error of the journal into a warning: photos can be denoised without it."""
    try:
        yield
    except JournalError as error:
        log(f"warning: {printable(error.message)} Not everything is recorded.")
