"""``rwdenoise weights``: what the network learned, and whether its files are whole."""

from __future__ import annotations

import click

from rwdenoise_cli.output import log, printable, say
from rwdenoise_cli.status import NOTHING_WRITTEN


@click.group()
def weights() -> None:
    """List or verify the weights that came with the program."""


@weights.command("list")
def list_() -> None:
    """Say which weights there are, for --weights."""
    from rwdenoise.weights import list_weights, read_facts

    for listed in list_weights():
        facts = read_facts(listed.path)
        low, high = facts.sigma_range
        say(f"{listed.name}  version {facts.version}, {listed.size / 1e6:.1f} MB, {facts.architecture.domain}")
        say(f"  noise {low:g} to {high:g}, halo {facts.halo} px; {printable(facts.trained)}")


@weights.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Compare the weights files with their checksums. Exit status 1 if one is not as it was released."""
    from rwdenoise.weights import list_weights
    from rwdenoise.weights import verify as compare
    ...
