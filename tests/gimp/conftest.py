"""Fixtures: a GIMP with our plug-in, and the results of one run over all cases."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rwdenoise.network.unet import save_network
from tests.gimp.cases import drawn_cases, idle_cases, kind_cases, place_cases, refused_cases, store_pixels
from tests.gimp.screen import Screen, open_screen
from tests.gimp.tree import ROOT, GimpTree, find_tree, worker_command
from tests.tiny import tiny_facts, tiny_network

INSIDE = Path(__file__).with_name("inside.py")


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a weights file of the tiny network."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(tiny_network("rgb"), tiny_facts("rgb"), path)
    return path


@pytest.fixture(scope="session")
def warm_worker(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Return the command of a worker that starts without loading torch."""
    path = tmp_path_factory.mktemp("warm") / "socket"
    server = subprocess.Popen([sys.executable, "-m", "tests.gimp.warm", str(path)], cwd=ROOT)
    while not path.exists():
        assert server.poll() is None
        time.sleep(0.1)
    yield worker_command(str(ROOT / "tests/gimp/warm.py"), str(path), "worker", "--weights", str(tiny_weights))
    server.kill()
    server.wait()


@pytest.fixture(scope="session")
def tree() -> Path:
    """Return the root tree with GIMP; the environment variable RWDENOISE_GIMP selects the version, by default 3.0."""
    return find_tree(os.environ.get("RWDENOISE_GIMP", "3.0"))


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    """Return a virtual screen."""
    with open_screen() as screen:
        yield screen


@pytest.fixture(scope="session")
def gimp(tree: Path, warm_worker: list[str], tmp_path_factory: pytest.TempPathFactory) -> GimpTree:
    """Return a GIMP with the plug-in installed."""
    gimp = GimpTree(tree, tmp_path_factory.mktemp("gimp"))
    gimp.prepare("file-png")
    gimp.install("rwdenoise", warm_worker)
    return gimp


@pytest.fixture(scope="session")
def outcomes(gimp: GimpTree) -> dict[str, dict[str, Any]]:
    """Return the outcome of every case, by its name; all run in one GIMP because its start takes most of the time."""
    cases = [*kind_cases(), *place_cases(gimp.folder), *idle_cases(), *refused_cases(), *drawn_cases(gimp.folder)]
    store_pixels(cases, gimp.folder)
    results = gimp.run(INSIDE, {"cases": cases})
    return {case["name"]: {**case, **result} for case, result in zip(cases, results, strict=True)}
