"""``rwdenoise preview`` from the inside: sheets, names, events, and one clear error for whatever is wrong."""

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from rwdenoise.denoising import denoiser
from rwdenoise_cli.main import cli
from tests.pictures import pixels, saved
from tests.tiny import tiny_denoiser

NOISE = ("--noise", "0.002,0.00001")
QUICK = ("--size", "64", "--steps", "1")


@pytest.fixture
def folder(tmp_path: Path, photo: bytes, monkeypatch) -> Path:
    """Return a folder with a RAW photo and a developed one; the networks are tiny."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(denoiser, "load_denoiser", lambda name, **_: tiny_denoiser(name.partition("-")[0]))
    (tmp_path / "a.NEF").write_bytes(photo)
    (tmp_path / "b.JPG").write_bytes(saved(pixels(size=(150, 200)), "JPEG"))
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command; a bug shows itself as in real life."""
    return CliRunner().invoke(cli, ["preview", *arguments], catch_exceptions=False)


def events(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("name", ["a.NEF", "b.JPG"])
def test_a_sheet_beside_the_photo(folder: Path, name: str) -> None:
    result = run(name, *QUICK)
    assert result.exit_code == 0
    target = f"{name[0]}-preview.png"
    assert result.stdout.startswith(f"{name} -> {target}  ")
    with Image.open(folder / target) as sheet:
        assert sheet.width >= 640
        assert len(np.unique(np.asarray(sheet))) > 100


def test_a_second_sheet_gets_a_name_of_its_own(folder: Path) -> None:
    for _ in range(2):
        run("a.NEF", *QUICK)
    assert {path.name for path in folder.glob("*.png")} == {"a-preview.png", "a-preview-2.png"}
    first = (folder / "a-preview.png").stat().st_mtime_ns
    run("a.NEF", *QUICK, "--overwrite")
    assert (folder / "a-preview.png").stat().st_mtime_ns > first


def test_a_jpeg_in_a_new_folder(folder: Path) -> None:
    assert run("a.NEF", *QUICK, "-o", "new/sheet.jpg").exit_code == 0
    with Image.open(folder / "new" / "sheet.jpg") as sheet:
        assert sheet.format == "JPEG"


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ([], ["strength 0.5", "strength 1"]),
        (["--strengths", "0,0.25, 1,1"], ["strength 0.25", "strength 1"]),
        (["--strengths", "0"], ["denoised"]),
        (["--strengths", "0,0.5", "--chroma", "1"], ["strength 0", "strength 0.5"]),
        (["--steps", "1,2,3"], ["1 step", "2 steps", "3 steps"]),
        (["--steps", "1,2", "--strength", "0.7"], ["1 step", "2 steps"]),
        (["--strength", "0.7"], ["denoised"]),
    ],
)
def test_what_is_compared(folder: Path, words: list[str], columns: list[str]) -> None:
    result = run("a.NEF", "--json", "--size", "64", *NOISE, *words)
    assert events(result)[-1]["columns"] == ["noisy", *columns]


def test_events(folder: Path) -> None:
    first, *others, last = events(run("a.NEF", "--json", *QUICK, *NOISE, "--at", "100,90", "-o", "s.png"))
    assert first == {"v": 1, "event": "started", "job": "a.NEF", "source": "a.NEF", "output": "s.png"}
    assert {event["event"] for event in others} == {"noise", "progress"}
    assert last["event"] == "previewed"
    assert last["crops"] == [{"reason": "chosen", "top": 58, "left": 68, "height": 64, "width": 64}]
    assert (last["output"], last["weights"]) == ("s.png", "tiny 0")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["a.NEF", "-o", "sheet.tif"], 2, "its name must end in .png, .jpg, .jpeg"),
        (["a.NEF", "-o", "there.png"], 1, "there.png already exists"),
        (["a.NEF", "--at", "288,0"], 2, "288,0 lies outside the photo, which is 288 x 208 px"),
        (["a.NEF", "--at", "12"], 2, "'12' is not a pixel"),
        (["a.NEF", "--at", "-1,5"], 2, "'-1,5' is not a pixel"),
        (["a.NEF", "--steps", "1,two"], 2, "'two' is not a valid"),
        (["a.NEF", "--steps", ""], 2, "'' is not a valid"),
        (["a.NEF", "--steps", "0"], 2, "0 is not in the range"),
        (["a.NEF", "--strengths", "0.5,1.5"], 2, "1.5 is not in the range"),
        (["a.NEF", "--steps", "1,2,3,4,5,6,7,8,9"], 2, "9 columns do not fit"),
        (["a.NEF", "--steps", "1,2", "--strengths", "0.5,1"], 2, "cannot be compared at once"),
        (["a.NEF", "--strength", "0.5", "--strengths", "0.5,1"], 2, "replaces --strength"),
        (["a.NEF", "--size", "9"], 2, "9 is not in the range"),
        (["missing.NEF"], 1, "missing.NEF does not exist"),
        ([], 2, "Missing argument 'SOURCE'"),
    ],
)
def test_whatever_is_wrong_is_said_once(folder: Path, words: list[str], status: int, said: str) -> None:
    (folder / "there.png").write_bytes(b"mine")
    before = {path.name for path in folder.iterdir()}
    result = run(*words)
    assert result.exit_code == status
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert (folder / "there.png").read_bytes() == b"mine"
    assert {path.name for path in folder.iterdir()} == before


def test_an_error_is_an_event(folder: Path) -> None:
    *_, last = events(run("a.NEF", "--json", "-o", "sheet.tif"))
    assert (last["event"], last["code"]) == ("failed", "settings")


def test_a_noise_profile_for_a_developed_photo_is_warned_of(folder: Path) -> None:
    assert "is for mosaics" in run("b.JPG", *QUICK, *NOISE).stderr


@pytest.mark.parametrize(("status", "said"), [(0, ""), (1, "no program for it")])
def test_the_sheet_is_opened(folder: Path, monkeypatch, status: int, said: str) -> None:
    opened = []
    monkeypatch.setattr(click, "launch", lambda url: opened.append(url) or status)
    result = run("a.NEF", *QUICK, "-q", "--open")
    assert (result.exit_code, result.stdout) == (0, "")
    assert opened == ["a-preview.png"]
    assert said in result.stderr
