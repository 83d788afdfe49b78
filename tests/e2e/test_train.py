"""Training one's own weights with the command, alone and as two processes under torchrun."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.color import encode_srgb
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene

ROOT = Path(__file__).parents[2]
RECIPE = """
patch = 32
batch = 4

[architecture]
domain = "cfa"
widths = [8, 8]
blocks = [1, 1]
embedding = 16
"""
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with photos, noisy RAW, and a recipe for a tiny network."""
    folder = tmp_path_factory.mktemp("train")
    (folder / "photos").mkdir()
    rng = np.random.default_rng(1)
    scene = draw_scene(300, 320, rng=rng)
    pixels = (encode_srgb(scene) * 255).astype(np.uint8).transpose(1, 2, 0)
    for index in range(6):
        Image.fromarray(np.roll(pixels, 50 * index, axis=1)).save(folder / "photos" / f"{index}.png")
    write_photo(simulate_raw(scene, cfa=RGGB, iso=6400, rng=rng)[0], folder / "noisy.dng", provenance=None)
    (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    return folder


def run(*command: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=check, env=ONE_THREAD, timeout=300)


def rwdenoise(*arguments: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "rwdenoise_cli", *arguments, cwd=cwd, check=check)


def test_the_weights_denoise(folder: Path) -> None:
    command = ("train", "photos", "--into", "mine", "--recipe", "tiny.toml", "--noise-from", "noisy.dng")
    first = rwdenoise(*command, "--minutes", "0.05", "--json", cwd=folder)
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert lines[0]["step"] == 0
    assert lines[0]["scores"].keys() == lines[-2]["scores"].keys(), "held against what it began with"
    assert lines[-1]["event"] == "trained"
    assert lines[-1]["weights"] == str(Path("mine") / "mine.safetensors")
    assert {path.name for path in (folder / "mine").iterdir()} == {
        "checkpoint.safetensors", "curve.png", "log.jsonl", "manifest.toml", "mine.safetensors", "validation.jpg",
    }  # fmt: skip
    for name in ("curve.png", "validation.jpg"):
        with Image.open(folder / "mine" / name) as picture:
            picture.load()

    again = rwdenoise(*command, "--minutes", "0.1", cwd=folder)
    assert "mine.safetensors" in again.stdout
    steps = [json.loads(line)["step"] for line in (folder / "mine" / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps), "it went on"
    assert steps.count(0) == 1

    rwdenoise("noisy.dng", "--weights", "mine/mine.safetensors", "--device", "cpu", "-o", "clean.dng", cwd=folder)
    assert (folder / "clean.dng").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("photos", "--recipe", "best"), "Recipe 'best' not found"),
        (("photos", "--start-from", "best"), "no weights called 'best'"),
        (("missing",), "does not exist"),
        (("noisy.dng",), "photos given: 1."),
        (("photos", "--noise-from", "photos/1.png"), "no sensor mosaic"),
    ],
)
def test_mistakes_are_told(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    result = rwdenoise("train", *arguments, "--into", "never", "--device", "cpu", cwd=folder, check=False)
    assert result.returncode in (1, 2)
    assert "Traceback" not in result.stderr
    assert words in result.stderr
    assert not (folder / "never").exists()


def test_two_processes_learn_as_one(folder: Path) -> None:
    run(*TORCHRUN, "tests.ranks", str(folder / "photos"), str(folder), cwd=ROOT)
    first, second = (load_file(folder / f"rank-{rank}.safetensors") for rank in range(2))
    assert not torch.equal(first["clean"], second["clean"]), "they see different draws"
    assert first["photos"] + second["photos"] == 5, "one of the six photos validates"
    torch.testing.assert_close(first["mean"], (first["own"] + second["own"]) / 2, rtol=1e-4, atol=1e-6)
    assert (first["own"] - second["own"]).abs().max() > 1e-3
    for name in ("mean", "network", "average", "step", "seconds"):
        assert torch.equal(first[name], second[name]), name
    assert first["step"] > 1
    lines = (folder / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1, "only one of them writes"


def test_two_processes_stop_together(folder: Path) -> None:
    command = [*TORCHRUN, "rwdenoise_cli", "train", str(folder / "photos"), "--into", str(folder / "stopped")]
    command += ["--recipe", str(folder / "tiny.toml"), "--device", "cpu", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ONE_THREAD) as process:
        lines = iter(process.stdout)
        while json.loads(next(lines))["step"] == 0:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=120)
    assert process.returncode != 0
    assert b"Cancelled" not in log, "no traceback of ours"
    assert (folder / "stopped" / "checkpoint.safetensors").exists(), "it can go on"
    assert not (folder / "stopped" / "stopped.safetensors").exists()
