"""Layers of image editors: every kind of number under every curve comes back, and what cannot be is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError, PhotoWriteError, SettingsError
from rwdenoise.io.pictures.encodings import CURVES, DISPLAY, LINEAR, encoding_under
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.layer import TYPES, Layout, read_layer, write_layer
from rwdenoise.photo.color import decode_srgb
from tests.profiles import ADOBE_RGB_COLUMNS, LINEAR_CURVE, gamma_curve, gray_profile, rgb_profile

ADOBE_RGB = rgb_profile(gamma_curve(563 / 256), columns=ADOBE_RGB_COLUMNS)
LAYOUT = Layout(6, 5, 4, True, "u16", "non-linear")


def pixels_for(layout: Layout) -> np.ndarray:
    rng = np.random.default_rng(3)
    shape = (layout.height, layout.width, layout.channels)
    dtype = np.dtype(TYPES[layout.type])
    if dtype.kind == "u":
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    # Editors keep what is darker than black and brighter than white.
    return rng.uniform(-0.5, 1.5, shape).astype(dtype)


@pytest.mark.parametrize("icc", [None, ADOBE_RGB], ids=["no profile", "Adobe RGB"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("kind", TYPES)
def test_every_layer_comes_back(tmp_path: Path, kind, curve, channels, icc) -> None:
    layout = Layout(6, 5, channels, channels % 2 == 0, kind, curve)
    pixels = pixels_for(layout)
    (tmp_path / "pixels.in").write_bytes(pixels.tobytes())
    if icc is not None and not layout.is_gray:
        (tmp_path / "profile.icc").write_bytes(icc)
    photo = read_layer(tmp_path, layout)
    planes = photo.planes()
    assert planes.shape == (3, 5, 6)
    planes[:, 2, 3] = 0.25
    write_layer(photo.with_planes(planes), tmp_path)
    written = np.frombuffer((tmp_path / "pixels.out").read_bytes(), pixels.dtype).reshape(pixels.shape)
    # The mean of three equal grays is off by the rounding of float32, which only the finest types can hold.
    white = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    least = 2e-7 * white if layout.is_gray else 0
    changed = (abs(written.astype(np.float64) - pixels.astype(np.float64)) > least).any(axis=2)
    assert changed[2, 3]
    assert changed.sum() == 1
    if layout.alpha:
        np.testing.assert_array_equal(written[..., -1], pixels[..., -1])


@pytest.mark.parametrize(
    ("icc", "gray"), [(None, False), (None, True), (profile("srgb"), False), (gray_profile(LINEAR_CURVE), True)]
)
def test_without_other_primaries_the_curve_says_it_all(icc: bytes | None, gray: bool) -> None:
    assert encoding_under(icc, gray=gray, curve="linear") is LINEAR
    assert encoding_under(icc, gray=gray, curve="perceptual") is DISPLAY


def test_all_curves_are_of_the_same_color() -> None:
    light = np.array([[[0.02, 0.4, 0.9]]], np.float64)
    encoded = {
        "linear": light,
        "non-linear": light ** (256 / 563),
        "perceptual": np.array([[[0.15170, 0.66519, 0.95469]]]),
    }
    np.testing.assert_allclose(decode_srgb(encoded["perceptual"]), light, atol=1e-4)
    displays = [
        encoding_under(ADOBE_RGB, gray=False, curve=curve).to_display(colors.astype(np.float32))
        for curve, colors in encoded.items()
    ]
    assert abs(displays[0] - decode_srgb(displays[0])).max() > 0.1
    np.testing.assert_allclose(displays[1], displays[0], atol=2e-4)
    np.testing.assert_allclose(displays[2], displays[0], atol=2e-4)


def test_a_profile_that_nobody_understands_leaves_the_curve() -> None:
    assert encoding_under(b"no profile", gray=False, curve="linear") is LINEAR
    assert encoding_under(b"no profile", gray=False, curve="non-linear") is DISPLAY


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"width": 0}, "0 x 5"),
        ({"channels": 3}, "3 channels"),
        ({"alpha": False}, "4 channels"),
        ({"channels": 5}, "5 channels"),
        ({"type": "u12"}, "'u12'"),
        ({"encoding": "log"}, "'log'"),
    ],
)
def test_impossible_layouts_are_refused(wrong, about) -> None:
    with pytest.raises(SettingsError, match=about):
        replace(LAYOUT, **wrong)


def test_pixels_that_are_missing_or_too_few(tmp_path: Path) -> None:
    with pytest.raises(PhotoAccessError, match="No such file"):
        read_layer(tmp_path, LAYOUT)
    (tmp_path / "pixels.in").write_bytes(bytes(LAYOUT.size - 1))
    with pytest.raises(CorruptPhotoError, match=f"{LAYOUT.size - 1} bytes.*{LAYOUT.size}"):
        read_layer(tmp_path, LAYOUT)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "pixels.in").write_bytes(pixels_for(LAYOUT).tobytes())
    photo = read_layer(tmp_path, LAYOUT)

    def write_a_part(path: Path, data: memoryview) -> None:
        with path.open("wb") as file:
            file.write(bytes(data)[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_a_part)
    with pytest.raises(PhotoWriteError, match="No space left"):
        write_layer(photo, tmp_path)
    assert not (tmp_path / "pixels.out").exists()
