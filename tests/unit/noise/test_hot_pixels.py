"""Broken sites are replaced, and nothing that a lens can draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.noise.hot_pixels import find_broken_pixels, nearest_of_same_color
from rwdenoise.photo.cfa import BAYER_PHASES, GREEN, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile

NOISE = NoiseProfile(1e-3, 1e-6)
LEVELS = np.array([0.02, 0.05, 0.03, 0.1], np.float32)
LAYOUTS = [*BAYER_PHASES, X_TRANS, MONOCHROME]


def mend(planes: np.ndarray, cfa: Cfa) -> np.ndarray:
    return find_broken_pixels(planes, cfa=cfa, noise=NOISE).mend(planes)


def flat(cfa: Cfa, *, seed: int = 1, edge: int = 48) -> np.ndarray:
    """Return a noisy mosaic of one color."""
    clean = LEVELS[cfa.sites(edge, edge)]
    rng = np.random.default_rng(seed)
    return (clean + rng.normal(size=clean.shape) * NOISE.variance(clean) ** 0.5)[None].astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(row=st.integers(6, 41), column=st.integers(6, 41), cfa=st.sampled_from(LAYOUTS), value=st.sampled_from([0.4, 1]))
def test_a_hot_pixel_goes_wherever_it_is(row: int, column: int, cfa: Cfa, value: float) -> None:
    # Without noise: by chance it looks like texture around one site in fifty, which is left to the network.
    planes = LEVELS[cfa.sites(48, 48)][None].copy()
    planes[0, row, column] = value
    mended = mend(planes, cfa)
    level = LEVELS[cfa.sites(48, 48)[row, column]]
    assert abs(mended[0, row, column] - level) < 3 * NOISE.variance(level) ** 0.5
    assert (mended != planes).sum() == 1


def test_a_dead_pixel_goes() -> None:
    planes = np.full((1, 48, 48), 0.5, np.float32)
    planes[0, 20, 21] = 0.1
    assert mend(planes, X_TRANS)[0, 20, 21] == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("cfa", LAYOUTS, ids=lambda cfa: f"{cfa.name}-{cfa.colors[0]}")
@pytest.mark.parametrize("spread", [0.7, 1.2])
def test_a_star_stays(cfa: Cfa, spread: float) -> None:
    planes = flat(cfa)
    y, x = np.mgrid[:48, :48]
    for row, column in ((10.0, 10.3), (10.4, 30.0), (30.5, 10.5), (30.2, 30.1)):
        # A white star: what each color sees of it is what it sees of the sky.
        light = LEVELS[cfa.sites(48, 48)] / LEVELS[GREEN]
        planes[0] += 0.3 * light * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * spread**2))
    np.testing.assert_array_equal(mend(planes, cfa), planes)


def test_lines_edges_and_noise_stay() -> None:
    planes = flat(X_TRANS, edge=128)
    planes[0, 40:42] += 0.4
    planes[0, :, 90:] += 0.3
    assert mend(planes, X_TRANS) is planes


@pytest.mark.parametrize("edge", [1, 2, 5])
def test_a_tiny_mosaic_is_left_alone(edge: int) -> None:
    planes = flat(MONOCHROME, edge=edge)
    assert mend(planes, MONOCHROME) is planes


@pytest.mark.parametrize("cfa", LAYOUTS, ids=lambda cfa: f"{cfa.name}-{cfa.colors[0]}")
def test_neighbors_have_the_same_color(cfa: Cfa) -> None:
    for row, column in nearest_of_same_color(cfa, 8):
        assert cfa.shifted(row, column).colors[0][0] == cfa.colors[0][0]
