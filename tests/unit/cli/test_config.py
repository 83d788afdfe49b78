"""The configuration file: what it sets, and what it is refused for."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rwdenoise.errors import SettingsError
from rwdenoise_cli import config
from rwdenoise_cli.config import CONFIG, default_config, load_config, make_configurable
from rwdenoise_cli.main import cli

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"


@click.command()
@click.option("-n", "--number", type=click.IntRange(1, 9), default=1)
@click.option("--share", type=click.FloatRange(0, 1))
@click.option("--kind", type=click.Choice(["one", "two"]), default="one")
@click.option("-o", "--output", "to")
@click.option("--add", multiple=True, type=int)
@click.option("--journal/--no-journal", default=True)
@click.option("--json", "as_json", is_flag=True, is_eager=True)
@click.version_option("1")
@click.pass_context
def work(ctx: click.Context, **values: object) -> None:
    click.echo({**values, "config": ctx.meta[CONFIG]})


@click.command()
@click.option("--into")
def put(**values: object) -> None:
    click.echo(values)


@click.command()
def bare() -> None:
    click.echo("bare")


make_configurable([work, click.Group("tools", commands=[put]), bare])


@pytest.fixture
def file(tmp_path: Path, monkeypatch) -> Path:
    """Return where the configuration is looked for, in a folder of its own."""
    monkeypatch.setattr(config, "default_config", lambda: tmp_path / "config.toml")
    return tmp_path / "config.toml"


def run(*arguments: str, command: click.Command = work) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return result.output


def test_every_kind_of_option(file) -> None:
    text = '[work]\nnumber = 3\nshare = 1\nkind = "two"\noutput = "x"\nadd = [1, 2]\njournal = false\njson = true\n'
    file.write_text(text)
    expected = {"number": 3, "share": 1, "kind": "two", "to": "x", "add": [1, 2], "journal": False, "as_json": True}
    assert load_config(file, work) == expected
    told = run()
    assert "'number': 3, 'share': 1.0, 'kind': 'two', 'to': 'x', 'add': (1, 2), 'journal': False" in told
    assert "'as_json': True" in told


def test_the_command_line_wins(file) -> None:
    file.write_text('[work]\nnumber = 3\nkind = "two"\njournal = false\n')
    assert "'number': 4" in run("-n", "4")
    assert "'kind': 'one'" in run("--kind", "one")
    assert "'journal': True" in run("--journal")


def test_another_file_or_none(file, tmp_path) -> None:
    file.write_text("[work]\nnumber = 3\n")
    other = tmp_path / "other.toml"
    other.write_text("[work]\nnumber = 5\n")
    assert "'number': 5" in run("--config", str(other))
    told = run("--config", "")
    assert "'number': 1" in told
    assert "'config': None" in told


def test_the_file_is_remembered_by_its_full_name(file, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.toml").write_text("")
    assert f"'config': {(tmp_path / 'here.toml')!r}" in run("--config", "here.toml")
    assert f"'config': {file!r}" in run()


def test_no_file_is_needed(file) -> None:
    assert "'number': 1" in run()
    assert load_config(file, work) == {}
    assert load_config(None, work) == {}


def test_a_file_that_was_named_is_needed(file, tmp_path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml cannot be read"):
        load_config(tmp_path / "gone.toml", work)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_config(tmp_path, work)


def test_commands_of_a_group(file) -> None:
    file.write_text('[tools.put]\ninto = "there"\n[work]\nnumber = 2')
    assert load_config(file, put) == {"into": "there"}
    assert "'there'" in run(command=put)


def test_a_command_without_options_has_no_configuration(file) -> None:
    file.write_text("nonsense")
    assert run(command=bare) == "bare\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[play]", "'play' in .* is not a table", r"\[work\], \[tools\.put\]"),
        ("number = 3", "'number' in .* is not a table", r"\[work\]"),
        ("work = 3", "'work' in .* is not a table", r"\[work\]"),
        ("[tools]\ninto = 'x'", r"'tools\.into' in .* is not a table", r"\[tools\.put\]"),
        ("[bare]", "'bare' in .* is not a table", r"\[work\]"),
        ("[[work]]", "'work' in .* is not a table", r"\[work\]"),
        ("[work]\nnumbr = 3", r"no option 'numbr' for \[work\] of .*config\.toml", "number, share, kind, output, add"),
        ("[work]\nto = 'x'", "no option 'to'", "output"),
        ("[work]\nversion = true", "no option 'version'", "number"),
        ("[work]\nconfig = 'x'", "no option 'config'", "number"),
        ("[tools.put]\nonto = 'x'", r"no option 'onto' for \[tools\.put\]", "into"),
        ("[work]\nnumber = '3'", r"number in \[work\] of .* is '3', but must be a whole number", "quotes"),
        ("[work]\nnumber = 3.0", "is 3.0, but must be a whole number", "quotes"),
        ("[work]\nnumber = true", "is True, but must be a whole number", "quotes"),
        ("[work]\nnumber = [3]", r"is \[3\], but must be a whole number", "quotes"),
        ("[work]\nshare = 'half'", "is 'half', but must be a number", "quotes"),
        ("[work]\njournal = 1", "is 1, but must be true or false", "quotes"),
        ("[work]\nkind = 2026-11-25", "text in quotes", "quotes"),
        ("[work]\nadd = 3", "is 3, but must be a whole number in a list", "quotes"),
        ("[work]\nadd = [1, 'x']", "a whole number in a list", "quotes"),
        ("[work]\nnumber = 10", r"number in \[work\] of .* cannot be 10: .* range 1<=x<=9", "command line"),
        ("[work]\nshare = -0.1", "range", "command line"),
        ("[work]\nkind = 'three'", "'one', 'two'", "command line"),
        ("[work", r"config\.toml is not valid TOML: Expected", "Fix"),
        ("[work]\nnumber = 1\nnumber = 2", "is not valid TOML", "Fix"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(file, text, message, hint) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        load_config(file, put)
    assert str(file) in caught.value.message
    assert re.search(hint, caught.value.hint)


def test_bytes_that_are_no_text(file) -> None:
    file.write_bytes(b"[work]\nkind = '\xff'")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load_config(file, work)


def test_a_mistake_is_told_as_wrong_usage_and_does_not_keep_from_help(file) -> None:
    file.write_text("[work]\n'numb\\nr' = 3")
    result = CliRunner().invoke(work, [], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.output.splitlines()[-1].startswith(r"Error: There is no option 'numb\\nr'")
    told = run("--help")
    assert "--config" in told
    assert run("--version").startswith("work, version 1")


def test_the_help_says_where_the_file_lies() -> None:
    told = "".join(run("--help", command=cli).split())
    assert "".join(str(default_config()).split()) in told


def test_each_command_with_options_has_a_table() -> None:
    (denoise,) = (parameter for parameter in cli.default.params if isinstance(parameter, config.ConfigOption))
    assert {"denoise", "inspect", "simulate", "gimp.install"} <= denoise.tables.keys()


def test_the_example_of_the_documentation(tmp_path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "config.toml"
    path.write_text(text)
    told = load_config(path, cli.default)
    assert told == {"steps": 4, "strength": 0.8, "noise": "auto", "to": "{folder}/denoised/{stem}{suffix}"}
    # What is switched off by a comment must hold as well.
    path.write_text(re.sub(r"^# (?=[a-z-]+ = )", "", text, flags=re.MULTILINE))
    assert told.keys() < load_config(path, cli.default).keys()
