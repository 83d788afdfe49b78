"""The command line from the inside, without a network: files, messages and exit statuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from rwdenoise.choices import QUALITIES
from rwdenoise.denoising import denoiser
from rwdenoise.denoising.denoiser import load_denoiser
from rwdenoise.io.formats import OUTPUT_SUFFIXES, RAW_OUTPUTS
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.jobs import speed
from rwdenoise_cli.commands import simulate
from rwdenoise_cli.main import cli
from tests.fakes import FakeDenoiser

NOISE = ("--noise", "0.002,0.00001")


@pytest.fixture
def folder(tmp_path: Path, photo: bytes, monkeypatch) -> Path:
    """Return a folder with two photos and a broken one; the denoiser is a fake."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(denoiser, "load_denoiser", lambda *_, **__: FakeDenoiser())
    monkeypatch.setattr(speed, "device_rates", lambda _weights: {"cpu": 1.0})
    for name in ("a.NEF", "b.NEF"):
        (tmp_path / name).write_bytes(photo)
    (tmp_path / "broken.NEF").write_bytes(photo[: len(photo) // 2])
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command line; a bug shows itself as in real life."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def events(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestDenoise:
    def test_the_default_command(self, folder) -> None:
        result = run("*.NEF", "--steps", "2", *NOISE, "-o", "out")
        assert result.exit_code == 3
        assert names(folder / "out") == {"a.dng", "b.dng"}
        first, second, last = result.stdout.splitlines()
        assert first.startswith("a.NEF -> out/a.dng  ")
        assert first.endswith(" s, 0.1 Mpx, noise 0.002/1e-5 given")
        assert second.startswith("b.NEF -> out/b.dng  ")
        assert last.startswith("2 written, 1 failed in ")
        assert "error: broken.NEF is cut off" in result.stderr

    @pytest.mark.parametrize(
        ("words", "weights"),
        [
            ([], "cfa-best"),
            (["--quality", "fast"], "cfa-fast"),
            (["--quality", "fast", "--weights", "cfa-best"], "cfa-best"),
        ],
    )
    def test_quality_chooses_the_weights(self, folder, words, weights, monkeypatch) -> None:
        chosen = []
        monkeypatch.setattr(denoiser, "load_denoiser", lambda name, **_: chosen.append(name) or FakeDenoiser())
        assert run("a.NEF", *words, *NOISE).exit_code == 0
        assert chosen == [weights]

    @pytest.mark.parametrize(
        ("words", "steps"),
        [([], 2), (["--quality", "fast"], 1), (["--quality", "fast", "--steps", "3"], 3), (["--steps", "1"], 1)],
    )
    def test_fast_takes_one_step_unless_told(self, folder, words, steps) -> None:
        result = run("a.NEF", *words, *NOISE, "--json")
        assert [event["steps"] for event in events(result) if event["event"] == "finished"] == [steps]

    def test_all_written(self, folder) -> None:
        assert run("a.NEF", "b.NEF", *NOISE).exit_code == 0
        assert names(folder) == {"a.NEF", "a.dng", "b.NEF", "b.dng", "broken.NEF"}
        assert not np.array_equal(read_raw(Path("a.dng")).planes(), read_raw(Path("a.NEF")).planes())

    def test_nothing_written(self, folder) -> None:
        result = run("broken.NEF", "missing.NEF")
        assert result.exit_code == 1
        assert names(folder) == {"a.NEF", "b.NEF", "broken.NEF"}
        assert "missing.NEF does not exist" in result.stderr

    def test_strength_0_gives_the_mosaic_back_bit_for_bit(self, folder) -> None:
        assert run("a.NEF", "--strength", "0", *NOISE).exit_code == 0
        before, after = read_raw(Path("a.NEF")), read_raw(Path("a.dng"))
        assert np.array_equal(before.mosaic, after.mosaic)
        assert (before.white, before.black.tolist()) == (after.white, after.black.tolist())

    def test_an_existing_output_is_refused_and_overwritten_if_asked(self, folder) -> None:
        Path("a.dng").write_text("mine")
        result = run("a.NEF", *NOISE)
        assert result.exit_code == 1
        assert "a.dng already exists" in result.stderr
        assert Path("a.dng").read_text() == "mine"
        assert run("a.NEF", "--overwrite", *NOISE).exit_code == 0
        assert Path("a.dng").stat().st_size > 1000

    def test_a_source_is_never_overwritten(self, folder, photo) -> None:
        Path("c.dng").write_bytes(photo)
        assert run("c.dng", "-o", "c.dng", "--overwrite", *NOISE).exit_code == 1
        assert Path("c.dng").read_bytes() == photo
        assert run("c.dng", *NOISE).exit_code == 0
        assert Path("c-denoised.dng").is_file()

    @pytest.mark.parametrize("name", ["two\nlines and spaces.NEF", "фото.NEF", "写真.NEF", "[bold]x.NEF", "-x.NEF"])
    def test_names(self, folder, photo, name) -> None:
        Path(name).write_bytes(photo)
        result = run(*NOISE, "--", name)
        assert result.exit_code == 0
        assert Path(name).with_suffix(".dng").is_file()
        assert len(result.stdout.splitlines()) == 2
        assert result.stdout.startswith(name.replace("\n", "\\n") + " -> ")

    def test_a_photo_called_like_a_command(self, folder, photo) -> None:
        Path("inspect").write_bytes(photo)
        assert run("./inspect", *NOISE).exit_code == 0
        assert Path("inspect.dng").is_file()

    def test_a_folder_twice(self, folder) -> None:
        Path("broken.NEF").unlink()
        assert run(str(folder), *NOISE).exit_code == 0
        result = run(str(folder), *NOISE)
        assert result.exit_code == 1
        assert result.stderr.count("already exists") == 2
        assert names(folder) == {"a.NEF", "a.dng", "b.NEF", "b.dng"}

    @pytest.mark.parametrize("format", RAW_OUTPUTS)
    def test_formats(self, folder, format) -> None:
        assert run("a.NEF", "--format", format, *NOISE).exit_code == 0
        assert Path("a").with_suffix(OUTPUT_SUFFIXES[format][0]).is_file()

    def test_quiet_says_nothing_but_errors(self, folder) -> None:
        result = run("a.NEF", "broken.NEF", "-q", *NOISE)
        assert result.exit_code == 3
        assert result.stdout == ""
        assert result.stderr.startswith("error: broken.NEF")
        assert len(result.stderr.splitlines()) == 2

    def test_verbose_says_what_was_used(self, folder) -> None:
        result = run("a.NEF", "-v", "--steps", "2", *NOISE)
        assert "[1/1] a.NEF: denoise 4/4" in result.stderr
        assert "improved 2 steps, strength 1, weights fake 1.0 on nowhere" in result.stderr
        assert "a.NEF: 0.0 % of the blocks: what was removed is only noise" in result.stderr

    def test_chroma_and_detail_are_said_where_they_differ(self, folder) -> None:
        result = run("a.NEF", "-v", "--strength", "0.6", "--chroma", "1", "--detail", "0.5", *NOISE)
        assert "improved 2 steps, strength 0.6, chroma 1, detail 0.5, weights" in result.stderr

    def test_weights_that_are_not_there(self, folder, monkeypatch) -> None:
        monkeypatch.setattr(denoiser, "load_denoiser", load_denoiser)
        result = run("a.NEF", "--weights", "none.safetensors", "--json")
        assert result.exit_code == 1
        assert [(event["event"], event["code"]) for event in events(result)] == [("failed", "weights-not-found")]
        assert result.stderr.startswith("error: The weights file none.safetensors does not exist.")

    def test_a_bug_shows_itself(self, folder, monkeypatch) -> None:
        def load(*_, **__) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(denoiser, "load_denoiser", load)
        with pytest.raises(ZeroDivisionError):
            run("a.NEF")


class TestJson:
    def test_each_job_ends_once(self, folder) -> None:
        result = run("a.NEF", "broken.NEF", "missing", "--json", *NOISE)
        assert result.exit_code == 3
        told = events(result)
        assert all(event["v"] == 1 for event in told)
        ends = sorted((e["job"], e["event"]) for e in told if e["event"] in {"finished", "failed", "cancelled"})
        assert ends == [("a.NEF", "finished"), ("broken.NEF", "failed"), ("missing", "failed")]
        assert told[-1]["event"] == "summary"
        assert (told[-1]["written"], told[-1]["failed"], told[-1]["skipped"]) == (1, 2, 0)

    def test_what_was_removed_is_judged(self, folder) -> None:
        (told,) = (event for event in events(run("a.NEF", "--json", *NOISE)) if event["event"] == "residual")
        assert (told["job"], told["consistent"], told["blocks"], len(told["worst"])) == ("a.NEF", 0.0, 54, 1)

    def test_progress_of_a_job(self, folder) -> None:
        told = [
            event for event in events(run("a.NEF", "--json", "--steps", "2", *NOISE)) if event["event"] == "progress"
        ]
        assert [event["stage"] for event in told] == ["read"] * 2 + ["denoise"] * 4 + ["write"]
        assert [(event["done"], event["total"]) for event in told][2:6] == [(1, 4), (2, 4), (3, 4), (4, 4)]


class TestDryRun:
    def test_it_says_what_would_be_and_writes_nothing(self, folder) -> None:
        Path("b.dng").write_text("mine")
        before = names(folder)
        result = run("a.NEF", "b.NEF", "--dry-run")
        assert result.exit_code == 3
        assert result.stdout.splitlines() == ["a.NEF -> a.dng", "1 would be written, 1 not; this was a dry run"]
        assert "b.dng already exists" in result.stderr
        assert names(folder) == before

    def test_json(self, folder) -> None:
        told = events(run("a.NEF", "missing", "--dry-run", "--json"))
        assert [event["event"] for event in told] == ["planned", "failed", "summary"]
        assert (told[0]["source"], told[0]["output"]) == ("a.NEF", "a.dng")


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["--steps", "0"], "1<=x<=100"),
            (["--steps", "many"], "not a valid integer"),
            (["--strength", "1.5"], "0<=x<=1"),
            (["--strength", "nan"], "from 0 ("),
            (["--chroma", "-1"], "0<=x<=1"),
            (["--chroma", "nan"], "from 0 ("),
            (["--detail", "2"], "0<=x<=1"),
            (["--detail", "nan"], "from 0 ("),
            (["--noise", "loud"], "neither 'auto' nor two numbers"),
            (["--noise", "0.1"], "neither 'auto' nor two numbers"),
            (["--noise", "2,0.1"], "at least 0 and below 1"),
            (["--noise", "nan,0"], "at least 0 and below 1"),
            (["--sampler", "best"], "'improved', 'origin', 'ddim'"),
            (["--format", "gif"], "'dng', 'tiff', 'jpeg', 'png'"),
            (["--color", "cmyk", "--format", "tiff"], "'srgb', 'display-p3'"),
            (["--color", "rec2020"], "needs --format"),
            (["--device", "abacus"], "'auto', 'cuda', 'cuda:compiled', 'mps'"),
            (["-o", ""], "empty name"),
            (["-o", "x.jpg", "--format", "dng"], "must end in .dng"),
            (["-q", "-v"], "exclude each other"),
            (["--fast"], "No such option"),
        ],
    )
    def test_status_2_and_what_was_expected(self, folder, arguments, expected) -> None:
        result = run("a.NEF", *arguments)
        assert result.exit_code == 2
        assert expected in " ".join(result.stderr.split())
        assert result.stdout == ""
        assert names(folder) == {"a.NEF", "b.NEF", "broken.NEF"}

    def test_without_arguments_there_is_help(self) -> None:
        result = run()
        assert result.exit_code == 2
        assert "Usage: rwdenoise" in result.output

    def test_several_photos_into_one_file(self, folder) -> None:
        result = run("a.NEF", "b.NEF", "-o", "x.dng")
        assert result.exit_code == 2
        assert "2 photos cannot be written to a single file" in result.stderr


