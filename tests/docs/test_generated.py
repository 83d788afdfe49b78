"""Pages that are generated are fresh, and every error has its place."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rwdenoise import errors
from rwdenoise.errors import RwDenoiseError
from rwdenoise_cli.main import cli
from scripts.cli_reference import PAGE, reference, tell
from scripts.man_page import PAGE as MANUAL
from scripts.man_page import codes, manual
from tests.docs.pages import PAGES, ROOT, anchors, name_of

#: The cards of the weights name options of the benches.
FOR_USERS = [page for page in PAGES if page.parent.name != "weights"]
CODES = sorted(
    {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RwDenoiseError)}
)


def test_the_command_line_is_as_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m scripts.cli_reference"


def test_the_manual_is_as_the_commands_say() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run: python -m scripts.man_page"


def test_every_command_says_what_it_does() -> None:
    for told in tell(cli):
        assert told.words, told.name
        assert all(meaning for _, meaning in told.options), told.name


@pytest.mark.parametrize("page", FOR_USERS, ids=name_of)
def test_every_option_that_a_page_names_exists(page: Path) -> None:
    spans = re.findall(r"`((?:rwdenoise |--)[^`\n]*)`", page.read_text(encoding="utf-8"))
    named = {option for span in spans for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)}
    there = {option for told in tell(cli) for names, _ in told.options for option in re.findall(r"--[a-z-]+", names)}
    assert named - there == set()


def test_the_manual_is_good_troff() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    result = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-z", str(MANUAL)], capture_output=True, text=True, check=True
    )
    assert result.stderr == ""


@pytest.mark.parametrize("code", [*CODES, "worker-failed"])
def test_every_error_code_has_an_anchor(code: str) -> None:
    assert code in anchors(ROOT / "docs" / "errors.md")


def test_every_error_code_is_in_the_manual() -> None:
    assert {code for code, _ in codes()} == {*CODES} - {RwDenoiseError.code}
