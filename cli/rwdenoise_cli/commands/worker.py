"""``rwdenoise worker``: denoise layers for an image editor, for as long as it sends requests."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

import click

from rwdenoise.choices import QUALITIES
from rwdenoise.errors import SettingsError
from rwdenoise.events import Event, to_json
from rwdenoise_cli.options import HELP
from rwdenoise_cli.status import ALL_WRITTEN

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.jobs.worker import LoadDenoiser

_STDIN, _STDOUT, _STDERR = 0, 1, 2


@click.command(context_settings=HELP, short_help="Denoise layers for an image editor.")
@click.option("--weights", metavar="NAME", help="Weights for all requests, instead of those of each request's quality.")
@click.option(
    "--remove",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to delete at the end, with all that is in it: for callers that may be killed before they can.",
)
def worker(*, weights: str | None, remove: Path | None) -> None:
    """Denoise layers for an image editor that sends requests to stdin. GIMP's plug-in starts this command.

    Requests are lines of JSON, and so are the events on stdout; docs/worker.md describes both. The worker ends as soon
    as its stdin is closed.
    """
    from rwdenoise.jobs.worker import Requests, Worker

    events = _claim_stdout()

    def listen(event: Event) -> None:
        try:
            print(to_json(event), file=events, flush=True)
        except OSError:
            end_at_once()  # Nobody hears it.

    def end_at_once() -> NoReturn:
        server.abandon()
        _remove(remove)
        # The main thread may be computing for seconds, and cannot be interrupted. Nothing is left for the interpreter
        # to clean up.
        os._exit(ALL_WRITTEN)

    server = Worker(_loader(weights), listen=listen)
    try:
        server.serve(Requests(_STDIN, on_end=end_at_once))
    finally:
        _remove(remove)


def _claim_stdout() -> IO[str]:
    """Return stdout for events alone; what else would be written there, by any library, goes to stderr."""
    events = os.fdopen(os.dup(_STDOUT), "w", encoding="ascii")
    os.dup2(_STDERR, _STDOUT)
    return events


def _loader(weights: str | None) -> LoadDenoiser:
    """Return what loads each weights file once for each device."""

    @cache
    def load(name: str, device: str) -> Denoiser:
        from rwdenoise.denoising.denoiser import load_denoiser

        return load_denoiser(name, device=device)

    def choose(quality: str, device: str) -> Denoiser:
        if quality not in QUALITIES:
            message = f"The quality is {quality!r}; it must be one of {', '.join(QUALITIES)}."
            raise SettingsError(message, hint="Leave the quality out for the default.")
        return load(weights or QUALITIES[quality]["rgb"], device)

    return choose


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
