"""Shells complete our command lines: a line is typed into a real one, with the tabulator key, and run."""

import fcntl
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from rwdenoise_cli.commands.completion import INSTALL
from rwdenoise_cli.main import cli

#: How each shell is started without anybody's configuration, and how it takes our completion.
SHELLS = {
    "bash": (("--noprofile", "--norc", "-i"), 'eval "$(rwdenoise completion bash)"'),
    "zsh": (("-f", "-i"), 'autoload -Uz compinit; compinit -u -D; eval "$(rwdenoise completion zsh)"'),
    "fish": (("--no-config", "-i"), "rwdenoise completion fish | source"),
}
#: How long a shell on a busy machine may take to answer, in s.
PATIENCE = 60


class Shell:
    """A shell at a terminal of its own."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._said = ""

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def wait_for(self, pattern: str) -> str:
        """Return what the shell said until a pattern came, and forget it."""
        end = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self._said)) is None:
            if not select.select([self._terminal], [], [], max(0, end - time.monotonic()))[0]:
                pytest.fail(f"{pattern!r} did not come; the shell said:\n{self._said}")
            self._said += os.read(self._terminal, 4096).decode(errors="replace")
        said, self._said = self._said[: found.end()], self._said[found.end() :]
        return said

    def complete(self, keys: str, becomes: str) -> None:
        """Type, press the tabulator key, and wait for what that makes of it."""
        self.type(f"{keys}\t")
        self.wait_for(becomes)


@contextmanager
def started(name: str, folder: Path) -> Iterator[Shell]:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    arguments, learn = SHELLS[name]
    mine, its = pty.openpty()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "TERM": "dumb",
    }
    shell = subprocess.Popen(
        [program, *arguments],
        cwd=folder,
        env=environment,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        # Without a terminal that is its own a shell has no editing of lines.
        preexec_fn=lambda: fcntl.ioctl(its, termios.TIOCSCTTY, 0),
    )
    try:
        typing = Shell(mine)
        # The quotes keep the echo of the line from being taken for its result.
        typing.type(f"{learn}; echo ready''now\n")
        typing.wait_for("readynow")
        yield typing
    finally:
        shell.kill()
        shell.wait()
        os.close(mine)
        os.close(its)


@pytest.mark.parametrize("name", SHELLS)
def test_commands_options_and_files_are_completed(name: str, tmp_path: Path) -> None:
    (tmp_path / "IMG_1234.NEF").touch()
    with started(name, tmp_path) as shell:
        shell.complete("rwdenoise simu", "late")
        shell.complete("--la", "yout")
        shell.complete("x-t", "rans")
        shell.type("--help\n")
        shell.wait_for("Write a simulated high-ISO RAW photo")
        shell.complete("rwdenoise IMG", r"_1234\.NEF")
        shell.complete("--dry", "-run")
        shell.type("\n")
        shell.wait_for("IMG_1234.NEF is empty")


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_says_how_to_install_it(name: str) -> None:
    result = CliRunner().invoke(cli, ["completion", name])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"# Install it once: {INSTALL[name]}"
    assert INSTALL[name] in CliRunner().invoke(cli, ["completion", "--help"]).stdout


def test_another_shell_is_wrong_usage() -> None:
    result = CliRunner().invoke(cli, ["completion", "tcsh"])
    assert result.exit_code == 2
    assert "bash" in result.stderr
