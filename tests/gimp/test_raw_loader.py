"""Test in real GIMP that RAW photos open denoised, and that a file that cannot be opened gives the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rwdenoise import RawPhoto, Settings, denoise_photo, load_denoiser, read_picture, write_photo
from rwdenoise.photo.cfa import BAYER_PHASES
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.gimp.tree import GimpTree, worker_command

RAW = Path(__file__).with_name("raw.py")
WIDTH, HEIGHT = 320, 240
WHITE = 65535


@pytest.fixture
def loader(tree: Path, tmp_path: Path) -> GimpTree:
    """Return a GIMP with our RAW loader and GIMP's own TIFF loader."""
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare("file-tiff")
    gimp.install("rwdenoise-raw", worker_command("-m", "rwdenoise_cli", "worker"))
    return gimp


def test_raw_photos_open_denoised_and_upright_and_what_is_none_says_why(loader: GimpTree) -> None:
    photo = _simulated()
    upright, turned, broken = (loader.folder / name for name in ("upright.dng", "turned.dng", "broken.nef"))
    write_photo(photo, upright, provenance=None)
    write_photo(replace(photo, orientation=6), turned, provenance=None)
    broken.write_bytes(b"no photo at all" * 1000)
    first, second, third = loader.run(RAW, {"paths": [str(path) for path in (upright, turned, broken)]})
    assert first["size"] == [WIDTH, HEIGHT]
    assert second["size"] == [HEIGHT, WIDTH]
    assert first["precision"] == "u16-non-linear"
    assert "sRGB" in first["profile"]
    for tag in (f'Exif.Image.Model">{photo.model}<', 'ISOSpeedRatings">6400<', 'Exif.Image.Orientation">1<'):
        assert tag in first["metadata"]
        assert tag in second["metadata"]
    assert "broken.nef" in third["error"]
    assert loader.leftovers() == []
    difference = _pixels(upright, HEIGHT, WIDTH).astype(np.float64) - _by_the_library(upright)
    # The order of summation depends on the number of threads, in bfloat16 where the machine supports it.
    assert np.abs(difference).mean() < 1e-3 * WHITE
    np.testing.assert_array_equal(_pixels(turned, WIDTH, HEIGHT), np.rot90(_pixels(upright, HEIGHT, WIDTH), -1))


def _simulated() -> RawPhoto:
    rng = np.random.default_rng(3)
    scene = draw_scene(HEIGHT, WIDTH, rng=rng)
    noisy, _ = simulate_raw(scene, cfa=BAYER_PHASES[0], iso=6400, rng=rng)
    return noisy


def _pixels(path: Path, height: int, width: int) -> np.ndarray:
    return np.fromfile(f"{path}.pixels", np.uint16).reshape(height, width, 3)


def _by_the_library(path: Path) -> np.ndarray:
    target = path.with_suffix(".tif")
    denoise_photo(path, target, denoiser=load_denoiser("cfa-best"), settings=Settings())
    return read_picture(target).samples
