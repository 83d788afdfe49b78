"""Test short training runs: they learn, resume, and export weights that can be loaded."""

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from rwdenoise.errors import SettingsError, WeightsMismatchError
from rwdenoise.network.unet import UNet, load_network, save_network
from rwdenoise.network.weights import Architecture, read_facts, verify
from rwdenoise.network.weights import list_weights as list_in
from rwdenoise.photo.cfa import Domain
from rwdenoise.photo.color import encode_srgb
from rwdenoise.simulation.scene import draw_scene
from tests.tiny import ARCHITECTURE, tiny_facts, tiny_network
from training import in_camera, white_noise
from training.camera import CameraBag
from training.checkpoint import Progress, load_checkpoint, save_checkpoint
from training.export import Mixture, export
from training.launch import Order, launch
from training.muon import choose_optimizer, orthogonalize
from training.photos import WHITE, decode, draw_patches, find_photos, is_held_out
from training.pictures import FACTORS, SCENES, PictureBag, PicturePairs, Scaling
from training.recipe import Recipe, read_recipe
from training.stars import draw_stars
from training.train import TRAINERS, Trainer
from training.white_noise import WhiteBag

RECIPE = Recipe(architecture=ARCHITECTURE, patch=32, batch=4)
GENERATOR = torch.Generator().manual_seed(1)
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
    assert WHITE / 2 < patches.max() <= WHITE


def test_halved_patches_are_means_of_four() -> None:
    rng = np.random.default_rng(1)
    photo = torch.from_numpy(rng.integers(0, 256, (3, 16, 16), np.uint8))
    (patch,) = draw_patches([photo], count=1, size=8, rng=rng, halved_share=1.0)
    means = photo.float().reshape(3, 8, 2, 8, 2).mean(dim=(2, 4))
    assert sorted((patch / 4).flatten().tolist()) == sorted(means.flatten().tolist())


