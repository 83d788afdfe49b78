"""Training for a moment: it learns, goes on where it stopped, and exports what can be loaded."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rwdenoise.color import encode_srgb
from rwdenoise.errors import SettingsError
from rwdenoise.network import UNet
from rwdenoise.scene import draw_scene
from rwdenoise.weights import list_weights as list_in
from rwdenoise.weights import load_network, read_facts, verify
from tests.tiny import ARCHITECTURE, tiny_network
from training.camera import CameraBag
from training.checkpoint import Progress, load_checkpoint, save_checkpoint
from training.export import export
from training.photos import decode, draw_patches, find_photos, is_held_out
from training.recipe import Recipe, read_recipe
from training.train import Trainer

RECIPE = Recipe(architecture=ARCHITECTURE, patch=32, batch=4)
RECIPES = Path(__file__).parents[2] / "training" / "recipes"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    scene = draw_scene(260, 288, rng=np.random.default_rng(1))
    pixels = (encode_srgb(scene) * 255).astype(np.uint8).transpose(1, 2, 0)
    for index in range(14):
        Image.fromarray(np.roll(pixels, 10 * index, axis=1)).save(folder / f"{index}.png")
    return folder


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_is_read(path: Path) -> None:
    assert read_recipe(path).batch > 0


@pytest.mark.parametrize("line", ["bach = 3", "[architecture]\nwidth = 3"])
def test_a_typo_in_a_recipe_is_an_error(tmp_path: Path, line: str) -> None:
    recipe = tmp_path / "x.toml"
    recipe.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match="unknown key"):
        read_recipe(recipe)


def test_a_tenth_is_held_out_and_stays_so() -> None:
    held_out = [name for name in (f"photo{index}.jpg" for index in range(2000)) if is_held_out(Path(name))]
    assert 150 < len(held_out) < 250
    assert held_out[:3] == ["photo1.jpg", "photo11.jpg", "photo12.jpg"], "a change would let validation photos train"


def test_a_list_of_names_selects(photos: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("3.png\n5.png\n", encoding="utf-8")
    assert [path.name for path in find_photos(photos, names=names)] == ["3.png", "5.png"]


def test_patches_keep_neighbors_together(photos: Path) -> None:
    decoded = decode(find_photos(photos))
    patches = draw_patches(decoded, count=5, size=32, rng=np.random.default_rng(1))
    assert patches.shape == (5, 3, 32, 32)
    assert patches.dtype == torch.uint8


def test_pairs_have_the_noise_that_is_told(photos: Path) -> None:
    bag = CameraBag(size=64, jitter=0.0, device=torch.device("cpu"), seed=1)
    flat = torch.full((64, 3, 64, 64), 128, dtype=torch.uint8)
    pairs = bag.photograph(flat)
    assert pairs.noisy.isfinite().all()
    ratio = (pairs.noisy - pairs.clean).flatten(1).median(dim=1).values / pairs.sigma
    assert ratio.abs().median() < 0.1
    spread = (pairs.noisy - pairs.clean).flatten(1).quantile(0.84, dim=1) / pairs.sigma
    assert spread.median().item() == pytest.approx(1, abs=0.1)
    assert len({tuple(colors[:, :6, :6].flatten().tolist()) for colors in pairs.colors}) > 10, "many kinds of sensors"


def test_it_learns_and_goes_on_after_an_interruption(photos: Path, tmp_path: Path) -> None:
    def trainer(minutes: float) -> Trainer:
        return Trainer(RECIPE, photos, tmp_path, minutes=minutes, device=torch.device("cpu"))

    first = trainer(0.03)
    first.run()
    assert first.progress.step > 3
    resumed = trainer(0.06)
    assert resumed.progress.step == first.progress.step
    for name, tensor in first.network.state_dict().items():
        torch.testing.assert_close(resumed.network.state_dict()[name], tensor)
    resumed.run()
    assert resumed.progress.step > first.progress.step
    before = UNet(ARCHITECTURE).state_dict()["head.mix.weight"]
    assert (resumed.average.state_dict()["head.mix.weight"] - before).abs().max() > 1e-3


def test_checkpoints_hold_everything(tmp_path: Path) -> None:
    network, average = tiny_network().requires_grad_(), tiny_network()
    adam = torch.optim.AdamW(network.parameters())
    sum(p.square().sum() for p in network.parameters()).backward()
    adam.step()
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, network, average, adam, Progress(step=7, seconds=1.5))
    other, other_average = UNet(ARCHITECTURE), UNet(ARCHITECTURE)
    other_adam = torch.optim.AdamW(other.parameters())
    assert load_checkpoint(path, other, other_average, other_adam) == Progress(step=7, seconds=1.5)
    first, second = (next(iter(a.state_dict()["state"].values()))["exp_avg"] for a in (adam, other_adam))
    torch.testing.assert_close(first, second)
    assert list(tmp_path.iterdir()) == [path], "no temporary file is left"


def test_export_describes_itself_and_enters_the_manifest(tmp_path: Path) -> None:
    network = tiny_network()
    adam = torch.optim.AdamW(network.requires_grad_().parameters())
    checkpoint = tmp_path / "checkpoint.safetensors"
    save_checkpoint(checkpoint, network, network, adam, Progress(step=12, seconds=120))
    facts = export(RECIPE, checkpoint, tmp_path, name="tiny", version="0.1")
    (listed,) = list_in(tmp_path)
    verify(listed)
    assert read_facts(listed.path) == facts == load_network(listed.path)[1]
    assert "12 batches" in facts.trained
    assert 0 < facts.halo <= 48


def test_the_log_is_json(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.train.REPORT_EVERY", 1)
    trainer = Trainer(
        dataclasses.replace(RECIPE, batch=1), photos, tmp_path, minutes=0.01, device=torch.device("cpu")
    )  # fmt: skip
    monkeypatch.setattr(trainer.validation, "measure", lambda _network: {"bayer": 30.0})
    trainer.run()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["step"] == 1
    assert all(0 <= line["simulating"] <= 1 for line in lines)


def test_training_needs_no_camera_files_library() -> None:
    # Machines with fast GPUs often have torch, numpy, pillow and safetensors, and little else.
    code = (
        "import training.__main__, sys; print(sorted({'rawpy', 'exiv2', 'tifffile', 'imagecodecs'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=RECIPES.parents[1]
    )
    assert result.stdout.strip() == "[]"
