"""Test the loading of training photos of every kind and size, and of damaged ones."""

import logging
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError, SettingsError
from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from training import photos
from training.photos import decode, find_photos, hold_out, is_held_out


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    ramp = np.linspace(0, 255, 60 * 90 * 3).reshape(60, 90, 3).astype(np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(ramp).save(path)
    return path


def test_a_raw_photo_is_developed_and_averaged_down(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rgb = np.full((3, 64, 96), 0.3, np.float32)
    _, clean = simulate_raw(rgb, cfa=RGGB, iso=100, rng=rng)
    path = tmp_path / "photo.dng"
    write_photo(clean, path, provenance=None)
    assert find_photos(tmp_path) == [path]
    (decoded,) = decode([path])
    assert decoded.dtype == torch.uint8
    assert decoded.shape == (3, 32, 48)
    assert decoded[:, 8:-8, 8:-8].float().std() < 3, "a gray card"


def test_sixteen_bits_are_read_like_eight(tmp_path: Path, picture: Path) -> None:
    eight = decode([picture])[0]
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, eight.permute(1, 2, 0).numpy().astype(np.uint16) * 257, photometric="rgb")
    assert (decode([path])[0].int() - eight.int()).abs().max() <= 1


def test_large_photos_are_averaged_down(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = decode([picture])[0].float()
    monkeypatch.setattr(photos, "LARGEST_PIXELS", 60 * 90 / 4)
    (after,) = decode([picture])
    assert after.shape == (3, 30, 45)
    means = before.reshape(3, 30, 2, 45, 2).mean(dim=(2, 4))
    torch.testing.assert_close(after.float(), means, atol=0.5, rtol=0)


def test_many_photos_fit_into_the_memory(picture: Path) -> None:
    (whole,) = decode([picture])
    cut = decode([picture, picture], memory=whole.numel())
    assert sum(photo.numel() for photo in cut) <= whole.numel()
    assert cut[0].shape[1] / cut[0].shape[2] == pytest.approx(60 / 90, abs=0.02)
    middle = whole[:, 30, 45]
    assert torch.equal(cut[0][:, cut[0].shape[1] // 2, cut[0].shape[2] // 2], middle)


def test_a_broken_photo_is_left_out(tmp_path: Path, picture: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    with caplog.at_level(logging.WARNING):
        assert len(decode([broken, picture])) == 1
    assert "broken.jpg" in caplog.text
    with pytest.raises(CorruptPhotoError, match=r"broken\.jpg"):
        decode([broken])


def test_one_photo_at_least_is_held_out() -> None:
    few = [Path(f"{name}.jpg") for name in ("b", "c", "d", "e", "f")]
    assert not any(is_held_out(path) for path in few)
    learning, held_out = hold_out(few)
    assert len(learning) == 4
    assert len(held_out) == 1
    assert hold_out(few[::-1])[1] == held_out, "whatever their order"


def test_the_held_out_tenth_is_the_one_it_was() -> None:
    many = [Path(f"photo{index}.jpg") for index in range(200)]
    learning, held_out = hold_out(many)
    assert held_out == [path for path in many if is_held_out(path)]
    assert sorted(learning + held_out) == sorted(many)


def test_one_photo_is_too_few(picture: Path) -> None:
    with pytest.raises(SettingsError, match=r"photos given: 1\."):
        hold_out([picture])
    with pytest.raises(PhotoAccessError, match="does not exist"):
        hold_out([Path("missing")])
