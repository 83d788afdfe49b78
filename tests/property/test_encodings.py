"""Test that conversion to the display domain and back is exact, and that no profile makes the reader raise."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.io.pictures.icc import COLOR_SPACES, profile
from tests.profiles import ADOBE_RGB_COLUMNS, LINEAR_CURVE, gamma_curve, gray_profile, rgb_profile

PROFILES: dict[str, tuple[bytes | None, int]] = {
    **{name: (profile(name), 3) for name in COLOR_SPACES},
    "no profile": (None, 3),
    "linear": (rgb_profile(LINEAR_CURVE), 3),
    "linear prophoto": (
        rgb_profile(LINEAR_CURVE, columns=((0.7977, 0.288, 0), (0.1352, 0.7119, 0), (0.0313, 0, 0.8249))),
        3,
    ),
    "gamma": (rgb_profile(gamma_curve(2.2), columns=ADOBE_RGB_COLUMNS), 3),
    "gray gamma": (gray_profile(gamma_curve(1.8)), 1),
    "gray linear": (gray_profile(LINEAR_CURVE), 1),
}
NUMBERS = st.floats(-0.125, 1.125, width=32)


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
def test_there_and_back(name: str, data: Any) -> None:
    icc, colors = PROFILES[name]
    encoding = encoding_of(icc, gray=colors == 1, floating=True)
    stored = data.draw(arrays(np.float32, (3, 5, colors), elements=NUMBERS))
    display = encoding.to_display(stored)
    assert display.dtype == np.float32
    assert np.isfinite(display).all()
    np.testing.assert_allclose(encoding.from_display(display), stored, rtol=0, atol=1e-5)


@given(
    place=st.integers(0, 499),
    value=st.integers(0, 255),
    end=st.integers(0, 3000),
    name=st.sampled_from(["linear", "gamma"]),
)
def test_damaged_profiles_are_read_without_complaint(place: int, value: int, end: int, name: str) -> None:
    icc = bytearray(PROFILES[name][0] or b"")
    icc[place % len(icc)] = value
    encoding = encoding_of(bytes(icc[:end]), gray=False, floating=False)
    display = encoding.to_display(np.full((1, 1, 3), 0.5, np.float32))
    assert np.isfinite(display).all()
