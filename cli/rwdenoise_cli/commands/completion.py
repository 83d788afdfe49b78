"""``rwdenoise completion``: print the script with which a shell completes our command lines."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from rwdenoise_cli.options import HELP
from rwdenoise_cli.output import say

#: How to install it, for each shell; zsh completes nothing until compinit has run.
INSTALL = {
    "bash": """echo 'eval "$(rwdenoise completion bash)"' >> ~/.bashrc""",
    "zsh": """echo 'autoload -Uz compinit && compinit; eval "$(rwdenoise completion zsh)"' >> ~/.zshrc""",
    "fish": "rwdenoise completion fish > ~/.config/fish/completions/rwdenoise.fish",
}


@click.command(context_settings=HELP, short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(tuple(INSTALL)))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script that makes a shell complete commands, options, their values and file names.

    Install it once, for the shell that you use:

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
    say(f"# Install it once: {INSTALL[shell]}")