class TestInspect:
    def test_words(self, folder) -> None:
        result = run("inspect", "a.NEF", "broken.NEF")
        assert result.exit_code == 3
        assert result.stdout.startswith("a.NEF\n  camera          rwdenoise Simulated camera\n  ISO             6400\n")
        for line in ("sensor          Bayer, RG GB", "active area     288 x 208 px at 48, 24", "black level     2048"):
            assert line in result.stdout
        assert "error: broken.NEF" in result.stderr

    def test_json(self, folder) -> None:
        (told,) = events(run("inspect", "a.NEF", "--json"))
        assert (told["v"], told["event"], told["job"], told["output"]) == (1, "inspected", "a.NEF", "a.dng")
        assert told["active"] == {"top": 24, "left": 48, "height": 208, "width": 288}
        assert told["noise_stated"] is None
        assert 0 < told["noise_estimated"]["shot"] < 1
        assert "residual" not in told

    def test_residual(self, folder) -> None:
        result = run("inspect", "a.NEF", "--residual", *NOISE)
        assert result.exit_code == 0
        assert "residual        0.0 % of 54 blocks: what was removed is only noise" in result.stdout
        assert "more than noise 288 x 192 px at 0, 0 (pattern)" in result.stdout
        assert names(folder) == {"a.NEF", "b.NEF", "broken.NEF"}

    def test_residual_as_json(self, folder) -> None:
        (told,) = events(run("inspect", "a.NEF", "--residual", "--json", *NOISE))
        (area,) = told["residual"].pop("worst")
        assert told["residual"] == {"consistent": 0.0, "blocks": 54}
        assert area == {"top": 0, "left": 0, "height": 192, "width": 288, "reason": "pattern"}

    @pytest.mark.parametrize("arguments", [("--strength", "0"), ("--chroma", "0.5")])
    def test_residual_where_it_cannot_be_judged(self, folder, arguments) -> None:
        result = run("inspect", "a.NEF", "--residual", *arguments)
        assert result.exit_code == 2
        assert "--residual needs a --strength above 0" in result.stderr


