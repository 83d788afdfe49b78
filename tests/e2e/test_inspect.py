"""``rwdenoise inspect`` from the inside: what it says in words and as JSON, the plot, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from rwdenoise.choices import Settings
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.write import write_photo
from rwdenoise.jobs import speed
from rwdenoise.photo.cfa import RGGB, X_TRANS
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise_cli.main import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder with a RAW photo of each kind and a JPEG; the devices' rates are pretended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(speed, "device_rates", lambda _weights: {"cuda": 100.0, "cpu": 0.01})
    rng = np.random.default_rng(0)
    light = np.broadcast_to(np.linspace(0.02, 0.6, 12).repeat(24), (3, 288, 288)).astype(np.float32)
    for name, cfa in (("bayer.dng", RGGB), ("x-trans.dng", X_TRANS)):
        write_photo(simulate_raw(light, cfa=cfa, iso=6400, rng=rng)[0], tmp_path / name, provenance=None)
    noisy = light.transpose(1, 2, 0) + rng.normal(size=(288, 288, 3)) * 0.02
    picture = Image.fromarray(np.rint(noisy.clip(0, 1) * 255).astype(np.uint8))
    picture.save(tmp_path / "photo.jpg", quality=100, subsampling=0)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["inspect", *arguments], catch_exceptions=False)


def told(*arguments: str) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def lines(result: Result) -> dict[str, str]:
    return {line[2:17].strip(): line[18:] for line in result.stdout.splitlines()[1:]}


class TestFacts:
    def test_raw_in_words(self) -> None:
        result = run("bayer.dng")
        said = lines(result)
        assert result.exit_code == 0
        assert result.stdout.startswith("bayer.dng\n  camera          rwdenoise Simulated camera\n")
        assert said["size"] == "336 x 312 px (0.1 Mpx)"
        assert said["lens"] == said["exposure"] == "not stated"
        assert said["middle gray"].startswith("deviation 1.5 % of white; the signal is 12 times")
        assert said["compared"].startswith("the file states no profile of this camera; ")
        assert said["compared"].endswith(" x a typical camera at ISO 6400 (usual: 0.5 to 2)")
        assert said["weights"] == "cfa-best or cfa-fast"
        assert said["cuda"] == "less than 1 s with cfa-best in 2 steps"
        assert said["output"] == "bayer-denoised.dng (dng)"
        assert "refused" not in said

    @pytest.mark.parametrize("name", ["bayer.dng", "x-trans.dng"])
    def test_noise_is_held_against_a_typical_camera(self, name) -> None:
        facts = told(name)
        assert facts["noise_typical"]["shot"] == pytest.approx(profile_at(6400).shot)
        assert facts["noise_of_typical"] == pytest.approx(1, abs=0.1)
        assert facts["noise_of_stated"] is None
        assert 0.8 < facts["clipping"] < 1

    def test_noise_is_held_against_what_the_file_states(self, folder) -> None:
        noise = profile_at(1600)
        light = np.full((3, 288, 288), 0.3, np.float32)
        photo, _ = simulate_raw(light, cfa=RGGB, iso=6400, rng=np.random.default_rng(0))
        # With the strength 0 all of the noise is left, and stated.
        write_photo(photo, folder / "stated.dng", provenance=Provenance("none", Settings(1, 0.0), noise))
        facts = told("stated.dng")
        assert facts["noise_stated"]["shot"] == pytest.approx(noise.shot)
        assert facts["noise_of_stated"] == pytest.approx((profile_at(6400).shot / noise.shot) ** 0.5, rel=0.15)
        assert "x what the file states" in lines(run("stated.dng"))["compared"]

    def test_a_developed_picture(self) -> None:
        facts, said = told("photo.jpg"), lines(run("photo.jpg"))
        assert [tone["deviation"] for tone in facts["noise_by_tone"]] == pytest.approx([5.1] * 12, rel=0.3)
        assert facts["weights"] == "rgb"
        assert " at " in said["brightness"]
        assert said["output"] == "photo-denoised.jpg (jpeg)"

    def test_json_has_no_less_than_it_ever_had(self) -> None:
        always = {"v", "event", "job", "camera", "iso", "sensor", "pattern", "width", "height", "active", "crop"}
        always |= {"orientation", "black", "white", "white_balance", "noise_stated", "noise_estimated", "output"}
        assert always <= told("bayer.dng").keys()


class TestPlan:
    def test_where_it_would_go_and_as_what(self) -> None:
        facts = told("bayer.dng", "-o", "out/{stem}{suffix}", "--format", "tiff")
        assert (facts["output"], facts["output_format"]) == ("out/bayer.tif", "tiff")
        assert facts["output_refused"] is None

    def test_what_would_be_refused(self, folder) -> None:
        (folder / "bayer-denoised.dng").touch()
        assert "already exists" in lines(run("bayer.dng"))["refused"]
        assert told("bayer.dng", "--overwrite")["output_refused"] is None

    def test_seconds_follow_the_steps_and_the_strength(self) -> None:
        two, eight = (told("bayer.dng", "--steps", steps)["seconds"]["cpu"] for steps in ("2", "8"))
        assert eight == pytest.approx(4 * two, rel=0.01)
        assert told("bayer.dng", "--strength", "0")["seconds"]["cpu"] == 0
        assert " min " in lines(run("bayer.dng", "--steps", "20"))["cpu"]

    def test_weights_that_do_not_fit(self) -> None:
        facts = told("photo.jpg", "--weights", "cfa-best")
        assert (facts["weights_fit"], facts["seconds"]) == (False, None)
        assert (
            lines(run("photo.jpg", "--weights", "cfa-best"))["weights"] == "cfa-best does not fit this photo; rgb does"
        )

    def test_weights_that_are_not_there(self) -> None:
        result = run("photo.jpg", "--weights", "none")
        assert result.exit_code == 1
        assert "There are no weights called 'none'" in result.stderr

    def test_nothing_is_written(self, folder) -> None:
        before = sorted(folder.iterdir())
        run("bayer.dng", "x-trans.dng", "photo.jpg", "-o", "out/")
        assert sorted(folder.iterdir()) == before


class TestPlot:
    @pytest.mark.parametrize(("name", "start"), [("c.png", b"\x89PNG"), ("c.SVG", b"<?xml")])
    def test_draws_the_noise_curve(self, folder, name, start) -> None:
        assert told("bayer.dng", "--plot", name)["plot"] == name
        assert (folder / name).read_bytes().startswith(start)

    def test_never_replaces_a_file_unasked(self, folder) -> None:
        (folder / "c.png").write_bytes(b"mine")
        refused = run("bayer.dng", "--plot", "c.png")
        assert refused.exit_code == 1
        assert "exists" in refused.stderr
        assert (folder / "c.png").read_bytes() == b"mine"
        assert run("bayer.dng", "--plot", "c.png", "--overwrite").exit_code == 0
        assert (folder / "c.png").read_bytes() != b"mine"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("bayer.dng", "--plot", "c.pdf"), "'c.pdf' must end in .png or .svg"),
            (("bayer.dng", "photo.jpg", "--plot", "c.png"), "--plot takes one photo, but 2 were given"),
        ],
    )
    def test_wrong_usage(self, arguments, message) -> None:
        result = run(*arguments)
        assert result.exit_code == 2
        assert message in result.stderr

    def test_a_folder_that_is_not_there(self) -> None:
        result = run("bayer.dng", "--plot", "absent/c.png")
        assert result.exit_code == 1
        assert "absent" in result.stderr or "folder" in result.stderr
