"""Test the parts of the quality bench: stored rows, tables, plots, the Gaussian diffusion."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.gaussian import STEPS, noise_levels, sample
from bench.methods import MosaicMethod
from bench.quality.rows import Rows, average
from bench.quality.tables import to_markdown, write_tables
from rwdenoise.denoising.diffusion import SAMPLERS
from training.validate import SHOT


def test_a_row_is_measured_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    calls = []

    def figures() -> dict[str, float]:
        calls.append(1)
        return {"psnr": 30.0}

    for _ in range(2):
        row = Rows(path).measure({"method": "a", "shot": "0.1"}, figures)
        assert row == {"method": "a", "shot": "0.1", "psnr": 30.0}
    assert len(calls) == 1
    Rows(path).measure({"method": "b", "shot": "0.1"}, figures)
    assert len(calls) == 2


def test_means_are_taken_over_one_field() -> None:
    rows = [
        {"method": m, "picture": p, "psnr": x} for m, p, x in (("a", "1", 30.0), ("b", "1", 10.0), ("a", "2", 40.0))
    ]
    assert average(rows, over="picture") == [
        {"method": "a", "psnr": 35.0, "count": 2},
        {"method": "b", "psnr": 10.0, "count": 1},
    ]


def test_a_table_tells_of_absent_methods(tmp_path: Path) -> None:
    rows = [{"method": "a", "psnr": 30.123}, {"method": "b", "absent": "not installed"}]
    formats = {"method": "", "psnr": ".1f", "seconds": ".1f"}
    table = write_tables(rows, tmp_path, name="x", formats=formats)
    assert table.splitlines()[2:] == ["| a | 30.1 |  |", "| b |  | absent: not installed |"]
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == rows
    assert (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()[0] == "method,psnr,absent"
    assert to_markdown(rows, formats) == (tmp_path / "x.md").read_text(encoding="utf-8")


def test_the_usual_schedule_ends_in_nothing_but_noise() -> None:
    levels = noise_levels()
    assert levels.shape == (STEPS + 1,)
    assert levels[0] == 0
    assert (levels.diff() > 0).all()
    # Ho et al. 2020: the share of the signal at the end is 4e-5.
    assert (1 / (1 + 4 * levels[-1] ** 2)).item() == pytest.approx(4e-5, rel=0.02)


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_ddim_with_a_perfect_predictor_gives_the_clean_picture(steps: int) -> None:
    clean = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    seen = list(sample(lambda *_: clean, clean, clean, 0.1, steps=steps, seed=1))
    assert len(seen) == steps
    torch.testing.assert_close(seen[-1], clean, atol=1e-5, rtol=0)


def test_plots_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed; '.[bench]' brings it")
    from bench.quality.plots import plot_curve, plot_texture

    curve = [
        {"sampler": sampler, "shot": str(shot), "steps": str(steps), "mosaic_psnr": 30.0, "mosaic_texture": 0.5,
         "seconds": 1.0 * steps}
        for sampler in SAMPLERS for shot in SHOT for steps in (1, 2, 3, 4, 8, 20, 50)
    ]  # fmt: skip
    plot_curve(curve, tmp_path / "curve.png")
    plot_texture([{"method": "a", "iso": 3200, "texture": 0.5, "psnr": 30.0}], tmp_path / "texture.png")
    for name in ("curve.png", "texture.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_a_panel_has_a_column_for_each_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from bench.quality import panel

    monkeypatch.setattr(panel, "SUBJECTS", {"stars": panel.SUBJECTS["stars and hot pixels"]})
    panel.draw_panel([MosaicMethod("gray", lambda mosaic, _cfa, _noise: np.full_like(mosaic, 0.2))], tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == (3 * panel.CROP, panel.CROP + 2 * 18)
