"""Start the command line, and turn the library's errors into messages and exit statuses."""

from __future__ import annotations

import gc
import os
from typing import Any

import click
from click.shell_completion import CompletionItem

from rwdenoise.errors import Cancelled, RwDenoiseError, SettingsError
from rwdenoise.events import Failed, to_json
from rwdenoise_cli.commands.completion import completion
from rwdenoise_cli.commands.denoise import denoise
from rwdenoise_cli.commands.doctor import doctor
from rwdenoise_cli.commands.gimp import gimp
from rwdenoise_cli.commands.inspect import inspect
from rwdenoise_cli.commands.preview import preview
from rwdenoise_cli.commands.report import report
from rwdenoise_cli.commands.simulate import simulate
from rwdenoise_cli.commands.train import train
from rwdenoise_cli.commands.watch import watch
from rwdenoise_cli.commands.weights import weights
from rwdenoise_cli.commands.worker import worker
from rwdenoise_cli.config import make_configurable
from rwdenoise_cli.options import JSON
from rwdenoise_cli.output import is_complete, log, say, survive_any_text
from rwdenoise_cli.reporting.words import failed_words
from rwdenoise_cli.status import INTERRUPTED, NOTHING_WRITTEN, SOME_FAILED, WRONG_USAGE
from rwdenoise_cli.stops import leave, stop_at_once


class RwDenoise(click.Group):
    """A group with a default command, which gets every command line that does not begin with a command's name.

    A photo that is named like a command can be given as ``./inspect``.
    """

    def __init__(self, default: click.Command, *others: click.Command) -> None:
        super().__init__("rwdenoise", commands=list(others), help=default.help)
        self.default = default
        make_configurable((default, *others))

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 -- as click has it
    ) -> click.Context:
        """Read the command line for the command that is meant."""
        if (args and args[0] in self.commands) or (not args and extra.get("resilient_parsing")):
            return super().make_context(info_name, args, parent, **extra)
        return self.default.make_context(info_name, args, parent, obj=self, **extra)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer, for the first word, the commands and what the default command takes: its options, and files."""
        if incomplete.startswith("-"):
            default = self.default.make_context(str(ctx.info_name), [], resilient_parsing=True)
            return self.default.shell_complete(default, incomplete)
        return [CompletionItem(incomplete, type="file"), *super().shell_complete(ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 -- as click has it
        """Run the command, and turn what the library raises into a message and an exit status.

        Any other exception is a bug, and shows its traceback.
        """
        try:
            return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)
        except (KeyboardInterrupt, Cancelled):
            ctx.exit(INTERRUPTED)
        except RwDenoiseError as error:
            failed = Failed.because(error, job="")
            if ctx.meta.get(JSON):
                say(to_json(failed))
            log(failed_words(failed))
            ctx.exit(WRONG_USAGE if isinstance(error, SettingsError) else NOTHING_WRITTEN)


cli = RwDenoise(denoise, watch, preview, report, inspect, simulate, weights, train, gimp, worker, completion, doctor)


def main() -> None:
    """Run the command line, and end the process."""
    survive_any_text()
    stop_at_once()
    # On a busy machine numpy's matrix products wait for threads that do not come, up to 500 times longer than one
    # thread takes; PyTorch has its own threads. It only counts before numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Importing makes very many objects that stay; looking for garbage among them would take a tenth of the time.
    gc.set_threshold(100_000)
    try:
        cli(prog_name="rwdenoise")
    except SystemExit as ended:
        if not ended.code and not is_complete():
            ended.code = SOME_FAILED
        leave(ended)
