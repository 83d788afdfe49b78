"""The command line from the outside: a real process, its streams and its signals."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.io.write import write_photo
from rwdenoise.network.unet import save_network
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from tests.tiny import tiny_facts, tiny_network

COMMAND = [sys.executable, "-m", "rwdenoise_cli"]
NOISE = ["--noise", "0.002,0.00001"]
POSIX = pytest.mark.skipif(os.name != "posix", reason="this system has no POSIX signals and names")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    """Return the options that choose the tiny network."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(tiny_network(), tiny_facts(), path)
    return f"--weights={path}"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rgb = rng.uniform(0.1, 0.5, (3, 600, 900)).astype(np.float32)
    path = tmp_path / "photo.NEF"
    write_photo(simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)[0], path, provenance=None)
    return path


@pytest.fixture(autouse=True)
def one_thread(monkeypatch) -> None:
    """Keep the tiny network from waiting for a second processor that does something else."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def run(*arguments: str | bytes, **options) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=120, check=False, **options)


def test_from_end_to_end(photo, tiny) -> None:
    result = run("photo.NEF", tiny, "--json", cwd=photo.parent)
    assert result.returncode == 0, result.stderr
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in told if event["event"] != "progress"] == [
        "started",
        "noise",
        "residual",
        "finished",
        "summary",
    ]
    assert (photo.parent / "photo.dng").is_file()


@pytest.mark.parametrize("arguments", ["['--help']", "['simulate', '--help']", "['x.NEF', '--steps', '0']"])
def test_help_and_mistakes_load_nothing_heavy(arguments) -> None:
    code = (
        "import sys; from rwdenoise_cli.main import cli\n"
        f"try: cli({arguments}, prog_name='rwdenoise')\n"
        "except SystemExit: print(sorted({'torch', 'rawpy', 'numpy', 'rich', 'PIL'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


@POSIX
def test_help_is_quick() -> None:
    # Time of the processor, not of the clock: other programs may be running.
    times = []
    for _ in range(3):
        before = os.times()
        assert run("--help").returncode == 0
        after = os.times()
        times.append(sum(after[2:4]) - sum(before[2:4]))
    assert min(times) < 0.5


def test_a_dry_run_does_not_load_torch(photo) -> None:
    code = (
        "import sys; from rwdenoise_cli.main import cli\n"
        f"try: cli([{str(photo)!r}, '--dry-run'], prog_name='rwdenoise')\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "False"


@POSIX
@pytest.mark.parametrize(("number", "hasty"), [("SIGTERM", False), ("SIGINT", True)], ids=["term", "ctrl-c-twice"])
def test_a_signal_stops_cleanly(photo, tiny, number, hasty) -> None:
    command = [*COMMAND, str(photo), str(photo), "--json", "--steps", "100", tiny, *NOISE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if '"denoise"' in line:
                break
        process.send_signal(signal.Signals[number])
        if hasty:
            time.sleep(0.01)
            process.send_signal(signal.Signals[number])
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == ""
    told = [json.loads(line) for line in rest.splitlines()]
    assert [event["event"] for event in told if event["event"] != "progress"] == ["cancelled", "summary"]
    assert told[-1]["skipped"] == 1
    assert [path.name for path in photo.parent.iterdir()] == ["photo.NEF"]


@POSIX
def test_killed_at_any_time_leaves_nothing(photo, tiny) -> None:
    command = [*COMMAND, str(photo), "--json", "--steps", "100", tiny, *NOISE]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if b'"denoise"' in line:
                break
        process.kill()
    assert [path.name for path in photo.parent.iterdir()] == ["photo.NEF"]


@POSIX
def test_a_reader_that_goes_away_does_not_stop_the_work(photo, tiny) -> None:
    command = [*COMMAND, str(photo), "--json", tiny, *NOISE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert errors == b""
    assert photo.with_suffix(".dng").is_file()


@POSIX
def test_a_full_disk_for_the_output_does_not_stop_the_work(photo, tiny) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    command = [*COMMAND, str(photo), "--json", tiny, *NOISE]
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert result.returncode == 3
    assert result.stderr == ("The output cannot be written: No space left on device. The work continues without it.\n")
    assert photo.with_suffix(".dng").is_file()


@POSIX
def test_names_that_are_no_text_on_a_terminal_that_knows_no_unicode(photo, tiny) -> None:
    name = b"a \xff\n\xe5\x86\x99.NEF"
    folder = photo.parent
    try:
        (folder / os.fsdecode(name)).write_bytes(photo.read_bytes())
    except OSError:
        pytest.skip("this file system allows only names that are UTF-8")
    result = run(name, tiny, *NOISE, cwd=folder, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0, result.stderr
    assert b"\\udcff\\n" in result.stdout.splitlines()[0]
    assert len(result.stdout.splitlines()) == 2


@POSIX
def test_a_folder_without_permission(photo, tiny) -> None:
    closed = photo.parent / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this user may write everywhere (root), so nothing can be forbidden")
    result = run(str(photo), "-o", str(closed), tiny)
    assert result.returncode == 1
    assert b"You have no write permission in" in result.stderr
    assert not list(closed.iterdir())


@POSIX
def test_a_terminal_gets_a_bar_without_colors_if_wished(photo, tiny) -> None:
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}
    command = [*COMMAND, str(photo), "-o", str(photo.parent / "[red].dng"), tiny, *NOISE]
    with subprocess.Popen(command, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        shown = b"".join(iter(lambda: _read(master), b"")).decode()
    os.close(master)
    assert process.returncode == 0
    assert "denoise  photo.NEF" in shown
    assert "% " in shown
    assert " left" in shown
    assert "\x1b[3" not in shown
    assert "/[red].dng  " in shown.splitlines()[-2]


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # What Linux says when the other end is closed.
        return b""
