"""What a terminal shows while photos are denoised, and what a log gets where there is none."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from rwdenoise.events import Failed, Noise, Progress, Skipped, Started
from rwdenoise.io.write import write_photo
from rwdenoise.network.unet import save_network
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise_cli.options import Talk
from rwdenoise_cli.reporting import choose
from rwdenoise_cli.reporting.choose import choose_reporter
from rwdenoise_cli.reporting.lines import Reporter
from tests.tiny import tiny_facts, tiny_network

POSIX = pytest.mark.skipif(os.name != "posix", reason="this system has no pseudo-terminals")
COMMAND = [sys.executable, "-m", "rwdenoise_cli"]
NAMES = ("IMG_1.NEF", "IMG_2.NEF", "IMG_3.NEF")
#: Colors, of letters or of what is behind them.
COLOR = re.compile(r"\x1b\[[\d;]*\b(3\d|4\d|9\d|10\d)\b[\d;]*m")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Shown(NamedTuple):
    """What came of a call."""

    status: int
    terminal: str
    stdout: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with photos and weights that are quick."""
    folder = tmp_path_factory.mktemp("photos")
    save_network(tiny_network(), tiny_facts(), folder / "tiny.safetensors")
    rng = np.random.default_rng(0)
    rgb = rng.uniform(0.1, 0.5, (3, 256, 256)).astype(np.float32)
    for name in NAMES:
        write_photo(simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)[0], folder / name, provenance=None)
    return folder


def call(folder: Path, *arguments: str) -> list[str]:
    options = ["--weights", str(folder / "tiny.safetensors"), "--noise", "0.002,0.00001", "--overwrite"]
    return [*COMMAND, *(str(folder / name) for name in arguments if name.endswith(".NEF")), *options] + [
        argument for argument in arguments if not argument.endswith(".NEF")
    ]


