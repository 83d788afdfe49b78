"""``rwdenoise watch`` from the outside: a real process, real events of the system, real signals."""

import json
import os
import plistlib
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwdenoise.io.read import read_photo
from rwdenoise.io.write import write_photo
from rwdenoise.network.unet import save_network
from tests.photos import raw_photo
from tests.tiny import tiny_facts, tiny_network

COMMAND = [sys.executable, "-m", "rwdenoise_cli", "watch"]
DOCS = Path(__file__).parents[2] / "docs"
POSIX = pytest.mark.skipif(os.name != "posix", reason="this system has no such signals")

STUCK = """
import time
from rwdenoise.watch.wakeup import Wakeup
from rwdenoise_cli.watching.signals import WatchSignals
wakeup = Wakeup()
wakeup.before_exit = lambda: print("at last", flush=True)
with WatchSignals(wakeup):
    print("ready", flush=True)
    while True:
        time.sleep(60)
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    """Return the option that chooses the tiny network."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(tiny_network(), tiny_facts(), path)
    return f"--weights={path}"


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> bytes:
    """Return a small RAW file."""
    return drawn(tmp_path_factory.mktemp("small") / "a.dng", (90, 120))


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> bytes:
    """Return a RAW file with which the tiny network, at many steps, is busy for long."""
    return drawn(tmp_path_factory.mktemp("large") / "a.dng", (800, 1200))


def drawn(path: Path, size: tuple[int, int]) -> bytes:
    write_photo(raw_photo(size=size), path, provenance=None)
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder with an inbox and a configuration; what is the user's own is not touched."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "in").mkdir()
    (tmp_path / "config.toml").write_text("[watch]\nsteps = 60\n")
    return tmp_path


class Watching:
    """A process that watches, and what it says."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [*COMMAND, "in", "--into", "out", "--json", "--config", "config.toml", *options]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=folder, **streams)
        self.events: queue.Queue[dict] = queue.Queue()
        self.log: queue.Queue[str] = queue.Queue()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read_events, self._read_log)]
        for thread in self._threads:
            thread.start()

    def _read_events(self) -> None:
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def _read_log(self) -> None:
        for line in self.process.stderr:
            self.log.put(line.decode())

    def next(self, kind: str, *, seconds: float = 30) -> dict:
        while (event := self.events.get(timeout=seconds))["event"] != kind:
            assert event["event"] != "failed", event
        return event

    def end(self, number: signal.Signals) -> float:
        """Send a signal, and return after how many seconds the process was gone."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        for thread in self._threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return time.monotonic() - begun


@pytest.fixture
def watching(folder: Path, tiny: str) -> Iterator[Watching]:
    watching = Watching(folder, tiny)
    yield watching
    if watching.process.returncode is None:
        watching.end(signal.SIGKILL)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=100)


def status(folder: Path) -> tuple[int, dict]:
    result = run(folder, "in", "--status", "--json")
    return result.returncode, json.loads(result.stdout)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@POSIX