def test_stars_are_wider_than_a_pixel() -> None:
    sky = draw_stars(64, 64, rng=np.random.default_rng(1))
    assert sky.shape == (3, 64, 64)
    row, column = divmod(int(sky[1].argmax()), 64)
    peak = sky[1, row, column]
    neighbors = sky[1, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    assert peak > 0
    assert (neighbors > 0.1 * peak).sum() >= 4, "a star falls on several sites, a hot pixel on one"


def test_muon_steps_along_all_directions_alike() -> None:
    rows, columns = (torch.linalg.qr(torch.randn(size, 16, generator=GENERATOR))[0] for size in (32, 64))
    uneven = rows @ torch.diag(torch.logspace(0, -1.5, 16)) @ columns.T
    lengths = torch.linalg.svdvals(orthogonalize(uneven).float())[:16]
    assert (lengths > 0.6).all()
    assert (lengths < 1.3).all()


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_every_optimizer_learns(optimizer: str) -> None:
    network = tiny_network().requires_grad_()
    chosen = choose_optimizer(network, dataclasses.replace(RECIPE, optimizer=optimizer, learning_rate=3e-3))
    x, colors = torch.rand(2, 1, 32, 32, generator=GENERATOR), torch.ones(2, 3, 32, 32)
    losses = []
    for _ in range(12):
        loss = (network(x, colors, torch.full((2,), 0.1)) - 0.5).square().mean()
        chosen.zero_grad()
        loss.backward()
        chosen.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_an_unknown_optimizer_is_an_error() -> None:
    with pytest.raises(SettingsError, match="sgd"):
        choose_optimizer(tiny_network(), dataclasses.replace(RECIPE, optimizer="sgd"))


def test_pairs_have_the_noise_that_is_told(photos: Path) -> None:
    bag = CameraBag(size=64, jitter=0.0, device=torch.device("cpu"), seed=1)
    flat = torch.full((64, 3, 64, 64), WHITE // 2, dtype=torch.int16)
    pairs = bag.photograph(flat)
    assert pairs.noisy.isfinite().all()
    ratio = (pairs.noisy - pairs.clean).flatten(1).median(dim=1).values / pairs.sigma
    assert ratio.abs().median() < 0.1
    spread = (pairs.noisy - pairs.clean).flatten(1).quantile(0.84, dim=1) / pairs.sigma
    assert spread.median().item() == pytest.approx(1, abs=0.1)
    assert len({tuple(colors[:, :6, :6].flatten().tolist()) for colors in pairs.colors}) > 10, "many kinds of sensors"


class TestPictures:
    """Pairs of developed pictures."""

    def bag(self, seed: int = 1) -> PictureBag:
        return PictureBag(size=48, device=torch.device("cpu"), seed=seed)

    @pytest.mark.parametrize("scene", sorted(set(SCENES)))
    @pytest.mark.parametrize("factor", [1.0, *FACTORS])
    def test_a_pair_of_every_size_is_a_patch_with_noise(self, photos: Path, scene: float, factor: float) -> None:
        bag, scaling = self.bag(), Scaling(scene, factor)
        drawn = draw_patches(
            decode(find_photos(photos)), count=4, size=bag.source_size(scaling), rng=np.random.default_rng(1)
        )
        pairs = bag.photograph(drawn, scaling)
        assert pairs.clean.shape == pairs.noisy.shape == (4, 3, 48, 48)
        assert pairs.noisy.isfinite().all()
        assert (pairs.noisy != pairs.clean).any()

    def test_noise_comes_in_every_strength_and_kind(self, photos: Path) -> None:
        bag, decoded = self.bag(), decode(find_photos(photos))
        rng = np.random.default_rng(1)
        size = bag.source_size(Scaling())
        pairs = [bag.photograph(draw_patches(decoded, count=4, size=size, rng=rng), Scaling()) for _ in range(30)]
        deviations = torch.cat([(pair.noisy - pair.clean).flatten(1).std(dim=1) for pair in pairs])
        assert deviations.min() < 0.006
        assert deviations.max() > 0.15
        grays = torch.cat([(pair.clean[:, :1] == pair.clean).flatten(1).all(dim=1) for pair in pairs])
        assert 0 < grays.sum() < 30

    def test_the_light_stays(self, photos: Path) -> None:
        """Weak noise does not change the brightness of a developed picture; the tone curve darkens strong noise."""
        bag = self.bag(seed=3)
        flat = torch.full((16, 3, 64, 64), WHITE // 2, dtype=torch.int16)
        means = [bag.photograph(flat, Scaling()) for _ in range(8)]
        noise = torch.cat([(pair.noisy - pair.clean).flatten(1) for pair in means])
        deviation = noise.std(dim=1)
        weak = (deviation > 0.003) & (deviation < 0.05)
        assert weak.sum() > 20
        assert (noise.mean(dim=1) / deviation)[weak].abs().median() < 0.1


def test_pictures_are_learned(photos: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, architecture=dataclasses.replace(ARCHITECTURE, domain="rgb"))
    trainer = TRAINERS["rgb"](recipe, find_photos(photos), tmp_path, minutes=0.03, device=torch.device("cpu"))
    trainer.start_from(save_cfa(tmp_path))
    body = "bottom.blocks.0.first.weight"
    torch.testing.assert_close(trainer.network.state_dict()[body], tiny_network().half().float().state_dict()[body])
    trainer.run()
    scores = trainer.validate()
    assert {"before", "developed", "gaussian 25", "noise-free"} <= scores.keys()
    facts = export(recipe, trainer.checkpoint, tmp_path, name="pictures", version="0.1")
    assert facts.architecture.domain == "rgb"
    assert 0 < facts.halo <= 48
    assert facts.sigma_range[1] == 0.25


class TestWhiteNoise:
    def test_it_is_as_strong_as_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(white_noise, "CALM_SHARE", 0.0)
        pairs = self.draw(torch.full((16, 3, 64, 64), WHITE // 2, dtype=torch.int16))
        noise = pairs.noisy - pairs.clean
        torch.testing.assert_close(noise.flatten(1).std(dim=1), pairs.sigma, rtol=0.03, atol=0)
        torch.testing.assert_close(pairs.clean, torch.full_like(pairs.clean, 0.5))
        assert 0.003 <= pairs.sigma.min() < pairs.sigma.max() <= 0.25

    def test_where_there_is_nothing_to_see_it_is_weaker_and_blotchy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(white_noise, "CALM_SHARE", 1.0)
        pairs = self.draw(torch.randint(WHITE, (16, 3, 64, 64), dtype=torch.int16))
        noise = pairs.noisy - pairs.clean
        strengths = noise.flatten(1).std(dim=1) / pairs.sigma
        assert 0 <= strengths.min() < 0.3 < 0.7 < strengths.max() <= 1.01
        assert pairs.clean.diff(dim=2).abs().mean() < 0.03, "the patches' own detail is left"
        gray, color = (float(functional.avg_pool2d(part, 4).std() / part.std()) for part in in_camera.split_luma(noise))
        assert 0.3 < gray < color - 0.1, "white noise has 0.25"

    @pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
    def test_enlarged_scenes_fill_the_patches(self, scale: float) -> None:
        scaling = Scaling(scene=scale)
        bag = WhiteBag(size=64, device=torch.device("cpu"), seed=1)
        size = bag.source_size(scaling)
        assert size == math.ceil(64 / scale)
        pairs = bag.photograph(torch.randint(WHITE, (4, 3, size, size), dtype=torch.int16), scaling)
        assert pairs.clean.shape == pairs.noisy.shape == (4, 3, 64, 64)

    @staticmethod
    def draw(patches: torch.Tensor) -> PicturePairs:
        bag = WhiteBag(size=patches.shape[-1], device=torch.device("cpu"), seed=1)
        return bag.photograph(patches, Scaling())

    def test_it_is_learned_and_names_the_weights_that_measure(self, photos: Path, tmp_path: Path) -> None:
        recipe = dataclasses.replace(
            RECIPE,
            architecture=dataclasses.replace(ARCHITECTURE, domain="rgb"),
            white_noise=True,
            measured_by="rgb-look",
        )
        trainer = TRAINERS["rgb"](recipe, find_photos(photos), tmp_path, minutes=0.03, device=torch.device("cpu"))
        trainer.run()
        assert trainer.validate()["noise-free"] > 30
        facts = export(recipe, trainer.checkpoint, tmp_path, name="pictures", version="0.1")
        assert read_facts(tmp_path / "pictures.safetensors").measured_by == facts.measured_by == "rgb-look"

    def test_no_camera_goes_with_it(self, tmp_path: Path) -> None:
        order = Order(dataclasses.replace(RECIPE, white_noise=True), [], tmp_path, minutes=1, noise_from=(tmp_path,))
        with pytest.raises(SettingsError, match="white noise"):
            launch(order)


def save_cfa(folder: Path) -> Path:
    path = folder / "cfa.safetensors"
    save_network(tiny_network(), tiny_facts(), path)
    return path


def test_it_learns_and_goes_on_after_an_interruption(photos: Path, tmp_path: Path) -> None:
    def trainer(minutes: float) -> Trainer:
        return Trainer(RECIPE, find_photos(photos), tmp_path, minutes=minutes, device=torch.device("cpu"))

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


def write_checkpoint(folder: Path, network: UNet) -> Path:
    adam = torch.optim.AdamW(network.requires_grad_().parameters())
    path = folder / "checkpoint.safetensors"
    save_checkpoint(path, network, network, adam, Progress(step=12, seconds=120))
    return path


def test_export_describes_itself_and_enters_the_manifest(tmp_path: Path) -> None:
    facts = export(RECIPE, write_checkpoint(tmp_path, tiny_network()), tmp_path, name="tiny", version="0.1")
    (listed,) = list_in(tmp_path)
    verify(listed)
    assert read_facts(listed.path) == facts == load_network(listed.path)[1]
    assert "12 batches" in facts.trained
    assert 0 < facts.halo <= 48


@pytest.mark.parametrize("domain", ["cfa", "rgb"])
def test_a_network_that_has_learned_nothing_is_exported_with_a_halo(tmp_path: Path, domain: Domain) -> None:
    recipe = dataclasses.replace(RECIPE, architecture=Architecture(domain, widths=(8, 8), blocks=(1, 1), embedding=16))
    checkpoint = write_checkpoint(tmp_path, UNet(recipe.architecture))
    facts = export(recipe, checkpoint, tmp_path, name="tiny", version="0.1")
    assert facts.halo == recipe.architecture.multiple
    assert load_network(tmp_path / "tiny.safetensors")[1] == facts


def test_export_averages_with_other_weights(tmp_path: Path) -> None:
    ours, theirs = tiny_network(), UNet(ARCHITECTURE)
    save_network(
        theirs, dataclasses.replace(tiny_facts(), name="before", version="3.0"), tmp_path / "before.safetensors"
    )
    mixture = Mixture(tmp_path / "before.safetensors", share=0.25)
    checkpoint = write_checkpoint(tmp_path, ours)
    facts = export(RECIPE, checkpoint, tmp_path, name="tiny", version="0.1", mixture=mixture)
    assert facts.trained.endswith("; 25% before 3.0")
    mixed = load_network(tmp_path / "tiny.safetensors")[0].state_dict()
    for name, own in ours.state_dict().items():
        torch.testing.assert_close(mixed[name], 0.75 * own + 0.25 * theirs.state_dict()[name], rtol=0, atol=1e-3)


def test_export_averages_with_the_same_architecture_only(tmp_path: Path) -> None:
    save_network(tiny_network("rgb"), tiny_facts("rgb"), tmp_path / "other.safetensors")
    with pytest.raises(WeightsMismatchError, match=r"other\.safetensors"):
        export(
            RECIPE, write_checkpoint(tmp_path, tiny_network()), tmp_path, name="tiny", version="0.1",
            mixture=Mixture(tmp_path / "other.safetensors"),
        )  # fmt: skip
    assert not (tmp_path / "tiny.safetensors").exists()


def test_the_log_is_json(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.train.REPORT_EVERY", 1)
    trainer = Trainer(
        dataclasses.replace(RECIPE, batch=1), find_photos(photos), tmp_path, minutes=0.01, device=torch.device("cpu")
    )  # fmt: skip
    monkeypatch.setattr(trainer.validation, "measure", lambda _network: {"bayer": 30.0})
    trainer.run()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["step"] == 1
    assert all(0 <= line["simulating"] <= 1 for line in lines[:-1])
    assert lines[-1]["bayer"] == 30.0, "the last line validates"


def test_training_needs_no_camera_files_library() -> None:
    # Machines with fast GPUs often have only torch, numpy, pillow and safetensors.
    code = (
        "import training.__main__, sys; print(sorted({'rawpy', 'exiv2', 'tifffile', 'imagecodecs'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=RECIPES.parents[1]
    )
    assert result.stdout.strip() == "[]"