def show(command: list[str], *, columns: int = 100, on_text: Callable[[str, int], None] | None = None, **env) -> Shown:
    """Run a command on a pseudo-terminal, with stdout in a pipe; `on_text` is told what came so far."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    quiet = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "FORCE_COLOR"}}
    environment = {**quiet, "TERM": "xterm-256color", "OMP_NUM_THREADS": "1", **env}
    with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, env=environment) as process:
        os.close(slave)
        seen = b""
        while chunk := _read(master):
            seen += chunk
            if on_text is not None:
                on_text(seen.decode(errors="replace"), process.pid)
        stdout = process.stdout.read().decode()
    os.close(master)
    return Shown(process.returncode, seen.decode(), stdout)


def on_screen(text: str) -> list[str]:
    """Return the lines that a terminal shows in the end: it knows how to go up, to the left, and to erase a line."""
    lines, row, column = [""], 0, 0
    for sign in re.findall(r"\x1b\[[\d;?]*[A-Za-z]|.|\n", text, re.DOTALL):
        if sign == "\n":
            row += 1
            lines += [""] * (row - len(lines) + 1)
        elif sign == "\r":
            column = 0
        elif sign == "\x1b[1A":
            row -= 1
        elif sign == "\x1b[2K":
            lines[row] = ""
        elif len(sign) == 1:
            lines[row] = lines[row][:column].ljust(column) + sign + lines[row][column + 1 :]
            column += 1
    return [line for line in lines if line.strip()]


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # What Linux says when the other end is closed.
        return b""


@pytest.fixture(scope="module")
def batch(folder) -> Shown:
    return show(call(folder, *NAMES, "-o", str(folder / "out")))


@POSIX
class TestTerminal:
    def test_a_batch_has_a_bar_for_the_photo_and_one_for_all(self, batch) -> None:
        assert batch.status == 0
        assert re.search(r"denoise  IMG_2\.NEF .*100%", batch.terminal)
        counts = [tuple(map(int, count)) for count in re.findall(r"photo (\d) of (\d)", batch.terminal)]
        assert counts == sorted(counts)
        assert {(1, 3), (2, 3), (3, 3)} == set(counts)
        assert " left" in batch.terminal

    def test_the_bar_for_all_never_goes_back(self, batch) -> None:
        shares = [int(share) for share in re.findall(r"photo \d of \d .*?(\d+)%", batch.terminal)]
        assert shares == sorted(shares)
        assert shares[-1] > 66

    def test_the_bars_are_gone_in_the_end_and_the_cursor_is_back(self, batch) -> None:
        assert batch.terminal.count(HIDE) == batch.terminal.count(SHOW)
        assert batch.terminal.rindex(SHOW) > batch.terminal.rindex(HIDE)
        # What was drawn last is one erased line above another.
        assert batch.terminal.endswith("\x1b[1A\x1b[2K" * 2)

    def test_results_go_to_stdout_alone_and_plain(self, batch) -> None:
        assert "\x1b" not in batch.stdout
        assert [line.partition(" -> ")[2].split()[0][-9:] for line in batch.stdout.splitlines()[:3]] == [
            "IMG_1.dng",
            "IMG_2.dng",
            "IMG_3.dng",
        ]
        assert batch.stdout.splitlines()[3].startswith("3 written in ")

    def test_a_single_photo_has_one_bar(self, folder) -> None:
        shown = show(call(folder, NAMES[0], "-o", str(folder / "one.dng")), NO_COLOR="")
        assert "denoise  IMG_1.NEF" in shown.terminal
        assert "photo 1 of" not in shown.terminal
        assert COLOR.search(shown.terminal), "an empty NO_COLOR asks for nothing"

    def test_no_color_if_wished_on_a_narrow_terminal_that_knows_ascii_only(self, folder) -> None:
        command = call(folder, *NAMES[:2], "-o", str(folder / "plain"))
        shown = show(command, columns=40, NO_COLOR="1", PYTHONIOENCODING="ascii")
        assert shown.status == 0
        assert not COLOR.search(shown.terminal)
        assert shown.terminal.isascii()
        plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.terminal)
        assert max(len(line) for line in re.split(r"[\r\n]+", plain)) <= 40
        assert {"photo 1 of 2", "photo 2 of 2"} <= set(re.findall(r"photo \d of \d", plain))

    def test_a_terminal_that_cannot_draw_gets_lines(self, folder) -> None:
        shown = show(call(folder, NAMES[0], "-o", str(folder / "dumb.dng")), TERM="dumb")
        assert "\x1b" not in shown.terminal
        assert "IMG_1.NEF: denoise, noise 0.002/1e-5 given" in shown.terminal

    def test_ctrl_c_gives_the_terminal_back(self, folder) -> None:
        sent: list[int] = []

        def interrupt(text: str, pid: int) -> None:
            if "denoise  IMG_1" in text and not sent:
                sent.append(pid)
                os.kill(pid, signal.SIGINT)

        shown = show(call(folder, *NAMES, "--steps", "100", "-o", str(folder / "stopped")), on_text=interrupt)
        assert shown.status == 130
        assert shown.terminal.rindex(SHOW) > shown.terminal.rindex(HIDE)
        assert "Traceback" not in shown.terminal
        assert on_screen(shown.terminal)[-2:] == [
            "Stopping. Press Ctrl-C again to stop at once.",
            f"{folder / NAMES[0]}: stopped before anything was written",
        ]


class TestLog:
    def test_without_a_terminal_there_is_a_line_for_each_stage(self, folder) -> None:
        command = call(folder, *NAMES[:2], "-o", str(folder / "log"))
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "FORCE_COLOR": "1"}
        )
        assert "\x1b" not in done.stderr + done.stdout
        assert "\r" not in done.stderr
        lines = done.stderr.splitlines()
        assert [line.split(": ")[-1].partition(",")[0] for line in lines] == ["read", "denoise", "write"] * 2
        assert [line[:5] for line in lines] == ["[1/2]"] * 3 + ["[2/2]"] * 3

    def test_quiet_is_silent(self, folder) -> None:
        done = subprocess.run(
            call(folder, NAMES[0], "-q", "-o", str(folder / "q.dng")), capture_output=True, check=True
        )
        assert (done.stdout, done.stderr) == (b"", b"")


class TestCounting:
    @pytest.fixture
    def reporter(self) -> Reporter:
        return Reporter(Talk(), jobs=4)

    def test_what_is_refused_or_done_already_is_not_one_of_those_to_come(self, reporter, capsys) -> None:
        reporter(Failed("a", "no-access", "a does not exist.", "Check it."))
        reporter(Skipped("b", "b.dng", "done already"))
        for job in ("c", "d"):
            reporter(Started(job, job, f"{job}.dng"))
            reporter(Progress(job, "read", 0, 1))
        logged = capsys.readouterr().err
        assert "[1/2] c: read" in logged
        assert "[2/2] d: read" in logged

    def test_what_fails_on_the_way_counts(self, reporter, capsys) -> None:
        reporter(Started("a", "a", "a.dng"))
        reporter(Failed("a", "corrupt-photo", "a is damaged.", "Copy it."))
        reporter(Started("b", "b", "b.dng"))
        reporter(Progress("b", "read", 0, 1))
        assert "[2/4] b: read" in capsys.readouterr().err

    def test_a_photo_that_is_written_while_the_next_is_read_counts_once(self, reporter, capsys) -> None:
        for event in (
            Started("a", "a", "a.dng"),
            Started("b", "b", "b.dng"),
            Noise("a", 1e-3, 1e-5, "given"),
            Failed("a", "write-failed", "a is full.", "Free it."),
            Progress("b", "denoise", 1, 2),
        ):
            reporter(event)
        assert reporter.jobs == 4
        assert "[2/4] b: denoise" in capsys.readouterr().err


@pytest.mark.parametrize("term", ["dumb", "Unknown"])
def test_only_a_terminal_that_can_draw_gets_bars(monkeypatch, term) -> None:
    monkeypatch.setattr(choose.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert type(choose_reporter(Talk(), jobs=1)).__name__ == "BarReporter"
    assert type(choose_reporter(Talk(quiet=True), jobs=1)) is Reporter
    monkeypatch.setenv("TERM", term)
    assert type(choose_reporter(Talk(), jobs=1)) is Reporter
