"""A configuration file through the real command line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small RAW photo, and a home with an empty place for the configuration."""
    rng = np.random.default_rng(0)
    rgb = rng.uniform(0.1, 0.5, (3, 208, 288)).astype(np.float32)
    write_photo(simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)[0], tmp_path / "photo.dng", provenance=None)
    (tmp_path / "photo.dng").rename(tmp_path / "IMG.NEF")
    (tmp_path / "config" / "rwdenoise").mkdir(parents=True)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rwdenoise_cli", *arguments],
        cwd=folder,
        env={**os.environ, "XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
    )


def usual(folder: Path) -> Path:
    if sys.platform != "linux":
        pytest.skip("elsewhere the configuration's place cannot be chosen by an environment variable")
    return folder / "config" / "rwdenoise" / "config.toml"


def test_the_usual_file_is_read_and_the_command_line_wins(folder) -> None:
    usual(folder).write_text('[denoise]\noutput = "{folder}/dn/{stem}-{ext}"\nformat = "tiff"\nstrength = 0\n')
    result = run(folder, "IMG.NEF")
    assert result.returncode == 0, result.stderr
    assert (folder / "dn" / "IMG-NEF.tif").is_file()
    assert run(folder, "IMG.NEF", "--format", "png").returncode == 0
    assert (folder / "dn" / "IMG-NEF.png").is_file()


def test_another_file_and_none(folder) -> None:
    (folder / "mine.toml").write_text('[denoise]\noutput = "mine"\nstrength = 0\n')
    assert run(folder, "IMG.NEF", "--config", "mine.toml").returncode == 0
    assert (folder / "mine" / "IMG.dng").is_file()
    usual(folder).write_text("[denoise]\nstepz = 3\n")
    assert run(folder, "IMG.NEF", "--config", "", "--strength", "0").returncode == 0
    assert (folder / "IMG.dng").is_file()


def test_a_mistake_in_it_is_wrong_usage(folder) -> None:
    usual(folder).write_text("[denoise]\nstepz = 3\n")
    result = run(folder, "IMG.NEF", "--json")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"There is no option 'stepz' for [denoise] of {usual(folder)}. Use steps, " in result.stderr
    assert run(folder, "--help").returncode == 0
    assert not (folder / "IMG.dng").exists()
