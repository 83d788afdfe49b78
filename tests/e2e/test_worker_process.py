"""``rwdenoise worker`` from the outside: a real process, its streams, and its end at any moment."""

import json
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rwdenoise import __version__
from rwdenoise.network.unet import save_network
from rwdenoise_cli.commands.gimp import WORKER
from tests.tiny import tiny_facts, tiny_network

CLIENT = Path(__file__).parents[2] / "plugins" / "gimp" / "worker_client.py"
SMALL = (64, 48)
# It takes the tiny network many seconds, all steps together.
LARGE = (2048, 1536)


@pytest.fixture(scope="module")
def command(tmp_path_factory) -> list[str]:
    """Return the command that starts a worker with the tiny network."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(tiny_network("rgb"), tiny_facts("rgb"), path)
    return [*WORKER, f"--weights={path}"]


class Process:
    """A worker, and what it says."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.folder = folder
        self.private = folder / "private"
        self.private.mkdir()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(
            [*command, f"--remove={self.private}"], env=environment, cwd=folder, bufsize=0, **streams
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def write_pixels(self, size: tuple[int, int]) -> bytes:
        width, height = size
        pixels = np.random.default_rng(0).integers(0, 65536, (height, width, 3), np.uint16).tobytes()
        (self.private / "pixels.in").write_bytes(pixels)
        return pixels

    def denoise(self, size: tuple[int, int], job: str, **settings) -> None:
        width, height = size
        request = {"v": 1, "request": "denoise", "job": job, "folder": str(self.private), **settings}
        layout = {"width": width, "height": height, "channels": 3, "alpha": False}
        self.send({**request, **layout, "type": "u16", "encoding": "non-linear"})

    def send(self, request) -> None:
        self.process.stdin.write(json.dumps(request).encode() + b"\n")

    def next(self, kind: str) -> dict:
        """Return the next event of a kind."""
        while line := self._lines.get(timeout=100):
            event = json.loads(line)
            assert event["v"] == 1
            if event["event"] == kind:
                return event
        pytest.fail(f"it ended without {kind}: {self.process.stderr.read()}")

    def seconds_to_end(self, *, status: int = 0) -> float:
        begun = time.monotonic()
        self.process.stdin.close()
        assert self.process.wait(60) == status
        return time.monotonic() - begun


@pytest.fixture
def worker(command, tmp_path: Path):
    worker = Process(command, tmp_path)
    yield worker
    worker.process.kill()
    worker.process.wait()
    for stream in (worker.process.stdin, worker.process.stdout, worker.process.stderr):
        stream.close()


def test_two_jobs_a_mistake_and_the_end(worker) -> None:
    assert worker.next("ready") == {"v": 1, "event": "ready", "version": __version__}
    before = worker.write_pixels(SMALL)
    worker.denoise(SMALL, "one", strength=0)
    assert worker.next("finished")["job"] == "one"
    assert (worker.private / "pixels.out").read_bytes() == before
    worker.process.stdin.write(b"garbage\n")
    failed = worker.next("failed")
    assert (failed["job"], failed["code"]) == ("", "settings")
    worker.denoise(SMALL, "two", quality="great")
    assert "'great'" in worker.next("failed")["message"]
    worker.denoise(SMALL, "two")
    finished = worker.next("finished")
    assert (finished["job"], finished["weights"]) == ("two", "tiny 0")
    assert (worker.private / "pixels.out").read_bytes() != before
    assert worker.seconds_to_end() < 1
    assert list(worker.folder.iterdir()) == []
    assert worker.process.stderr.read() == b""


def test_cancel_in_the_middle(worker) -> None:
    worker.write_pixels(LARGE)
    worker.denoise(LARGE, "long", steps=100)
    worker.next("progress")
    worker.send({"v": 1, "request": "cancel", "job": "long"})
    assert worker.next("cancelled")["job"] == "long"
    assert [path.name for path in worker.private.iterdir()] == ["pixels.in"]
    worker.write_pixels(SMALL)
    worker.denoise(SMALL, "short")
    assert worker.next("finished")["job"] == "short"


def test_the_end_of_stdin_in_the_middle_of_a_job(worker) -> None:
    worker.write_pixels(LARGE)
    worker.denoise(LARGE, "long", steps=100)
    worker.next("progress")
    assert worker.seconds_to_end() < 1
    assert list(worker.folder.iterdir()) == []


def test_the_end_of_stdin_while_torch_is_loaded(worker) -> None:
    worker.next("ready")
    assert worker.seconds_to_end() < 1
    assert list(worker.folder.iterdir()) == []


def test_a_client_that_hears_no_more(command, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    started = [*command, f"--remove={tmp_path / 'private'}"]
    with subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b"anything to answer\n")
        process.stdin.flush()
        assert process.wait(60) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="this system has no POSIX signals")
def test_sigterm(worker) -> None:
    worker.write_pixels(LARGE)
    worker.denoise(LARGE, "long", steps=100)
    worker.next("progress")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(60) == 130
    assert list(worker.folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="this system has no SIGKILL")
def test_a_killed_plug_in_leaves_nothing(command, tmp_path: Path) -> None:
    script = (
        "import sys, worker_client\n"
        f"worker = worker_client.Worker('.', command={command})\n"
        "worker.start()\n"
        f"open(worker.folder + '/pixels.in', 'wb').write(bytes({LARGE[0] * LARGE[1] * 3}))\n"
        f"worker.submit(dict(width={LARGE[0]}, height={LARGE[1]}, channels=3, alpha=False, type='u8',"
        " encoding='non-linear', steps=100))\n"
        "while (worker.poll(0.1) or {}).get('event') != 'progress': pass\n"
        "print(worker.folder, worker._process.pid, flush=True)\n"
        "while True: worker.poll(1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(CLIENT.parent), "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as plug_in:
        folder, pid = plug_in.stdout.readline().split()
        assert Path(os.fsdecode(folder)).is_dir()
        plug_in.kill()
    deadline = time.monotonic() + 5
    while is_alive(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(int(pid))
    assert list(tmp_path.iterdir()) == []


def is_alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc/self").exists()


@pytest.mark.slow
def test_a_second_preview_is_quick(command, tmp_path: Path) -> None:
    # Only what the worker itself takes: the tiny network is quick, and loaded once.
    with runpy.run_path(str(CLIENT))["Worker"](tmp_path, command=command) as worker:
        layer = {"width": 512, "height": 512, "channels": 3, "alpha": False, "type": "float", "encoding": "linear"}
        pixels = np.random.default_rng(0).uniform(0, 1, (512, 512, 3)).astype(np.float32)
        worker.start()
        (Path(worker.folder) / "pixels.in").write_bytes(pixels.tobytes())
        seconds = [
            worker.denoise({**layer, "preview": True, **settings})["seconds"]
            for settings in ({}, {"strength": 0.5}, {"chroma": 0.2, "strength": 0.9}, {"steps": 2})
        ]
    assert max(seconds[1:3]) < 0.5
    assert seconds[3] < 1
