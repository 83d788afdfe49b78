"""Generate docs/rwdenoise.1, the manual page, from the help texts of the commands: ``python -m scripts.man_page``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rwdenoise import errors
from rwdenoise.errors import RwDenoiseError
from rwdenoise_cli.main import cli
from scripts.cli_reference import CONFIG, Told, is_example, tell

PAGE = Path(__file__).parents[1] / "docs" / "rwdenoise.1"

# man(7): the first line has name and section. It has no date: a date would change the page every day.
HEAD = r""".\" Written by `python -m scripts.man_page`.
.TH RWDENOISE 1
.SH NAME
rwdenoise \- remove noise from camera photos, above all RAW"""

STATUSES = {
    "0": "All photos are written, or were already done.",
    "1": "Nothing was written.",
    "2": "Wrong usage: unknown option or invalid value.",
    "3": "Some photos failed; the others are written.",
    "130": "Interrupted; no partially written file remains.",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(manual(), encoding="utf-8")
    print(f"wrote {PAGE.name}")


def manual() -> str:
    """Return the page."""
    default, *others = tell(cli)
    lines = [HEAD, ".SH SYNOPSIS"]
    lines += [f".B {_escaped(default.usage)}", *(f".br\n.B {_escaped(told.usage)}" for told in others)]
    lines += [".SH DESCRIPTION", *_words(default), ".SH OPTIONS", *_listed(default.options)]
    lines += [".SH COMMANDS", *(line for told in others for line in _command(told))]
    lines += [".SH EXIT STATUS", *_listed(STATUSES.items())]
    lines += [".SH ERRORS", "Each error ends with its code in brackets.", *_listed(codes())]
    lines += [".SH FILES", *_listed([(CONFIG, "Defaults for the options of all commands, in TOML.")])]
    return "\n".join(lines) + "\n"


def codes() -> list[tuple[str, str]]:
    """Return the code of each error with its meaning, base classes before their subclasses."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RwDenoiseError)]
    return [(kind.code, str(inspect.getdoc(kind)).splitlines()[0]) for kind in kinds if kind is not RwDenoiseError]


def _command(told: Told) -> Iterator[str]:
    yield f".SS {_escaped(told.name)}"
    yield from _words(told)
    if told.shared:
        yield f".PP\nAs for photos: {_escaped(', '.join(told.shared))}."
    yield from _listed(told.options)


def _words(told: Told) -> Iterator[str]:
    for words in told.words:
        yield f".PP\n.EX\n{_escaped(words)}\n.EE" if is_example(words) else f".PP\n{_escaped(words)}"


def _listed(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in entries:
        yield f".TP\n.B {_escaped(name)}\n{_escaped(meaning)}"


def _escaped(text: str) -> str:
    """Escape text for troff: backslashes, hyphens, quotes, tildes, and dots at the start of a line."""
    plain = text.replace("\\", r"\(rs").replace("-", r"\-").replace("'", r"\(aq").replace("~", r"\(ti")
    return re.sub(r"^\.", r"\&.", plain, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
