"""Read the configuration file, which holds the user's own defaults for the options of all commands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import platformdirs

from rwdenoise.errors import SettingsError
from rwdenoise_cli.output import printable

#: Where a command remembers its configuration file; None if it was given none.
CONFIG = "rwdenoise_cli.config"

# What TOML must have for each kind of option, and how to say so.
_KINDS = (
    (click.types.BoolParamType, (bool,), "true or false"),
    (click.types.IntParamType, (int,), "a whole number"),
    (click.types.FloatParamType, (int, float), "a number"),
    (click.ParamType, (str,), "text in quotes"),
)


class ConfigOption(click.Option):
    """``--config FILE`` of one command, read before its other options, whose defaults it changes."""

    def __init__(self, table: str, tables: Mapping[str, click.Command]) -> None:
        super().__init__(
            ["--config"],
            metavar="FILE",
            type=click.Path(),
            is_eager=True,
            expose_value=False,
            callback=_configure,
            help="TOML file with defaults for the options; '' to use none."
            f"  [default: {printable(str(default_config()))}]",
        )
        self.table = table
        """The name of the command's own table."""
        self.tables = tables
        """Every command that can be configured, by the name of its table."""


def default_config() -> Path:
    """Return where a configuration file is looked for; it need not be there."""
    return platformdirs.user_config_path("rwdenoise") / "config.toml"


def make_configurable(commands: Iterable[click.Command]) -> None:
    """Give ``--config`` to each command that has options, and to those of groups."""
    tables = dict(_tables(commands))
    for name, command in tables.items():
        # Before --json, which is read as early: of what is not on the command line, the first comes first.
        place = next((index for index, parameter in enumerate(command.params) if parameter.is_eager), None)
        command.params.insert(len(command.params) if place is None else place, ConfigOption(name, tables))


def load_config(path: Path | None, command: click.Command) -> dict[str, Any]:
    """Return what a configuration file says for a command; the whole file is checked.

    Parameters
    ----------
    path : Path or None
        What ``ctx.meta[CONFIG]`` holds. No file at `default_config` is an empty one; None is none at all.
    command : click.Command
        One that `make_configurable` was given.

    Returns
    -------
    dict
        Values by the names of the command's parameters, as click's ``default_map`` takes them.

    Raises
    ------
    SettingsError
        If the file cannot be read, is no TOML, or has a table, a key or a value that does not belong there.
    """
    if path is None:
        return {}
    own = next(parameter for parameter in command.params if isinstance(parameter, ConfigOption))
    values = {
        name: _checked(table, own.tables[name], place=f"[{name}] of {path}")
        for name, table in _find_tables(_read(path), own.tables, path)
    }
    return values.get(own.table, {})


def _configure(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if ctx.resilient_parsing:
        return
    # The working folder may be another when the file is read again.
    ctx.meta[CONFIG] = path = default_config() if value is None else Path(value).absolute() if value else None
    try:
        ctx.default_map = load_config(path, ctx.command)
    except SettingsError as error:
        raise click.UsageError(printable(f"{error.message} {error.hint}"), ctx) from error


def _tables(commands: Iterable[click.Command], prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for command in commands:
        name = f"{prefix}{command.name}"
        if isinstance(command, click.Group):
            yield from _tables(command.commands.values(), f"{name}.")
        elif _options(command):
            yield name, command


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return the options that can be configured, by their long names."""
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {
        name.removeprefix("--"): option
        for option in options
        for name in option.opts
        if option.expose_value and name.startswith("--")
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The configuration {path} is not valid TOML: {error}."
        raise SettingsError(message, hint="Fix the file, or ignore it with --config ''.") from error
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and path == default_config():
            return {}
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"The configuration {path} cannot be read: {reason}."
        raise SettingsError(message, hint="Name a TOML file that you may read.") from error


def _find_tables(
    document: Mapping[str, Any], tables: Mapping[str, click.Command], path: Path, prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the table of each command; that of ``gimp install`` is in a table of its group, ``[gimp.install]``."""
    for key, value in document.items():
        name = f"{prefix}{key}"
        is_group = any(table.startswith(f"{name}.") for table in tables)
        if not isinstance(value, dict) or not (is_group or name in tables):
            known = ", ".join(f"[{table}]" for table in tables)
            message = f"{name!r} in {path} is not a table of options for a command."
            raise SettingsError(message, hint=f"Put options under one of {known}.")
        if is_group:
            yield from _find_tables(value, tables, path, f"{name}.")
        else:
            yield name, value


def _checked(table: Mapping[str, Any], command: click.Command, *, place: str) -> dict[str, Any]:
    options = _options(command)
    if unknown := table.keys() - options.keys():
        message = f"There is no option {min(unknown)!r} for {place}."
        raise SettingsError(message, hint=f"Use {', '.join(options)}.")
    for key, value in table.items():
        _check_kind(options[key], value, place=f"{key} in {place}")
        try:
            options[key].process_value(click.Context(command), value)
        except click.UsageError as error:
            message = f"{key} in {place} cannot be {value!r}: {error.message}"
            raise SettingsError(message, hint="Use a value that the command line accepts.") from error
    return {str(options[key].name): value for key, value in table.items()}


def _check_kind(option: click.Option, value: object, *, place: str) -> None:
    several = option.multiple or option.nargs != 1
    types, words = next((types, words) for kind, types, words in _KINDS if isinstance(option.type, kind))
    values = value if isinstance(value, list) and several else [value]
    # To Python, true is a whole number.
    fits = all(isinstance(one, types) and isinstance(one, bool) == (types == (bool,)) for one in values)
    if not fits or isinstance(value, list) != several:
        message = f"{place} is {value!r}, but must be {words}{' in a list' if several else ''}."
        raise SettingsError(message, hint="Write numbers and true or false without quotes, and text with them.")
