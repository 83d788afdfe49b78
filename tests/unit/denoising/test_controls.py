"""Color noise and gray grain are told apart, on every kind of sensor."""

import numpy as np
import pytest

from rwdenoise.denoising.controls import LUMINANCE, gray_part, keep_grain
from rwdenoise.io.raw.develop import develop
from rwdenoise.noise.residual import deviation_of
from rwdenoise.photo.cfa import BAYER_PHASES, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.simulation.raw_photo import WHITE_BALANCE, simulate_raw
from tests.unit.noise.test_residual import noise_like

PROFILE = NoiseProfile(2.4e-3, 1e-5)
LAYOUTS = [*BAYER_PHASES, X_TRANS, X_TRANS.shifted(1, 2)]
layouts = pytest.mark.parametrize("cfa", LAYOUTS, ids=lambda cfa: f"{cfa.name}-{cfa.colors[0]}")


def kept(clean: np.ndarray, noisy: np.ndarray, cfa: Cfa, *, strength: float, chroma: float) -> np.ndarray:
    return keep_grain(
        clean, noisy, cfa=cfa, noise=PROFILE, white_balance=WHITE_BALANCE, strength=strength, chroma=chroma
    )


@layouts
def test_developed_grain_is_gray_and_color_noise_is_gone(cfa: Cfa) -> None:
    noisy, wall = simulate_raw(
        np.full((3, 540, 540), 0.18, np.float32), cfa=cfa, iso=12800, rng=np.random.default_rng(0)
    )
    planes = kept(wall.planes()[0], noisy.planes()[0], cfa, strength=0.6, chroma=1.0)
    grain, color = spread(noisy.with_planes(planes[np.newaxis]))
    loud_grain, loud_color = spread(noisy)
    assert color < 0.1 * 0.4 * loud_color
    assert color < 0.4 * grain
    assert grain > 0.4 * 0.4 * loud_grain


def spread(photo) -> tuple[float, float]:
    """Return the standard deviations of luminance and of color differences in a developed photo of a wall."""
    picture = develop(photo).samples[40:-40, 40:-40].astype(np.float64)
    luminance = picture @ list(LUMINANCE.values())
    color = np.hypot((picture[..., 0] - luminance).std(), (picture[..., 2] - luminance).std())
    return float(luminance.std()), float(color)


@layouts
def test_gray_light_is_gray_and_colored_light_is_mostly_not(cfa: Cfa) -> None:
    gains = np.array(WHITE_BALANCE, np.float32)[cfa.sites(60, 60)]
    np.testing.assert_allclose(gray_part(1 / gains, cfa=cfa, white_balance=WHITE_BALANCE), 1 / gains, rtol=1e-5)
    red = (cfa.sites(60, 60) == 0) / gains
    found = gray_part(red, cfa=cfa, white_balance=WHITE_BALANCE) * gains
    np.testing.assert_allclose(found[4:-4, 4:-4], LUMINANCE[0], rtol=1e-4)


def test_a_hot_pixel_is_color() -> None:
    clean = np.full((64, 64), 0.1, np.float32)
    noisy = clean + deviation_of(clean, PROFILE) * noise_like(clean.shape)
    noisy[31, 30] = 1.0
    result = kept(clean, noisy, X_TRANS, strength=0.0, chroma=1.0)
    assert np.abs(result - clean).max() < 3 * deviation_of(clean, PROFILE).max()


@pytest.mark.parametrize(("strength", "chroma"), [(0.6, 1.0), (1.0, 0.3)])
def test_the_parts_add_up(strength: float, chroma: float) -> None:
    cfa = BAYER_PHASES[1]
    clean = np.full((50, 64), 0.2, np.float32)
    noisy = clean + np.float32(0.02) * noise_like(clean.shape)
    gray, color = (kept(clean, noisy, cfa, strength=1 - keep, chroma=keep) - clean for keep in (1.0, 0.0))
    expected = clean + (1 - strength) * gray + (1 - chroma) * color
    np.testing.assert_allclose(kept(clean, noisy, cfa, strength=strength, chroma=chroma), expected, atol=1e-6)
    np.testing.assert_allclose(gray + color, noisy - clean, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (5, 3)])
@layouts
def test_any_size(cfa: Cfa, shape: tuple[int, int]) -> None:
    assert np.isfinite(gray_part(noise_like(shape), cfa=cfa, white_balance=WHITE_BALANCE)).all()
