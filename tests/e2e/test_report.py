"""Reports from the command line; the denoiser is a fake."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from rwdenoise.denoising import denoiser
from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.view.report import build
from rwdenoise_cli.main import cli
from tests.fakes import FakeDenoiser


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder with two photos and a broken one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(denoiser, "load_denoiser", lambda *_, **__: FakeDenoiser())
    rng = np.random.default_rng(0)
    rgb = rng.uniform(0.1, 0.5, (3, 208, 288)).astype(np.float32)
    write_photo(simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)[0], tmp_path / "a.NEF", provenance=None)
    data = (tmp_path / "a.NEF").read_bytes()
    (tmp_path / "b.NEF").write_bytes(data)
    (tmp_path / "broken.NEF").write_bytes(data[: len(data) // 2])
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class TestOfACall:
    def test_all_photos_and_what_failed(self, folder) -> None:
        result = run("*.NEF", "-o", "out", "--report", "new/report.html")
        assert result.exit_code == 3
        page = text(folder / "new" / "report.html")
        assert page.count('class="name"') == 2
        for words in ("<b>2</b> written", "<b>1</b> failed", "broken.NEF", "corrupt-photo", "fake 1.0"):
            assert words in page

    def test_a_report_of_an_earlier_call_is_replaced(self, folder) -> None:
        run("a.NEF", "-o", "out", "--report", "report.html")
        first = text(folder / "report.html")
        assert run("a.NEF", "b.NEF", "-o", "out", "--overwrite", "--report", "report.html").exit_code == 0
        assert text(folder / "report.html").count('class="name"') == 2 > first.count('class="name"')

    def test_another_file_of_that_name_is_refused_before_any_work(self, folder) -> None:
        (folder / "report.html").write_text("mine")
        result = run("a.NEF", "--report", "report.html")
        assert result.exit_code == 1
        assert "report.html already exists" in result.stderr
        assert not (folder / "a.dng").exists()
        assert text(folder / "report.html") == "mine"

    def test_a_bug_in_it_costs_no_photo(self, folder, monkeypatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("a bug")

        monkeypatch.setattr(build.Page, "write", fail)
        result = run("a.NEF", "--report", "report.html", "--json")
        events = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.exit_code == 0
        assert (folder / "a.dng").exists()
        assert [event["event"] for event in events][-3:] == ["progress", "warning", "summary"]
        assert "The report was not written: a bug" in result.stderr

    def test_a_dry_run_writes_none(self, folder) -> None:
        assert run("a.NEF", "--report", "report.html", "--dry-run").exit_code == 0
        assert not (folder / "report.html").exists()


class TestOfTwoFiles:
    def test_it_lies_beside_the_result(self, folder) -> None:
        run("a.NEF", "-o", "out")
        result = run("report", "a.NEF", "out/a.dng")
        assert result.exit_code == 0
        assert result.stdout == "a.NEF, out/a.dng -> out/a.html\n"
        assert "fake 1.0" in text(folder / "out" / "a.html")

    def test_photos_that_do_not_belong_together(self, folder) -> None:
        rng = np.random.default_rng(0)
        rgb = rng.uniform(0.1, 0.5, (3, 104, 288)).astype(np.float32)
        write_photo(simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)[0], folder / "small.dng", provenance=None)
        result = run("report", "a.NEF", "small.dng")
        assert result.exit_code == 2
        assert "288 x 208 px and small.dng has 288 x 104 px" in result.stderr
        assert "Name a photo and a file made from it" in result.stderr

    def test_a_photo_that_is_missing(self, folder) -> None:
        result = run("report", "a.NEF", "gone.dng")
        assert result.exit_code == 1
        assert "gone.dng does not exist." in result.stderr

    def test_the_result_is_never_replaced(self, folder) -> None:
        run("a.NEF", "-o", "out")
        before = (folder / "out" / "a.dng").read_bytes()
        assert run("report", "a.NEF", "out/a.dng", "-o", "out/a.dng").exit_code == 1
        assert (folder / "out" / "a.dng").read_bytes() == before
