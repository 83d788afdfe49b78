"""Test that tiles leave no seam, that all sizes work, and that strength 0 changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.denoising.diffusion import SAMPLERS
from rwdenoise.errors import Cancelled, DeviceMemoryError
from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from tests.tiny import tiny_denoiser

PROFILE = NoiseProfile(4e-3, 2e-5)
layouts = st.sampled_from([*BAYER_PHASES, X_TRANS, X_TRANS.shifted(1, 2), MONOCHROME])


def noisy_planes(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    edges = np.add.outer(np.arange(height) // 11, np.arange(width) // 7) % 2
    return (0.02 + 0.5 * edges + rng.normal(0, 0.05, (1, height, width))).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 150), width=st.integers(1, 150), tile=st.sampled_from([8, 24, 64, 100]), cfa=layouts)
def test_tiled_equals_whole(height: int, width: int, tile: int, cfa: Cfa) -> None:
    planes = noisy_planes(height, width)
    results = [
        tiny_denoiser(tile=edge).denoise(planes, cfa=cfa, noise=PROFILE, settings=Settings(steps=2))
        for edge in (tile, 4096)
    ]
    assert results[0].shape == planes.shape
    np.testing.assert_allclose(results[0], results[1], atol=1e-5, rtol=0)
    assert np.abs(results[0] - planes).max() > 1e-3, "the network did something"


@settings(max_examples=5, deadline=None)
@given(height=st.integers(200, 300), width=st.integers(200, 300), tile=st.sampled_from([64, 100]), cfa=layouts)
def test_tiled_equals_whole_where_steps_reuse_estimates(height: int, width: int, tile: int, cfa: Cfa) -> None:
    planes = noisy_planes(height, width)
    denoisers = [tiny_denoiser(tile=edge) for edge in (tile, 4096)]
    tiled, whole = (
        denoiser.denoise(planes, cfa=cfa, noise=PROFILE, settings=Settings(steps=12)) for denoiser in denoisers
    )
    assert [denoiser.pixels_run for denoiser in denoisers] == [6 * planes.size] * 2
    np.testing.assert_allclose(tiled, whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 7, 100])
def test_strength_0_gives_the_very_planes_back(sampler: str, steps: int) -> None:
    planes = noisy_planes(33, 47)
    chosen = Settings(steps=steps, strength=0.0, sampler=sampler)
    result = tiny_denoiser().denoise(planes, cfa=X_TRANS, noise=PROFILE, settings=chosen)
    np.testing.assert_array_equal(result, planes)


def test_strength_lies_between() -> None:
    planes = noisy_planes(32, 32)
    weak, strong = (
        tiny_denoiser().denoise(planes, cfa=X_TRANS, noise=PROFILE, settings=Settings(steps=1, strength=strength))
        for strength in (0.1, 1.0)
    )
    assert 0 < np.abs(weak - planes).mean() < 0.2 * np.abs(strong - planes).mean()


def test_progress_counts_every_tile_of_every_step() -> None:
    seen, denoiser = [], tiny_denoiser(tile=32)
    denoiser.denoise(
        noisy_planes(150, 200), cfa=X_TRANS, noise=PROFILE, settings=Settings(steps=2),
        on_progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    # Counted for 2 x 4 tiles of 32 px with a halo of 48 px.
    assert seen == [(done, 16) for done in range(1, 17)]
    assert denoiser.pixels_run == 2 * 150 * 200


def test_an_exception_of_the_listener_ends_the_work() -> None:
    def stop(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        tiny_denoiser().denoise(noisy_planes(32, 32), cfa=X_TRANS, noise=PROFILE, settings=Settings(), on_progress=stop)


class Cramped:
    """An estimate on a device whose memory holds only small tiles."""

    def __init__(self, estimate, *, most: int) -> None:
        self.estimate, self.most = estimate, most

    def __call__(self, x_t, colors):
        if x_t.shape[2] > self.most:
            raise DeviceMemoryError("Out of memory.", hint="Buy some.")
        return self.estimate(x_t, colors)


def cramp(denoiser: Denoiser, monkeypatch: pytest.MonkeyPatch, *, most: int) -> None:
    at = denoiser._network.at
    monkeypatch.setattr(denoiser._network, "at", lambda level: Cramped(at(level), most=most))


def test_too_little_memory_halves_the_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    planes = noisy_planes(600, 600)
    whole = tiny_denoiser().denoise(planes, cfa=X_TRANS, noise=PROFILE, settings=Settings(steps=2))
    denoiser = tiny_denoiser()
    cramp(denoiser, monkeypatch, most=400)
    result = denoiser.denoise(planes, cfa=X_TRANS, noise=PROFILE, settings=Settings(steps=2))
    assert denoiser.tile == 256
    np.testing.assert_allclose(result, whole, atol=1e-5, rtol=0)


def test_memory_that_never_suffices_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    denoiser = tiny_denoiser()
    cramp(denoiser, monkeypatch, most=0)
    with pytest.raises(DeviceMemoryError):
        denoiser.denoise(noisy_planes(64, 64), cfa=X_TRANS, noise=PROFILE, settings=Settings())
