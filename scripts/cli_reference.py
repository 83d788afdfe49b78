"""Write docs/command-line.md from what the commands themselves say: ``python -m scripts.cli_reference``.

``scripts.man_page`` makes a manual page of the same; a test keeps both fresh.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from rwdenoise_cli.config import default_config
from rwdenoise_cli.main import RwDenoise, cli

PAGE = Path(__file__).parents[1] / "docs" / "command-line.md"
#: Where the configuration lies on most machines; that of the machine that writes the page is nobody else's.
CONFIG = "~/.config/rwdenoise/config.toml"
#: Every command has it.
HELP = "-h, --help"
#: Why the examples of some commands are not run by the tests.
NOT_RUN = {
    "rwdenoise watch": "it does not end by itself",
    "rwdenoise train": "it takes hours",
    "rwdenoise preview": "needs a photo of full size, and a screen",
}

TITLE = """# Command line

What `--help` of each command says, written by `python -m scripts.cli_reference`. Options that you give each time can
stand [in a file](configuration.md). What the exit statuses mean, and how programs read the output, stands under
[scripting](scripting.md); what errors mean, under [errors](errors.md).
"""


Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Told:
    """What one command says of itself."""

    name: str
    usage: str
    words: tuple[str, ...]
    """Paragraphs; lines of examples begin with the program's name, or are another program's."""
    options: Options
    """Each with what it means, but for those that are shared."""
    shared: tuple[str, ...]
    """The options that the default command has as well, in the same words."""
    commands: tuple[tuple[str, str], ...]
    """Those of a group, each with what it does."""


def main() -> None:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    print(f"wrote {PAGE.name}")


def reference() -> str:
    """Return the page."""
    return "\n".join([TITLE, *(_section(told) for told in tell(cli))])


def tell(program: RwDenoise) -> Iterator[Told]:
    """Give what each command says: the default command first, and commands of groups after their group."""
    default = _told(program.default, "rwdenoise", others=program, known=())
    yield default
    yield from _tell(program, "rwdenoise", known=default.options)


def is_example(paragraph: str) -> bool:
    """Tell whether a paragraph is lines to type."""
    return paragraph.startswith(("rwdenoise ", "echo "))


def _tell(group: click.Group, prefix: str, *, known: Options) -> Iterator[Told]:
    for key, command in group.commands.items():
        name, others = f"{prefix} {key}", command if isinstance(command, click.Group) else None
        yield _told(command, name, others=others, known=known)
        if others is not None:
            yield from _tell(others, name, known=known)


def _told(command: click.Command, name: str, *, others: click.Group | None, known: Options) -> Told:
    ctx = click.Context(command, info_name=name, **command.context_settings)
    records = (parameter.get_help_record(ctx) for parameter in command.get_params(ctx))
    options = tuple((names, _anywhere(meaning)) for names, meaning in filter(None, records) if meaning)
    return Told(
        name,
        usage=" ".join([name, *command.collect_usage_pieces(ctx)]),
        words=(*_paragraphs(command.help or ""), *_paragraphs(command.epilog or "")),
        options=tuple(option for option in options if option not in known),
        shared=tuple(_last_name(names) for names, meaning in options if (names, meaning) in known and names != HELP),
        commands=tuple((key, one.get_short_help_str(200)) for key, one in others.commands.items()) if others else (),
    )


def _paragraphs(help: str) -> Iterator[str]:
    for paragraph in filter(None, re.split(r"\n\s*\n", inspect.cleandoc(help).strip())):
        # Behind a backspace click keeps the lines as they are.
        kept = paragraph.startswith("\b\n")
        yield paragraph.removeprefix("\b\n") if kept else " ".join(paragraph.split())


def _anywhere(meaning: str) -> str:
    return " ".join(meaning.replace(str(default_config()), CONFIG).split())


def _last_name(names: str) -> str:
    """Return for example ``--output`` of ``-o, --output FILE``."""
    return str(re.findall(r"(?<![\w-])--?[\w-]+", names.split(" / ")[0])[-1])


def _section(told: Told) -> str:
    parts = [f"## {told.name}", f"    {told.usage}"]
    parts += [_block(words, told.name) if is_example(words) else words for words in told.words]
    parts.append("\n".join(f"- `{names}`: {meaning}" for names, meaning in told.options))
    if told.shared:
        parts.append(f"As [for photos](#rwdenoise): {', '.join(f'`{name}`' for name in told.shared)}.")
    parts += [f"### Commands of {told.name}"] if told.commands else []
    parts.append("\n".join(f"- [`{key}`](#{_anchor(f'{told.name} {key}')}): {does}" for key, does in told.commands))
    return "\n\n".join(part for part in parts if part) + "\n"


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")


def _block(examples: str, name: str) -> str:
    lines = "\n".join(f"$ {line}" for line in examples.splitlines())
    block = f"```console\n{lines}\n```"
    return f"<!-- not run: {NOT_RUN[name]} -->\n{block}" if name in NOT_RUN else block


if __name__ == "__main__":
    main()
