"""``rwdenoise weights``: list the weights of the network, and check that their files are intact."""

from __future__ import annotations

from functools import partial

import click

from rwdenoise_cli.options import HELP, Talk
from rwdenoise_cli.output import printable, say
from rwdenoise_cli.reporting.choose import choose_reporter
from rwdenoise_cli.status import status_of


@click.group(context_settings=HELP)
def weights() -> None:
    """List or verify the weights that came with the program."""


@weights.command("list", context_settings=HELP)
def list_() -> None:
    """List the weights that --weights takes by name."""
    from rwdenoise.network.weights import list_weights, read_facts

    for listed in list_weights():
        facts = read_facts(listed.path)
        low, high = facts.sigma_range
        say(f"{listed.name}  version {facts.version}, {listed.size / 1e6:.1f} MB, {facts.architecture.domain}")
        say(f"  noise {low:.2g} to {high:.2g}, halo {facts.halo} px; {printable(facts.trained)}")


@weights.command(context_settings=HELP)
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Compare each weights file with its checksum.

    Exit status: 0 all are as released, 1 none is, 3 some are not.
    """
    from rwdenoise.jobs.tally import Tally
    from rwdenoise.network.weights import list_weights
    from rwdenoise.network.weights import verify as compare

    known = list_weights()
    tally = Tally(len(known), choose_reporter(Talk(), jobs=len(known)))
    done = 0
    for listed in known:
        if tally.attempt(listed.path, partial(compare, listed)):
            done += 1
            say(f"{listed.name}  ok, sha256 {listed.sha256}")
    ctx.exit(status_of(done=done, failed=tally.failed))
