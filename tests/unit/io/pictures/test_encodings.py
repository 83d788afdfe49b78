"""What numbers mean: known values, other programs' opinion, and profiles that nobody can understand."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from rwdenoise.io.pictures.encodings import DISPLAY, LINEAR, encoding_of
from rwdenoise.io.pictures.icc import COLOR_SPACES, profile
from rwdenoise.photo.color import decode_srgb, encode_extended_srgb, encode_srgb
from rwdenoise.photo.rgb import Encoding
from tests.profiles import (
    ADOBE_RGB_COLUMNS,
    LINEAR_CURVE,
    assemble,
    formula_curve,
    gamma_curve,
    gray_profile,
    rgb_profile,
    table_curve,
)

# 18 % gray in sRGB (IEC 61966-2-1).
MIDDLE_GRAY = 0.46135
SRGB_FORMULA = formula_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def meaning(icc: bytes | None, *, gray: bool = False, floating: bool = False) -> Encoding:
    return encoding_of(icc, gray=gray, floating=floating)


def shown(encoding: Encoding, *color: float) -> list[float]:
    pixel = np.array(color, np.float32).reshape(1, 1, -1)
    display = encoding.to_display(pixel)
    assert (display.dtype, display.shape) == (np.float32, pixel.shape)
    return [float(value) for value in display.ravel()]


def test_without_a_profile_whole_numbers_are_srgb_and_floats_linear() -> None:
    assert meaning(None) is DISPLAY
    assert meaning(None, gray=True, floating=True) is LINEAR
    assert shown(LINEAR, 0.18, 1, -0.18) == pytest.approx([MIDDLE_GRAY, 1, -MIDDLE_GRAY], abs=1e-5)


@pytest.mark.parametrize("icc", [profile("srgb"), rgb_profile(SRGB_FORMULA)], ids=["version 2", "version 4"])
def test_srgb_needs_no_conversion(icc: bytes) -> None:
    assert meaning(icc) is DISPLAY
    assert meaning(icc, floating=True) is DISPLAY
    values = np.linspace(-1, 2, 9, dtype=np.float32).reshape(1, 3, 3)
    np.testing.assert_array_equal(DISPLAY.to_display(values), values)


# Encoded values of 18 % gray by the standards' own formulas.
@pytest.mark.parametrize(("name", "gray"), [("display-p3", 0.46135), ("rec2020", 0.40884), ("prophoto", 0.38571)])
def test_middle_gray_of_all_color_spaces(name: str, gray: float) -> None:
    assert shown(meaning(profile(name)), gray, gray, gray) == pytest.approx([MIDDLE_GRAY] * 3, abs=2e-4)


@pytest.mark.parametrize(
    "icc",
    [*(profile(name) for name in COLOR_SPACES), rgb_profile(gamma_curve(2.2), columns=ADOBE_RGB_COLUMNS)],
    ids=[*COLOR_SPACES, "adobe-rgb"],
)
def test_little_cms_sees_the_same(icc: bytes) -> None:
    within = np.random.default_rng(1).uniform(0.3, 0.6, (40, 40, 3))
    stored = np.rint(within * 255).astype(np.uint8)
    srgb = ImageCms.createProfile("sRGB")
    theirs = ImageCms.profileToProfile(Image.fromarray(stored), ImageCms.ImageCmsProfile(BytesIO(icc)), srgb)
    ours = meaning(icc).to_display((stored / 255).astype(np.float32)) * 255
    assert np.abs(ours.clip(0, 255) - np.asarray(theirs)).max() <= 1.1


# Each formula of ICC.1:2022, 10.18, and what it makes of 0.5, in light.
@pytest.mark.parametrize(
    ("curve", "light"),
    [
        (LINEAR_CURVE, 0.5),
        (gamma_curve(1.75), 0.5**1.75),
        (table_curve([0, 10000, 65535]), 10000 / 65535),
        (formula_curve(0, 1.8), 0.5**1.8),
        (formula_curve(1, 2, 1.25, -0.25), 0.375**2),
        (formula_curve(2, 2, 1.25, -0.25, 0.1), 0.375**2 + 0.1),
        (formula_curve(3, 2, 0.9, 0.1, 0.4, 0.6), 0.2),
        (formula_curve(4, 2, 0.9, 0.1, 0.4, 0.3, 0.05, 0.02), 0.55**2 + 0.05),
    ],
    ids=["no entry", "one entry", "table", *(f"formula {kind}" for kind in range(5))],
)
def test_curves(curve: bytes, light: float) -> None:
    wanted = float(encode_srgb(np.float32([light]))[0])
    assert shown(meaning(gray_profile(curve), gray=True), 0.5) == pytest.approx([wanted], abs=1e-5)
    assert shown(meaning(rgb_profile(curve)), 0.5, 0.5, 0.5) == pytest.approx([wanted] * 3, abs=1e-4)


def test_each_color_has_its_own_curve() -> None:
    icc = rgb_profile(LINEAR_CURVE, gamma_curve(2), gamma_curve(3))
    wanted = encode_srgb(np.float32([0.5, 0.25, 0.125]))
    assert shown(meaning(icc), 0.5, 0.5, 0.5) == pytest.approx(wanted.tolist(), abs=2e-3)


def test_nothing_is_cut_off() -> None:
    encoding = meaning(profile("prophoto"))
    display = shown(encoding, 0, 0.9, 0.1)
    assert display[0] < 0 < 1 < display[1]
    dark, bright = (shown(encoding, level, level, level) for level in (-0.1, 1.1))
    assert max(dark) < -0.05
    assert min(bright) > 1.05


def test_flat_parts_of_a_table_are_bridged() -> None:
    encoding = meaning(gray_profile(table_curve([0, 0, 0, 30000, 30000, 65535])), gray=True)
    ramp = np.linspace(-0.1, 1.1, 200, dtype=np.float32).reshape(1, -1, 1)
    np.testing.assert_allclose(encoding.from_display(encoding.to_display(ramp)), ramp, atol=1e-5)


NOT_UNDERSTOOD = {
    "empty": b"",
    "cut off": profile("prophoto")[:300],
    "no curves": assemble(b"RGB XYZ ", {}),
    "tables of colors": assemble(b"RGB Lab ", {b"A2B0": bytes(100)}),
    "CMYK": assemble(b"CMYKLab ", {}),
    "gray": gray_profile(gamma_curve(2.2)),
    "falling": rgb_profile(table_curve([65535, 0])),
    "black": rgb_profile(table_curve([0, 0])),
    "unknown formula": rgb_profile(formula_curve(9, 1)),
    "wild formula": rgb_profile(formula_curve(4, 30000, -30000, 30000, 30000, 0.5, 30000, -30000)),
    "unknown curve": rgb_profile(b"sf32" + bytes(20)),
    "one primary thrice": rgb_profile(LINEAR_CURVE, columns=(ADOBE_RGB_COLUMNS[0],) * 3),
}


@pytest.mark.parametrize("icc", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_what_is_not_understood_is_taken_as_it_is(icc: bytes) -> None:
    assert meaning(icc) is DISPLAY


def test_a_gray_picture_has_no_use_for_a_profile_of_rgb() -> None:
    assert meaning(profile("prophoto"), gray=True) is DISPLAY


def test_the_srgb_curve_goes_on_beyond_black_and_white() -> None:
    values = np.array([-2, -0.5, -1e-4, 0, 1e-4, 0.5, 1, 3])
    np.testing.assert_allclose(decode_srgb(encode_extended_srgb(values)), values, rtol=1e-6)
    np.testing.assert_array_equal(encode_extended_srgb(-values), -encode_extended_srgb(values))
    assert np.isfinite(encode_extended_srgb(np.float32([3e38, -3e38]))).all()