def test_a_day_of_a_watcher(folder: Path, photo: bytes, watching: Watching) -> None:
    # A card is copied in slowly, and the copying stops for a while.
    path = folder / "in" / "card" / "a.NEF"
    path.parent.mkdir()
    while not list((folder / "home").rglob("health.json")):
        time.sleep(0.02)
    with path.open("wb", buffering=0) as file:
        for part in range(0, len(photo), len(photo) // 4):
            file.write(photo[part : part + len(photo) // 4])
            time.sleep(0.3)
        if sys.platform == "linux":
            # It is whole, but nobody can know that before it is closed.
            time.sleep(3)
            assert watching.events.empty()
    assert watching.next("finished")["output"] == "out/card/a.dng"
    assert read_photo(folder / "out" / "card" / "a.dng").mosaic.shape == (90, 120)
    assert path.read_bytes() == photo

    code, facts = status(folder)
    assert (code, facts["alive"], facts["pid"]) == (0, True, watching.process.pid)
    assert (facts["done"], facts["queue"], facts["state"], facts["failures"]) == (1, 0, "waiting", [])
    second = run(folder, f"{folder}/in/../in", "--into", "elsewhere")
    assert second.returncode == 2
    assert f"in is being watched already, by process {watching.process.pid} on " in second.stderr

    # A mistake in the configuration changes nothing, and a good one counts for the next photo.
    config = folder / "config.toml"
    for text, words, strength in [("strenght = 0.5", "is not used", 1.0), ("strength = 0.5", "read again", 0.5)]:
        config.write_text(f"[watch]\n{text}\n")
        watching.process.send_signal(signal.SIGHUP)
        assert words in watching.log.get(timeout=10)
        new = folder / f"{strength}.NEF"
        new.write_bytes(photo)
        new.rename(folder / "in" / new.name)
        assert watching.next("finished")["strength"] == strength

    assert watching.end(signal.SIGTERM) < 5
    assert watching.process.returncode == 0
    assert files(folder / "out") == {"card/a.dng", "1.0.dng", "0.5.dng"}
    code, facts = status(folder)
    assert (code, facts["alive"], facts["state"]) == (1, False, "stopped")
    assert "is not being watched" in run(folder, "in", "--status").stdout


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_photo_in_work_is_dropped_and_made_the_next_time(
    folder: Path, large: bytes, tiny: str, watching: Watching, number: signal.Signals
) -> None:
    (folder / "in" / "a.NEF").write_bytes(large)
    while watching.next("progress")["stage"] != "denoise":
        pass
    assert watching.end(number) < 5
    assert watching.process.returncode == (0 if number == signal.SIGTERM else -number)
    assert not (folder / "out").exists() or files(folder / "out") == set()
    (folder / "in" / "bad.NEF").write_bytes(large[: len(large) // 2])

    result = run(folder, "in", "--into", "out", tiny, "--once", "--done-to", "done", "--poll", "1")
    assert result.returncode == 3, result.stderr
    assert files(folder / "out") == {"a.dng"}
    assert files(folder / "done") == {"a.NEF"}
    assert files(folder / "in") == {"bad.NEF"}
    code, facts = status(folder)
    assert code == 1
    assert [Path(failure["source"]).name for failure in facts["failures"]] == ["bad.NEF"]


@POSIX
def test_what_cannot_be_dropped_is_left_in_time() -> None:
    with subprocess.Popen([sys.executable, "-c", STUCK], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "at last\n"
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["in"], 2, "Missing option '--into'"),
        (["missing", "--into", "out"], 1, "missing does not exist, or is not a folder"),
        (["in", "--into", "in"], 2, "would be taken for new photos"),
        (["in", "--into", "{folder}/x/{stem}{suffix}"], 2, "puts results into the inbox"),
        (["in", "--into", "out/{what}"], 2, "{what}"),
        (["in", "--status"], 1, ""),
    ],
)
def test_mistakes_are_said_at_once(folder: Path, arguments: list[str], code: int, words: str) -> None:
    result = run(folder, *arguments)
    assert result.returncode == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr


class TestUnits:
    """The files in docs/ that start a watcher."""

    def test_systemd_takes_the_unit(self, tmp_path: Path) -> None:
        if shutil.which("systemd-analyze") is None:
            pytest.skip("there is no systemd-analyze")
        unit = (DOCS / "rwdenoise-watch.service").read_text(encoding="utf-8")
        # It is installed elsewhere, and systemd looks whether it is there.
        path = tmp_path / "rwdenoise-watch.service"
        path.write_text(unit.replace("%h/.local/bin/rwdenoise", "/bin/true"), encoding="utf-8")
        command = ["systemd-analyze", "verify", "--user", "--man=no", str(path)]
        environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")

    def test_launchd_can_read_its_file(self) -> None:
        path = DOCS / "org.rwdenoise.watch.plist"
        table = plistlib.loads(path.read_bytes())
        assert table["Label"] == path.stem
        assert table["ProgramArguments"][1] == "watch"

    def test_their_options_exist(self, folder: Path) -> None:
        table = plistlib.loads((DOCS / "org.rwdenoise.watch.plist").read_bytes())
        unit = (DOCS / "rwdenoise-watch.service").read_text(encoding="utf-8")
        (start,) = (line.split()[2:] for line in unit.splitlines() if line.startswith("ExecStart="))
        help_text = run(folder, "--help").stdout
        for word in (*table["ProgramArguments"][2:], *start):
            assert not word.startswith("--") or word in help_text
