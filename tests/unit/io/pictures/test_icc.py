"""Color spaces: the tables, the profiles and what color management makes of them."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from rwdenoise.errors import SettingsError
from rwdenoise.io.pictures.icc import COLOR_SPACES, color_space, encoding_table, profile, to_pcs

NAMES = list(COLOR_SPACES)


@pytest.mark.parametrize("name", NAMES)
def test_tables_rise_from_black_to_white(name: str) -> None:
    table = encoding_table(name)
    assert table.shape == (65536,)
    assert (table[0], table[-1]) == (0, 65535)
    assert (np.diff(table.astype(int)) >= 0).all()


# Encoded values of 18 % gray by the standards' own formulas.
@pytest.mark.parametrize(
    ("name", "gray"), [("srgb", 0.46135), ("display-p3", 0.46135), ("rec2020", 0.40884), ("prophoto", 0.38571)]
)
def test_middle_gray(name: str, gray: float) -> None:
    assert encoding_table(name)[round(0.18 * 65535)] / 65535 == pytest.approx(gray, abs=2e-4)


# Published matrices to XYZ (D50): Lindbloom for sRGB and ProPhoto.
@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("srgb", [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]),
        ("prophoto", [[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0.0, 0.0, 0.8249]]),
    ],
)
def test_published_matrices(name: str, matrix: list[list[float]]) -> None:
    np.testing.assert_allclose(to_pcs(COLOR_SPACES[name]), matrix, atol=3e-4)


@pytest.mark.parametrize("name", NAMES)
def test_little_cms_reads_the_profile(name: str) -> None:
    data = profile(name)
    assert len(data) == int.from_bytes(data[:4], "big") < 3000
    opened = ImageCms.ImageCmsProfile(BytesIO(data))
    assert ImageCms.getProfileDescription(opened).strip() == COLOR_SPACES[name].title


@pytest.mark.parametrize("name", NAMES)
def test_gray_stays_gray_and_equally_bright(name: str) -> None:
    ramp = (encoding_table(name)[np.linspace(0, 65535, 200).astype(int)] // 257).astype(np.uint8)
    picture = Image.fromarray(np.repeat(ramp[np.newaxis, :, np.newaxis], 3, axis=2))
    srgb = ImageCms.createProfile("sRGB")
    seen = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(BytesIO(profile(name))), srgb)
    found = np.asarray(seen)[0].astype(int)
    assert np.ptp(found, axis=1).max() <= 1
    wanted = encoding_table("srgb")[np.linspace(0, 65535, 200).astype(int)] / 257
    assert np.abs(found[40:].mean(axis=1) - wanted[40:]).max() <= 2


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SettingsError, match="srgb, display-p3, rec2020, prophoto"):
        color_space("cmyk")
