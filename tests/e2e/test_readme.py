"""What the README says is true: its code runs, and its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.cfa import RGGB
from rwdenoise.io.raw import read_raw
from rwdenoise.io.write import write_photo
from rwdenoise.scene import draw_scene
from rwdenoise.simulated import simulate_raw

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Write a RAW photo under the name that the README uses."""
    noisy, _ = simulate_raw(draw_scene(192, 256, rng=np.random.default_rng(1)), cfa=RGGB, iso=6400,
                            rng=np.random.default_rng(1))  # fmt: skip
    write_photo(noisy, tmp_path / "noisy.dng", provenance=None)
    return (tmp_path / "noisy.dng").rename(tmp_path / "IMG.NEF")


def test_the_python_code_runs(photo: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    result = subprocess.run([sys.executable, "-c", code], cwd=photo.parent, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    before, after = read_raw(photo), read_raw(photo.with_suffix(".dng"))
    assert after.planes().std() < before.planes().std()


def test_every_option_of_the_readme_exists() -> None:
    commands = re.findall(r"rwdenoise ([^`\n|]*)", README)
    words = {word for command in commands for word in re.findall(r"--[a-z-]+", command)}
    program = [sys.executable, "-m", "rwdenoise_cli"]
    said = "".join(
        subprocess.run([*program, *command, "--help"], capture_output=True, text=True, check=True).stdout
        for command in ([], ["inspect"], ["watch"])
    )
    assert words
    assert {word for word in words if word not in said} == set()
