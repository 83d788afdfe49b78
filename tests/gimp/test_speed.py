"""Test in real GIMP the time to transfer the pixels of a large layer to a worker and back, without denoising."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.gimp.tree import GimpTree, worker_command

INSIDE = Path(__file__).with_name("inside.py")
WIDTH, HEIGHT = 6000, 4000
# Promised limit in seconds; a busy machine with two cores takes 1.7 s.
MOST_SECONDS = 3.0


@pytest.fixture
def echoing(tree: Path, tmp_path: Path) -> GimpTree:
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare()
    gimp.install("rwdenoise", worker_command(str(Path(__file__).with_name("echo.py"))))
    return gimp


def test_24_megapixels_of_16_bits_come_and_go_in_seconds(echoing: GimpTree, capsys: pytest.CaptureFixture[str]) -> None:
    path = echoing.folder / "large.pixels"
    np.random.default_rng(1).integers(0, 2**16, (HEIGHT, WIDTH, 3), np.uint16).tofile(path)
    case = {"name": "large", "base": "RGB", "precision": "U16_NON_LINEAR", "size": (WIDTH, HEIGHT), "layers": 1}
    (outcome,) = echoing.run(INSIDE, {"cases": [{**case, "pixels": [str(path)]}]})
    assert outcome["status"] == "success", outcome["error"]
    assert outcome["dirty"]
    with capsys.disabled():
        print(f"\n24 megapixels of 16 bits to the worker and back: {outcome['seconds']:.1f} s")  # noqa: T201
    assert outcome["seconds"] < MOST_SECONDS
