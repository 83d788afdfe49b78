"""Many photos through the command line, without a network: templates, what is done already, and calls cut off."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from rwdenoise.denoising import denoiser
from rwdenoise.errors import Cancelled
from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.write import write_photo
from rwdenoise.jobs.journal import Journal, default_journal
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise_cli.main import cli
from tests.fakes import FakeDenoiser


class Folder:
    """Three photos, a denoiser that is a fake, and a journal of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--noise", "0.002,0.00001", *arguments], catch_exceptions=False)

    def summary(self, *arguments: str) -> tuple[int, int, int]:
        """Return how many were written, failed, and were done already."""
        last = json.loads(self.run("--json", *arguments).stdout.splitlines()[-1])
        return last["written"], last["failed"], last["already"]

    def names(self, *parts: str) -> set[str]:
        return {path.name for path in self.path.joinpath(*parts).iterdir()}


@pytest.fixture(scope="session")
def photos() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.uniform(0.1, 0.5, (3, 64, 96)).astype(np.float32) for _ in range(3)]


@pytest.fixture
def folder(tmp_path: Path, photos, monkeypatch) -> Folder:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(denoiser, "load_denoiser", lambda *_, **__: FakeDenoiser())
    monkeypatch.setattr("rwdenoise.network.weights.weights_digest", lambda _: FakeDenoiser.digest)
    card = tmp_path / "card"
    (card / "sub").mkdir(parents=True)
    for name, rgb in zip(("a.dng", "b.dng", "sub/c.dng"), photos, strict=True):
        photo, _ = simulate_raw(rgb, cfa=RGGB, iso=6400, rng=np.random.default_rng(1))
        write_photo(photo, card / name, provenance=None)
    monkeypatch.chdir(tmp_path)
    return Folder(card)


TEMPLATE = ("-o", "{folder}/denoised/{stem}{suffix}")


def test_a_template_names_the_results(folder) -> None:
    assert folder.run("card", *TEMPLATE).exit_code == 0
    assert folder.names("denoised") == {"a.dng", "b.dng"}
    assert folder.names("sub", "denoised") == {"c.dng"}


class TestAgain:
    """The same call again does what is left, and nothing twice."""

    def test_what_is_done_is_skipped(self, folder) -> None:
        assert folder.summary("card", *TEMPLATE) == (3, 0, 0)
        (folder.path / "denoised" / "a.dng").unlink()
        result = folder.run("card", *TEMPLATE)
        assert "b.dng: done already, card/denoised/b.dng" in result.stderr
        assert result.stdout.splitlines()[-1].startswith("1 written, 2 done already in ")
        assert result.exit_code == 0

    @pytest.mark.parametrize("format", ["dng", "tiff", "jpeg", "png"])
    def test_without_a_journal_the_results_say_it_themselves(self, folder, format) -> None:
        call = ("card", "-o", "out", "--format", format, "--no-journal")
        assert folder.summary(*call) == (3, 0, 0)
        assert folder.summary(*call) == (0, 0, 3)
        assert all(made_from(path) is not None for path in Path("out").iterdir())
        assert not default_journal().exists()

    def test_other_settings_find_the_names_taken(self, folder) -> None:
        folder.summary("card", "-o", "out")
        assert folder.summary("card", "-o", "out", "--strength", "0.5") == (0, 3, 0)
        assert folder.summary("card", "-o", "out", "--strength", "0.5", "--overwrite") == (3, 0, 0)
        assert folder.summary("card", "-o", "out", "--strength", "0.5") == (0, 0, 3)

    def test_a_changed_source_is_not_done(self, folder) -> None:
        folder.summary("card", "-o", "out")
        (folder.path / "a.dng").write_bytes((folder.path / "b.dng").read_bytes())
        assert folder.summary("card", "-o", "out") == (0, 1, 2)

    def test_a_dry_run_says_what_is_left(self, folder) -> None:
        folder.summary("card", "-o", "out")
        Path("out/a.dng").unlink()
        result = folder.run("card", "-o", "out", "--dry-run")
        assert result.stdout.splitlines() == [
            "card/a.dng -> out/a.dng",
            "1 would be written, 0 not, 2 done already; this was a dry run",
        ]


class TestResume:
    """A call that was cut off goes on where it was, from anywhere."""

    def test_goes_on(self, folder, monkeypatch, tmp_path) -> None:
        begun = []

        def denoise(self, planes, **_options):
            begun.append(self)
            if len(begun) == 2:
                raise Cancelled
            return planes / 2

        with monkeypatch.context() as patch:
            patch.setattr(FakeDenoiser, "denoise", denoise)
            assert folder.run("card", "-o", "out").exit_code == 130
        assert {path.name for path in Path("out").iterdir()} == {"a.dng"}
        monkeypatch.chdir(tmp_path / "card" / "sub")
        result = folder_resume()
        assert "Resuming: rwdenoise --noise 0.002,0.00001 card -o out" in result.stderr
        assert result.stdout.splitlines()[-1].startswith("2 written, 1 done already in ")
        assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.dng", "b.dng", "c.dng"}
        assert "nothing to resume" in folder_resume().stderr

    def test_names_no_photos(self, folder) -> None:
        result = folder.run("--resume", "card")
        assert result.exit_code == 2
        assert "do not name any" in result.stderr


def folder_resume() -> Result:
    return CliRunner().invoke(cli, ["--resume"], catch_exceptions=False)


def test_the_shares_of_machines_make_up_the_whole(folder) -> None:
    parts = [folder.summary("card", "-o", "out", "--shard", f"{number}/3") for number in (1, 2, 3)]
    assert sum(written for written, _, _ in parts) == 3
    assert all(failed == already == 0 for _, failed, already in parts)
    assert {path.name for path in Path("out").iterdir()} == {"a.dng", "b.dng", "c.dng"}


def test_without_folders_of_folders(folder) -> None:
    assert folder.summary("card", "--no-recursive", "-o", "out") == (2, 0, 0)


def test_decoding_apart_gives_the_same(folder) -> None:
    assert folder.summary("card", "-o", "here") == (3, 0, 0)
    assert folder.summary("card", "-o", "apart", "--isolate") == (3, 0, 0)
    for name in ("a.dng", "b.dng", "c.dng"):
        assert Path("here", name).read_bytes() == Path("apart", name).read_bytes()


def test_a_journal_that_cannot_be_had_is_a_warning(folder) -> None:
    default_journal().parent.parent.mkdir()
    default_journal().parent.write_text("in the way")
    result = folder.run("card", "-o", "out")
    assert result.exit_code == 0
    assert "warning: The journal" in result.stderr


def test_failures_are_listed_at_the_end_and_in_the_journal(folder) -> None:
    (folder.path / "broken.dng").write_bytes((folder.path / "a.dng").read_bytes()[:9000])
    result = folder.run("card", "-o", "out")
    assert result.exit_code == 3
    _, listed = result.stderr.split("These failed:\n")
    assert listed.startswith("error: card/broken.dng is cut off")
    with Journal(default_journal()) as journal:
        assert [trouble.source.name for trouble in journal.troubles()] == ["broken.dng"]
