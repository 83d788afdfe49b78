"""Test the properties of the samplers, for every schedule."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwdenoise.denoising.diffusion import SAMPLERS, improved, schedule

photos = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(np.array)
steps = st.integers(1, 100)
strengths = st.floats(0, 1)
# Any decreasing times from 1, not only equal steps.
times = st.lists(st.floats(0, 0.999), min_size=1, max_size=20, unique=True).map(
    lambda values: (1.0, *sorted(values, reverse=True))
)


def last(results):
    *_, end = results
    return end


@pytest.mark.parametrize("name", SAMPLERS)
@given(clean=photos, noisy=photos, times=times)
def test_a_perfect_predictor_gives_the_clean_photo(name: str, clean, noisy, times) -> None:
    times = (*times, 0.0) if times[-1] else times
    result = last(SAMPLERS[name].run(lambda _x, _t: clean.copy(), noisy, times))
    np.testing.assert_allclose(result, clean, atol=1e-9)


@pytest.mark.parametrize("name", SAMPLERS)
@given(clean=photos, noisy=photos, steps=steps, strength=strengths)
def test_strength_is_an_early_stop(name: str, clean, noisy, steps: int, strength: float) -> None:
    result = last(SAMPLERS[name].run(lambda _x, _t: clean.copy(), noisy, schedule(steps, strength=strength)))
    np.testing.assert_allclose(result, strength * clean + (1 - strength) * noisy, atol=1e-9)


def changing_predictor(noisy: np.ndarray) -> tuple[Callable, list]:
    """Return a predictor whose estimate depends on state and time, and the list of its estimates."""
    estimates = []

    def predict(x_t, t):
        estimates.append(np.tanh(2 * x_t - noisy) * (1 + t) / 2)
        return estimates[-1].copy()

    return predict, estimates


@given(noisy=photos, times=times)
def test_improved_ends_at_the_step_weighted_mean(noisy, times) -> None:
    predict, estimates = changing_predictor(noisy)
    result = last(improved(predict, noisy, times))
    lengths = -np.diff(times)
    mean = np.average(estimates, axis=0, weights=lengths)
    s = times[-1]
    np.testing.assert_allclose(result, (1 - s) * mean + s * noisy, atol=1e-9)


@pytest.mark.parametrize("name", SAMPLERS)
@given(noisy=photos, times=times)
def test_samplers_overwrite_nothing_but_the_estimate(name: str, noisy, times) -> None:
    noisy.flags.writeable = False
    states = []

    def predict(x_t, t):
        x_t.flags.writeable = False
        states.append((x_t, x_t.copy()))
        return np.tanh(2 * x_t - noisy) * (1 + t) / 2

    last(SAMPLERS[name].run(predict, noisy, times))
    for seen, before in states:
        np.testing.assert_array_equal(seen, before)


@given(noisy=photos, steps=steps)
def test_strength_0_leaves_the_photo_exactly(noisy, steps: int) -> None:
    for sampler in SAMPLERS.values():
        for x in sampler.run(lambda x, _t: x + 1, noisy, schedule(steps, strength=0.0)):
            np.testing.assert_array_equal(x, noisy)


@given(steps=steps, strength=strengths)
def test_schedules_fall_evenly(steps: int, strength: float) -> None:
    times = schedule(steps, strength=strength)
    assert len(times) == steps + 1
    assert times[0] == 1
    assert times[-1] == pytest.approx(1 - strength)
    np.testing.assert_allclose(np.diff(times), -strength / steps, atol=1e-12)
