"""What can be told of the GIMP 3 plug-ins without GIMP: that they agree with the program, and what they say."""

import ast
import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rwdenoise.choices import DEVICES, MAX_STEPS, QUALITIES, QUALITY, Settings
from rwdenoise.io.formats import RAW_SUFFIXES

PLUGINS = Path(__file__).parents[3] / "plugins" / "gimp"
FILTER, LOADER = PLUGINS / "rwdenoise", PLUGINS / "rwdenoise-raw"
DEFAULTS = {"strength": 1.0, "detail": 0.0, "chroma": -1.0, "steps": 2, "quality": "best", "device": "auto"}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Return what imports a module of the filter; its plain names are forgotten afterwards."""
    before = set(sys.modules)
    for folder in (PLUGINS, FILTER):
        monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(PLUGINS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("folder", [FILTER, LOADER])
def test_gimp_finds_the_script(folder: Path) -> None:
    script = folder / f"{folder.name}.py"
    assert script.read_text().startswith("#!/usr/bin/env python3\n")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("path", [*FILTER.glob("*.py"), *LOADER.glob("*.py")], ids=lambda path: path.name)
def test_only_gi_and_the_standard_library_are_imported(path: Path) -> None:
    own = {file.stem for folder in (path.parent, PLUGINS) for file in folder.glob("*.py")} | {"gi"}
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in own | sys.stdlib_module_names


def test_the_loader_opens_what_the_program_reads() -> None:
    tree = ast.parse((LOADER / "rwdenoise-raw.py").read_text())
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert {f".{suffix}" for suffix in ast.literal_eval(assigned["SUFFIXES"])} == RAW_SUFFIXES


def test_a_raw_photo_that_cannot_be_developed_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    command = [sys.executable, LOADER / "develop.py", tmp_path / "missing.nef", "--remove", folder]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        ready, *events = [json.loads(line) for line in process.stdout]
    assert ready["event"] == "ready"
    assert "missing.nef" in next(event for event in events if event["event"] == "failed")["message"]
    assert process.returncode != 0
    assert not folder.exists()


def test_developing_ends_and_leaves_nothing_when_nobody_asks_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    os.mkfifo(tmp_path / "endless.nef")
    command = [sys.executable, LOADER / "develop.py", tmp_path / "endless.nef", "--remove", folder]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    process.communicate(timeout=60)
    assert not folder.exists()


def test_the_settings_are_those_of_the_program(load: Callable[[str], ModuleType]) -> None:
    settings = load("settings")
    defaults = {name: default for name, _, _, default in settings.NUMBERS + settings.WHOLE_NUMBERS + settings.WORDS}
    assert defaults == DEFAULTS
    assert settings.STEPS == (1, MAX_STEPS)
    assert defaults["steps"] == Settings.steps
    assert defaults["quality"] == QUALITY
    assert set(settings.QUALITIES) == set(QUALITIES)
    assert set(settings.DEVICES) == set(DEVICES)
    assert set(settings.NAMES) == set(DEFAULTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", 1.5), ("strength", math.nan), ("detail", -0.1), ("chroma", -0.5), ("chroma", 1.01),
        ("steps", 0), ("steps", MAX_STEPS + 1), ("quality", "fsat"), ("device", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_value(load: Callable[[str], ModuleType], name: str, value: Any) -> None:
    fault = load("settings").find_fault({**DEFAULTS, name: value})
    assert name in fault
    assert (str(value) or "''") in fault


@pytest.mark.parametrize(("chroma", "sent"), [(-1.0, None), (0.0, 0.0), (1.0, 1.0)])
def test_chroma_as_strength_is_null(load: Callable[[str], ModuleType], chroma: float, sent: float | None) -> None:
    settings = load("settings")
    chosen = {**DEFAULTS, "chroma": chroma}
    assert settings.find_fault(chosen) is None
    assert settings.to_request(chosen) == {**chosen, "chroma": sent}


def test_progress_tells_the_time_left_of_all_layers(load: Callable[[str], ModuleType]) -> None:
    seconds = iter([0.0, 1.0, 10.0, 90.0])
    progress = load("progress").Progress(2, clock=lambda: next(seconds))
    assert progress.at(0, 4) == (0.0, "Denoising layer 1 of 2")
    assert progress.at(1, 4) == (0.125, "Denoising layer 1 of 2")
    assert progress.at(2, 4) == (0.25, "Denoising layer 1 of 2: 30 s left")
    assert progress.at(0, 4, 1) == (0.5, "Denoising layer 2 of 2: 2 min left")


def test_pixels_that_are_fully_selected_are_found_among_all_others(load: Callable[[str], ModuleType]) -> None:
    # Together the bytes of some of these look like a 1 that begins within a number.
    bits = np.array([0, 0x3F800000, 0x3F000000, 0x3F3F803F, 0x3F803F80, 0x00803F80, 0x8000003F, 0x3F7FFFFF], np.uint32)
    for seed in range(50):
        mask = np.random.default_rng(seed).choice(bits, 400)
        found = np.zeros(400 * 6, bool)
        for run in load("selection").full_runs(mask.tobytes(), 6):
            found[run] = True
        np.testing.assert_array_equal(found, np.repeat(mask == 0x3F800000, 6))


class FakeWorker:
    """Remembers what it is asked, and says what it is given to say."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.asked: list[Any] = []
        self.says: list[dict[str, Any]] = []

    def submit(self, request: dict[str, Any]) -> str:
        self.asked.append(request["strength"])
        return f"job {len(self.asked)}"

    def cancel(self, job: str) -> None:
        self.asked.append(f"cancel {job}")

    def poll(self) -> dict[str, Any] | None:
        return self.says.pop(0) if self.says else None


