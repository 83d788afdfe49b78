"""Test the variance-stabilizing transform for any noise profile."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize

shots = st.one_of(st.just(0.0), st.floats(1e-7, 0.1))
reads = st.one_of(st.just(0.0), st.floats(1e-10, 1e-2))
signals = st.lists(st.floats(-0.5, 2.0), min_size=1, max_size=30).map(lambda values: np.array(values, np.float64))


@given(signals, shots, reads)
def test_the_inverse_gives_the_signal_back(x: np.ndarray, shot: float, read: float) -> None:
    back = destabilize(stabilize(x, shot=shot, read=read), shot=shot, read=read)
    np.testing.assert_allclose(back, x, atol=1e-9)


@given(shots, reads)
def test_black_stays_0_and_white_stays_1(shot: float, read: float) -> None:
    ends = stabilize(np.array([0.0, 1.0]), shot=shot, read=read)
    np.testing.assert_allclose(ends, [0, 1], atol=1e-12)


@given(signals, shots, reads)
def test_order_and_sign_are_kept(x: np.ndarray, shot: float, read: float) -> None:
    x = np.sort(x)
    u = stabilize(x, shot=shot, read=read)
    assert (np.diff(u) >= -1e-12).all()
    assert (u[x < 0] < 0).all()


@given(st.floats(0, 0.1), st.floats(1e-8, 1e-2), st.floats(-0.1, 1.0))
def test_the_slope_is_one_over_the_deviation(shot: float, read: float, x: float) -> None:
    step = 1e-9
    ends = stabilize(np.array([x - step, x + step]), shot=shot, read=read)
    deviation = np.sqrt(NoiseProfile(shot, read).variance(np.array(x)))
    sigma = NoiseProfile(shot, read).sigma
    np.testing.assert_allclose(np.diff(ends)[0] / (2 * step) * deviation, sigma, rtol=1e-2)
