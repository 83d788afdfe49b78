"""``rwdenoise completion``: what makes a shell complete our command lines."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from rwdenoise_cli.options import HELP
from rwdenoise_cli.output import say

#: What to do once, for each shell; zsh has no completion until compinit has run.
INSTALL = {
    "bash": """echo 'eval "$(rwdenoise completion bash)"' >> ~/.bashrc""",
    "zsh": """echo 'autoload -Uz compinit && compinit; eval "$(rwdenoise completion zsh)"' >> ~/.zshrc""",
    "fish": "rwdenoise completion fish > ~/.config/fish/completions/rwdenoise.fish",
}


@click.command(context_settings=HELP, short_help="Let the shell complete commands and options.")
@click.argument("shell", type=click.Choice(tuple(INSTALL)))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print what makes a shell complete commands, options, their values and names of files.

    To install it, once, for the shell that you use:

    \b
    echo 'eval "$(rwdenoise completion bash)"' >> ~/.bashrc
    echo 'autoload -Uz compinit && compinit; eval "$(rwdenoise completion zsh)"' >> ~/.zshrc
    rwdenoise completion fish > ~/.config/fish/completions/rwdenoise.fish
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    kind = get_completion_class(shell)
    if kind is None:
        message = f"click has no completion for {shell}."
        raise click.UsageError(message, ctx)
    # The variable by which click knows that a shell is asking.
    say(kind(ctx.find_root().command, {}, "rwdenoise", "_RWDENOISE_COMPLETE").source().rstrip())
    say(f"# To install it, once: {INSTALL[shell]}")