@pytest.fixture
def worker(tmp_path: Path) -> FakeWorker:
    (tmp_path / "pixels.out").write_bytes(b"denoised")
    return FakeWorker(tmp_path)


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def preview(
    load: Callable[[str], ModuleType], worker: FakeWorker, seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return a preview that need not rest, of a drawable that needs no GIMP."""
    monkeypatch.setitem(sys.modules, "pixels", SimpleNamespace(prepare=lambda *_: {}))
    module = load("preview")
    monkeypatch.setattr(module, "_REST_SECONDS", -1)
    return module.Preview(worker, None, show=lambda area, data: seen.append((area, data)), say=seen.append)


def test_the_preview_shows_what_was_wanted(preview: Any, worker: FakeWorker, seen: list[Any]) -> None:
    preview.want("here", {**DEFAULTS, "strength": 0.5})
    preview.tick()
    worker.says = [
        {"event": "progress", "job": "job 1", "stage": "denoise", "done": 1, "total": 4},
        {"event": "finished", "job": "job 1"},
    ]
    preview.tick()
    assert worker.asked == [0.5]
    assert seen == ["working", "25 %", ("here", b"denoised"), ""]


def test_a_change_cancels_and_waits_for_the_end_of_the_job(preview: Any, worker: FakeWorker, seen: list[Any]) -> None:
    for strength in (0.5, 0.6, 0.7):
        preview.want("here", {**DEFAULTS, "strength": strength})
        preview.tick()
    assert worker.asked == [0.5, "cancel job 1", "cancel job 1"]
    worker.says = [{"event": "cancelled", "job": "job 1"}]
    preview.tick()
    assert worker.asked[3:] == [0.7]
    assert ("here", b"denoised") not in seen


def test_forgetting_waits_until_the_worker_is_free(preview: Any, worker: FakeWorker) -> None:
    preview.want("here", DEFAULTS)
    preview.tick()
    worker.says = [{"event": "cancelled", "job": "job 1"}]
    preview.forget()
    assert worker.asked == [1.0, "cancel job 1"]
    assert worker.says == []


def test_the_preview_says_why_a_job_failed(preview: Any, worker: FakeWorker, seen: list[Any]) -> None:
    preview.want("here", DEFAULTS)
    preview.tick()
    worker.says = [{"event": "failed", "job": "job 1", "message": "No memory.", "hint": "Close programs."}]
    preview.tick()
    assert seen[-1] == "No memory. Close programs."
