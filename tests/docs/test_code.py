"""Every command and every program of the docs runs, in a folder with photos of the names that the docs use.

What cannot run has a comment above it that says why.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.docs.pages import PAGES, Block, blocks, name_of

RAW = ("IMG.NEF", "IMG_1.NEF", "IMG_1234.NEF", "card/IMG_1.NEF", "card/DCIM/IMG_2.NEF", "wedding/IMG_3.NEF")
PICTURES = ("old.jpg", "scan.tif", "render.png", "scans/one.tif", "noisy.jpg", "clean.jpg")
RUN = [page for page in PAGES if any(block.language in ("console", "python") for block in blocks(page))]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the photos that the docs name; LibRaw does not go by names."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(1)
    scene = draw_scene(192, 256, rng=rng)
    write_photo(simulate_raw(scene, cfa=RGGB, iso=6400, rng=rng)[0], folder / "photo.dng", provenance=None)
    for name in RAW:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "photo.dng", folder / name)
    (folder / "photo.dng").unlink()
    grainy = 255 * scene**0.45 + rng.normal(0, 10, scene.shape)
    picture = Image.fromarray(grainy.clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
    for name in PICTURES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name)
    # Fish makes it when it is first started.
    (folder / ".config/fish/completions").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_what_the_page_says_to_run_runs(page: Path, photos: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(photos, home)
    for block in blocks(page):
        if not block.not_run:
            for command in commands_of(block):
                run(command, home, where=f"{name_of(page)}, line {block.line}")


def test_every_reason_belongs_to_a_block() -> None:
    for page in PAGES:
        reasons = page.read_text(encoding="utf-8").count("<!-- not run:")
        assert reasons == sum(bool(block.not_run) for block in blocks(page)), name_of(page)


def test_commands_stand_in_console_blocks() -> None:
    """In others nothing would run them; a line of usage has its options in brackets."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = re.findall(r"^    (?:\$ )?rwdenoise .*", text, re.MULTILINE)
        assert [line for line in lines if "[OPTIONS]" not in line] == [], name_of(page)


def commands_of(block: Block) -> list[list[str]]:
    if block.language == "python":
        return [[sys.executable, "-c", block.code]]
    if block.language == "console":
        return [["bash", "-c", line.removeprefix("$ ")] for line in block.code.splitlines() if line.startswith("$ ")]
    return []


def run(command: list[str], home: Path, *, where: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment |= {"HOME": str(home), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{where}: {command[-1]}\n{result.stdout}{result.stderr}"
