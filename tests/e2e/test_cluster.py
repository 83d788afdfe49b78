"""A batch on a local cluster: results as at home, a worker that is killed in the middle loses nothing."""

import json
import os
import signal
import socket
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

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = pytest.mark.timeout(240)

PHOTOS = 16
PATIENCE = 90.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with photos and the weights of a tiny network."""
    folder = tmp_path_factory.mktemp("shared")
    save_network(tiny_network(), tiny_facts(), folder / "tiny.safetensors")
    (folder / "card").mkdir()
    rng = np.random.default_rng(0)
    for number in range(PHOTOS):
        rgb = rng.uniform(0.1, 0.5, (3, 300, 400)).astype(np.float32)
        photo, _ = simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)
        write_photo(photo, folder / "card" / f"{number:02}.dng", provenance=None)
    (folder / "card" / "broken.dng").write_bytes((folder / "card" / "00.dng").read_bytes()[:9000])
    return folder


class LocalCluster:
    """A scheduler and its workers, each a process of its own, on this machine alone."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        self._processes = [self._start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]

    def add_worker(self) -> subprocess.Popen:
        options = ("--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        self._processes.append(self._start("worker", self.address, *options))
        return self._processes[-1]

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def _start(self, kind: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        log = (self._folder / f"{kind}.log").open("ab")
        with log:
            return subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"}
            )


@pytest.fixture
def cluster(tmp_path):
    cluster = LocalCluster(tmp_path)
    yield cluster
    cluster.stop()


def start(folder: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "rwdenoise_cli", "card", "--weights=tiny.safetensors", "--json", *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_worker_that_is_killed_loses_nothing(folder, cluster, tmp_path) -> None:
    """The one that is left does the rest, each once; the results are those of a call without a cluster."""
    workers = [cluster.add_worker(), cluster.add_worker()]
    out = tmp_path / "out"
    with start(folder, "--cluster", cluster.address, "-o", str(out), "--noise", "0.002,0.00001") as process:
        deadline = time.monotonic() + PATIENCE
        while len(names(out)) < 3 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        workers[0].send_signal(signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    told = [json.loads(line) for line in stdout.splitlines()]
    assert process.returncode == 3, stderr
    ends = [
        (event["event"], Path(event["job"]).name)
        for event in told
        if event["event"] in ("finished", "failed", "skipped")
    ]
    assert sorted(name for _, name in ends) == sorted(names(folder / "card"))
    assert [name for kind, name in ends if kind == "failed"] == ["broken.dng"]
    summary = told[-1]
    # A result that was written, but not told of before the worker died, is found done by the other one.
    assert (summary["written"] + summary["already"], summary["failed"]) == (PHOTOS, 1)
    assert summary["already"] <= 1
    assert names(out) == {f"{number:02}.dng" for number in range(PHOTOS)}

    with start(folder, "-o", str(tmp_path / "home"), "--noise", "0.002,0.00001") as process:
        process.communicate(timeout=PATIENCE)
    for name in names(out):
        assert (out / name).read_bytes() == (tmp_path / "home" / name).read_bytes()

    with start(folder, "--cluster", cluster.address, "-o", str(out), "--noise", "0.002,0.00001") as process:
        stdout, _ = process.communicate(timeout=PATIENCE)
    assert json.loads(stdout.splitlines()[-1])["already"] == PHOTOS, "the journal and the results know them"


def test_no_scheduler_is_one_clear_error(folder, tmp_path) -> None:
    with start(folder, "--cluster", "tcp://127.0.0.1:1", "-o", str(tmp_path / "out")) as process:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in stderr
    assert "Traceback" not in stderr
    assert json.loads(stdout.splitlines()[-1])["code"] == "device-unavailable"
