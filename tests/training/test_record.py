"""Test the record of a training run, and its messages."""

import json
from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image

from rwdenoise.errors import SettingsError, WeightsCorruptError, WeightsMismatchError
from rwdenoise.network.unet import UNet
from rwdenoise.network.weights import Architecture
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise_cli.options import Talk
from rwdenoise_cli.reporting.choose import choose_training_reporter
from rwdenoise_cli.reporting.training import figures_words
from tests.tiny import tiny_network
from training.checkpoint import Progress, load_checkpoint, save_checkpoint
from training.curve import draw_curve
from training.recipe import find_recipe
from training.sheet import COLUMNS, mosaic_examples
from training.team import Team, leads_here

FIGURES = {"step": 200, "minutes": 1.25, "loss": 0.4, "simulating": 0.2, "bayer 0.001": 38.5}


def test_the_curve_has_a_loss_and_scores(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert draw_curve(log) is None
    log.write_text(json.dumps(FIGURES) + "\n", encoding="utf-8")
    assert draw_curve(log).startswith(b"\x89PNG")


def test_the_sheet_shows_what_the_network_does() -> None:
    camera = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)) / 2
    examples = mosaic_examples(camera, NoiseProfile(0.01, 1e-4))
    with Image.open(BytesIO(examples.draw(UNet(Architecture(widths=(8, 8), blocks=(1, 1)))))) as sheet:
        assert sheet.width == len(COLUMNS) * 64
        assert sheet.height > 2 * 64
        below = sheet.crop((0, sheet.height - 128, sheet.width, sheet.height)).convert("L")
    noisy, untrained, clean = (below.crop((left, 0, left + 64, 128)) for left in (0, 64, 128))
    assert difference(noisy, untrained) < 3, "a network that learned nothing returns the photo"
    assert difference(noisy, clean) > 8


def difference(first: Image.Image, second: Image.Image) -> float:
    pair = [torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).float() for image in (first, second)]
    return float((pair[0] - pair[1]).abs().mean())


def test_a_checkpoint_of_another_network_is_told(tmp_path: Path) -> None:
    path, network = tmp_path / "checkpoint.safetensors", tiny_network().requires_grad_()
    save_checkpoint(path, network, network, torch.optim.AdamW(network.parameters()), Progress(3, 1.0))
    other = UNet(Architecture(widths=(8, 8), blocks=(1, 1)))
    with pytest.raises(WeightsMismatchError, match="a different network"):
        load_checkpoint(path, other, other, torch.optim.AdamW(other.parameters()))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsCorruptError, match="damaged"):
        load_checkpoint(path, network, network, torch.optim.AdamW(network.parameters()))


def test_an_unknown_recipe_is_told(tmp_path: Path) -> None:
    assert find_recipe("cfa-fast").batch == 8
    with pytest.raises(SettingsError, match="cfa-best"):
        find_recipe("best")
    broken = tmp_path / "x.toml"
    broken.write_text("batch = = 3", encoding="utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        find_recipe(str(broken))


def test_a_team_shares_the_photos_and_no_seeds() -> None:
    first, second = (Team(rank, 2) for rank in range(2))
    assert sorted(first.share(list("abcde")) + second.share(list("abcde"))) == list("abcde")
    assert second.share(["a"]) == ["a"], "too few to share"
    assert Team().seed(5) == first.seed(5) == 5 != second.seed(5)
    assert leads_here()


def test_alone_it_agrees_with_itself() -> None:
    assert Team().agree(torch.tensor(0.5), seconds=3.25, stop=False) == (0.5, 3.25, False)
    assert Team().agree(torch.tensor(0.5), seconds=3.25, stop=True)[2]


def test_figures_read_well() -> None:
    words = figures_words(FIGURES, minutes=60)
    assert words == "step 200, 1.2 of 60 min: loss 0.4000, bayer 0.001 38.50 dB"


def test_figures_as_json(capsys: pytest.CaptureFixture) -> None:
    with choose_training_reporter(Talk(as_json=True), minutes=60, leads=True) as reporter:
        reporter.note("nothing for programs")
        reporter.figures(FIGURES)
        reporter.exported({"weights": "a.safetensors"})
    first, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["event"] == "training"
    assert first["scores"] == {"bayer 0.001": 38.5}
    assert last == {"v": 1, "event": "trained", "weights": "a.safetensors"}


def test_only_the_leader_talks(capsys: pytest.CaptureFixture) -> None:
    with choose_training_reporter(Talk(), minutes=60, leads=False) as reporter:
        reporter.figures(FIGURES)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