class TestSimulate:
    @pytest.mark.parametrize("layout", simulate.LAYOUTS)
    def test_layouts(self, folder, layout) -> None:
        # LibRaw cannot demosaic smaller X-Trans mosaics, which the preview needs.
        edge = 520 if layout == "x-trans" else 256
        result = run("simulate", "--layout", layout, "--size", f"{edge}x{edge}", "-o", "s.dng", "--truth", "t.dng")
        assert result.exit_code == 0, result.stderr
        noisy, clean = read_raw(Path("s.dng")), read_raw(Path("t.dng"))
        assert noisy.cfa == clean.cfa == simulate._cfa_of(layout)
        assert noisy.planes().shape == (1, edge, edge)
        assert 0 < np.abs(noisy.planes() - clean.planes()).mean() < 0.1

    def test_the_same_seed_gives_the_same_file(self, folder) -> None:
        for name, seed in (("x.dng", "5"), ("y.dng", "5"), ("z.dng", "6")):
            run("simulate", "--size", "64x64", "--seed", seed, "-o", name)
        assert np.array_equal(read_raw(Path("x.dng")).mosaic, read_raw(Path("y.dng")).mosaic)
        assert not np.array_equal(read_raw(Path("x.dng")).mosaic, read_raw(Path("z.dng")).mosaic)

    def test_a_picture(self, folder, photo) -> None:
        run("a.NEF", "--format", "jpeg", *NOISE)
        result = run("simulate", "--picture", "a.jpg", "-o", "s.dng")
        assert result.exit_code == 0
        assert "0.1 Mpx, Bayer, ISO 6400" in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "status", "expected"),
        [
            (["--size", "big"], 2, "WIDTHxHEIGHT"),
            (["--size", "8x64"], 2, "64 to 16384"),
            (["--picture", "a.NEF", "--size", "64x64"], 2, "combined with --scene or --size"),
            (["--truth", "simulated.dng"], 2, "different files"),
            (["--picture", "a.NEF"], 1, "cannot be read as a JPEG, PNG or WebP"),
            (["--picture", "missing.png"], 1, "does not exist"),
            (["-o", "a.NEF"], 1, "already exists"),
        ],
    )
    def test_mistakes(self, folder, arguments, status, expected) -> None:
        result = run("simulate", *arguments)
        assert result.exit_code == status
        assert expected in result.stderr
        assert names(folder) == {"a.NEF", "b.NEF", "broken.NEF"}


