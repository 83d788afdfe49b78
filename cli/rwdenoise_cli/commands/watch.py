"""``rwdenoise watch``: denoise photos as they arrive in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwdenoise.errors import RwDenoiseError
from rwdenoise.events import Event, Failed, Progress, Skipped
from rwdenoise.watch.wakeup import Wakeup
from rwdenoise_cli.options import (
    HELP,
    OUTPUT,
    Method,
    Output,
    Talk,
    group,
    isolate_option,
    method_options,
    pack_output,
    talk_options,
)
from rwdenoise_cli.output import log, printable
from rwdenoise_cli.reporting.lines import JsonReporter, Reporter
from rwdenoise_cli.reporting.words import failed_words
from rwdenoise_cli.status import ALL_WRITTEN, status_of
from rwdenoise_cli.watching.signals import WatchSignals

if TYPE_CHECKING:
    from rwdenoise.jobs.stages import LoadDenoiser
    from rwdenoise.watch.orders import Orders

#: Where the command remembers its own arguments, to read them again with another configuration.
ARGUMENTS = "rwdenoise_cli.watch_arguments"


@dataclass(frozen=True)
class Handling:
    """How to treat the inbox."""

    done_to: Path | None
    companions: bool
    poll: float | None
    isolate: bool
    once: bool


@dataclass(frozen=True)
class Wanted:
    """All that the user wants."""

    inbox: Path
    method: Method
    output: Output
    handling: Handling
    status: bool
    talk: Talk


class WatchCommand(click.Command):
    """A command that can read its own options again."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, and remember them."""
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 -- as click has it
        """Watch, or show how the watcher is doing."""
        wanted: Wanted = super().invoke(ctx)
        if wanted.status:
            from rwdenoise_cli.watching.status import tell_status

            ctx.exit(tell_status(wanted.inbox, as_json=wanted.talk.as_json))
        ctx.exit(_watch(self, ctx, wanted))

    def read_again(self, ctx: click.Context) -> Wanted:
        """Return what the same command line wants now, with the configuration as it is now."""
        with self.make_context(ctx.info_name, list(ctx.meta[ARGUMENTS]), parent=ctx.parent) as again:
            wanted: Wanted = super().invoke(again)
        return wanted


_INTO = click.option(
    "--into",
    "to",
    metavar="DIR|TEMPLATE",
    type=click.Path(),
    help="Folder for the results, in which the subfolders of INBOX are repeated; or a template such as"
    " 'denoised/{parent}/{stem}{suffix}'.  [required]",
)

_HANDLING = (
    click.option(
        "--done-to",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Move each photo and its companion files there, once its result is written.  [default: they stay]",
    ),
    click.option(
        "--companions",
        is_flag=True,
        help="Copy companion files to the result: XMP sidecars, and for RAW the JPEG or HEIF of the same name.",
    ),
    click.option(
        "--poll",
        metavar="SECONDS",
        type=click.FloatRange(1, 240),
        show_default="when the system reports a change",
        help="How often to look into INBOX: for network shares, where the system reports no changes.",
    ),
    isolate_option(default=True),
    click.option("--once", is_flag=True, help="Stop when everything in INBOX is done or has failed."),
)


@click.command(
    cls=WatchCommand,
    context_settings=HELP,
    short_help="Denoise photos as they arrive in a folder.",
    epilog="Exit status: 0 after SIGTERM or Ctrl-C, 1 it could not start, 2 wrong usage, or INBOX is being watched"
    " already. With --once: 0 all done, 1 all failed, 3 some failed. With --status: 0 alive, 1 not running or not"
    " responding.",
)
@click.argument("inbox", metavar="INBOX", type=click.Path(path_type=Path))
@method_options
@group("output", pack_output, _INTO, *OUTPUT[1:])
@group("handling", Handling, *_HANDLING)
@click.option("--status", is_flag=True, help="Show how the watcher of INBOX is doing, and which photos failed.")
@talk_options
def watch(*, inbox: Path, method: Method, output: Output, handling: Handling, status: bool, talk: Talk) -> Wanted:
    """Watch INBOX and its subfolders, and denoise each photo that is copied or moved there, once it is complete.

    A photo that fails is tried again after 30 s, 2 min and 8 min, and then left alone until it changes. Photos that
    are done already are skipped. Originals are only read, or moved with --done-to, and never deleted. On SIGHUP the
    configuration is read again.

    \b
    rwdenoise watch inbox/ --into denoised/
    rwdenoise watch /mnt/nas/inbox --into /mnt/nas/denoised --done-to /mnt/nas/originals --poll 10
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    if output.to is None and not status:
        message = "Missing option '--into'."
        raise click.UsageError(message)
    return Wanted(inbox.absolute(), method, output, handling, status, talk)


class WatchReporter(Reporter):
    """Says on stdout what was written, and on stderr what is wrong: a log of weeks holds nothing else."""

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        if isinstance(event, Failed):
            log(failed_words(event))
        elif self._talk.verbose or not isinstance(event, Skipped):
            super().__call__(event)

    def show(self, event: Progress) -> None:
        """Log the stages if asked to be verbose."""
        if self._talk.verbose and event.done == 0:
            log(f"{printable(event.job)}: {event.stage}")


class _Orders:
    """What the user wants done, read again after SIGHUP."""

    def __init__(self, command: WatchCommand, ctx: click.Context, wanted: Wanted, signals: WatchSignals) -> None:
        self._command, self._ctx, self._signals = command, ctx, signals
        self._method, self._load = wanted.method, cache(wanted.method.load)
        self._orders = self._orders_for(wanted)

    def __call__(self) -> Orders:
        if self._signals.take_hang_up():
            try:
                self._orders = self._orders_for(self._command.read_again(self._ctx))
                log("The configuration was read again.")
            except (click.ClickException, RwDenoiseError) as error:
                reason = printable(getattr(error, "message", str(error)))
                log(f"error: The changed configuration is not used: {reason}")
        return self._orders

    def _orders_for(self, wanted: Wanted) -> Orders:
        from rwdenoise.watch.orders import Orders

        orders = Orders(
            inbox=wanted.inbox,
            into=str(wanted.output.to),
            treatment=wanted.output.treatment(wanted.method),
            load=self._loader(wanted.method),
            weights=frozenset(wanted.method.digests()),
            done_to=wanted.handling.done_to and wanted.handling.done_to.absolute(),
            companions=wanted.handling.companions,
        )
        orders.check()
        return orders

    def _loader(self, method: Method) -> LoadDenoiser:
        """Return what loads each denoiser once, for as long as the method is the same."""
        if method != self._method:
            self._method, self._load = method, cache(method.load)
        return self._load


def _watch(command: WatchCommand, ctx: click.Context, wanted: Wanted) -> int:
    wakeup, handling = Wakeup(), wanted.handling
    # The signals first: what follows takes seconds.
    with WatchSignals(wakeup) as signals:
        from rwdenoise.watch.watcher import watch_folder

        health = watch_folder(
            wanted.inbox,
            orders=_Orders(command, ctx, wanted, signals),
            listen=(JsonReporter if wanted.talk.as_json else WatchReporter)(wanted.talk, jobs=1),
            wakeup=wakeup,
            poll=handling.poll,
            isolate=handling.isolate,
            once=handling.once,
        )
    return status_of(done=health.done + health.skipped, failed=health.failed) if handling.once else ALL_WRITTEN