class TestOthers:
    def test_weights(self) -> None:
        for names in QUALITIES.values():
            for name in names.values():
                assert f"{name}  version" in run("weights", "list").stdout
            assert f"{name}  ok, sha256" in run("weights", "verify").stdout

    def test_doctor(self) -> None:
        result = run("doctor")
        assert result.exit_code == 0, result.stdout
        assert "ok       torch" in result.stdout

    def test_doctor_finds_damaged_weights(self, monkeypatch, tmp_path) -> None:
        monkeypatch.setattr("rwdenoise.network.weights.weights_folder", lambda: tmp_path)
        result = run("doctor")
        assert result.exit_code == 1
        assert "problem  weights" in result.stdout
        assert "Reinstall rwdenoise." in result.stdout

    @pytest.mark.parametrize("command", [[], ["inspect"], ["simulate"], ["weights"], ["weights", "list"], ["doctor"]])
    def test_every_command_has_help(self, command) -> None:
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert f"Usage: rwdenoise{''.join(f' {word}' for word in command)}" in result.stdout.replace("cli", "rwdenoise")

    def test_the_help_lists_commands_defaults_and_exit_statuses(self) -> None:
        words = " ".join(run("--help").stdout.split())
        for part in ("inspect", "simulate", "weights", "doctor", "2, or 1 with --quality fast", "3 some failed"):
            assert part in words


REAL = (
    "nikon-d1.NEF",
    "canon-s40-0101.CRW",
    "canon-s40-0119.CRW",
    "canon-g2-0304.CRW",
    "canon-kissx4-colorchart.dng",
    "kodak-dc50.KDC",
    "kodak-dc120.KDC",
)


@pytest.mark.parametrize("name", REAL)
def test_real_photos_come_back_bit_for_bit_at_strength_0(data, folder, name) -> None:
    source = data / "raw" / name
    assert run(str(source), "-o", "out.dng", "--strength", "0").exit_code == 0
    before, after = read_raw(source), read_raw(Path("out.dng"))
    assert np.array_equal(before.mosaic, after.mosaic)
    assert np.array_equal(before.planes(), after.planes())
    assert (before.cfa, before.active, before.crop) == (after.cfa, after.active, after.crop)


def test_each_broken_file_gives_one_error_and_leaves_nothing(data, folder) -> None:
    broken = sorted((data / "raw" / "broken").iterdir())
    result = run(*map(str, broken), "-o", "out", "-q")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2 * len(broken)
    assert result.stderr.count("error: ") == len(broken)
    assert not Path("out").exists()
