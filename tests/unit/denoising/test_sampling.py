"""The sampling loop: what runs when, and what comes out."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from rwdenoise import choices
from rwdenoise.choices import Settings
from rwdenoise.denoising.diffusion import SAMPLERS, Sampler
from rwdenoise.denoising.frames import MosaicFrame
from rwdenoise.denoising.sampling import Sampling, steps_to_run
from rwdenoise.network.weights import Architecture
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile

PROFILE = NoiseProfile(1e-3, 1e-5)


class Network:
    """Estimates `clean` and, the less noise it is told, more of `drift`; counts its runs."""

    def __init__(self, clean: torch.Tensor, drift: float = 0.0) -> None:
        self.clean, self.drift = clean, drift
        self.levels, self.runs = [], 0

    def at(self, level: float):
        self.levels.append(level)

        def estimate(x_t: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
            assert colors.shape == (1, 3, *x_t.shape[2:])
            self.runs += 1
            return self.clean.expand_as(x_t) + self.drift * (1 - level / PROFILE.sigma)

        return estimate


def frame(height: int = 64, width: int = 64) -> MosaicFrame:
    noisy = np.random.default_rng(1).normal(0.3, 0.02, (1, height, width)).astype(np.float32)
    return MosaicFrame(noisy, RGGB, PROFILE, multiple=16, device=torch.device("cpu"))


def sampling_of(network: Network, settings: Settings, *, size: int = 64, **options) -> Sampling:
    return Sampling(frame(size, size), network, settings=settings, architecture=Architecture(), halo=16, **options)


@pytest.mark.parametrize(
    ("steps", "runs"),
    [
        (1, (0,)), (2, (0, 1)), (3, (0, 1, 2)), (4, (0, 1, 2, 3)), (5, (0, 1, 2, 3, 4)), (6, (0, 1, 2, 3, 4, 5)),
        (7, (0, 1, 3, 4, 5, 6)), (20, (0, 3, 7, 10, 13, 17)), (100, (0, 14, 35, 50, 64, 85)),
    ],
)  # fmt: skip
def test_the_network_runs_six_times_at_most(steps: int, runs: tuple[int, ...]) -> None:
    assert steps_to_run(steps) == runs


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strength", [1.0, 0.4])
@pytest.mark.parametrize("steps", [2, 4, 20])
def test_a_steady_estimate_gives_what_the_sampler_says(sampler: str, strength: float, steps: int) -> None:
    network, settings = Network(torch.tensor(0.5)), Settings(steps, strength, sampler)
    sampling = sampling_of(network, settings, tile=1024)
    noisy = frame().noisy
    *_, expected = SAMPLERS[sampler].run(lambda *_: torch.full_like(noisy, 0.5), noisy, settings.times)
    torch.testing.assert_close(sampling.run(), expected)
    runs = min(steps, 6) if sampler == "improved" else steps
    assert network.runs == len(network.levels) == sampling.pixels_run / 64**2 == runs


def test_an_estimate_is_reused_as_it_will_be_in_the_middle_of_its_steps() -> None:
    """Of a steady drift only the first estimate of each half, which serves three steps, lags: by one step."""
    network, settings = Network(torch.tensor(0.5), 0.02), Settings(20)
    noisy = frame().noisy
    *_, exact = SAMPLERS["improved"].run(
        lambda _, t: torch.full_like(noisy, 0.5 + 0.02 * (1 - t)), noisy, settings.times
    )
    lag = 0.02 / 20 * (3 + 3) / 20
    torch.testing.assert_close(sampling_of(network, settings, tile=1024).run(), exact - lag, atol=1e-6, rtol=0)


def adams_bashforth(predict, x_T, times):
    """Extrapolate the slope from its last two values; the second-order method with one prediction a step."""
    x, before = x_T, None
    for t, s in pairwise(times):
        slope = predict(x, t) - x_T
        x = x + (t - s) * (slope if before is None else 1.5 * slope - 0.5 * before)
        before = slope
        yield x


def heun(predict, x_T, times):
    """Take the mean of the slopes at both ends; the second-order method with two predictions a step."""
    x = x_T
    for t, s in pairwise(times):
        slope = predict(x, t) - x_T
        end = predict(x + (t - s) * slope, s) - x_T
        x = x + (t - s) * (slope + end) / 2
        yield x


@pytest.mark.parametrize(("sampler", "runs"), [(adams_bashforth, 8), (heun, 16)])
def test_other_samplers_fit_the_loop(sampler, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "SAMPLERS", (*choices.SAMPLERS, "other"))
    monkeypatch.setitem(SAMPLERS, "other", Sampler(sampler))
    network, settings = Network(torch.tensor(0.5), 0.02), Settings(8, sampler="other")
    *_, expected = sampler(lambda _, t: 0.5 + 0.02 * (1 - t), frame().noisy, settings.times)
    torch.testing.assert_close(sampling_of(network, settings, tile=1024).run(), expected)
    assert network.runs == runs


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_the_second_half_of_the_steps_sees_the_photo_upside_down(steps: int) -> None:
    """The network sees a ramp in each tile, and reds in the first row of the filters of an upright one alone."""
    ramp, seen = torch.linspace(0, 1e-3, 64).view(64, 1), []

    class Leaning(Network):
        def at(self, level: float):
            def estimate(x_t: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
                seen.append("upright" if colors[0, 0, 0].any() else "upside down")
                return self.clean + ramp.expand_as(x_t)

            return estimate

    settings = Settings(steps, sampler="origin")  # It ends at the last estimate alone, and reuses none.
    last = sampling_of(Leaning(torch.tensor(0.5)), settings, tile=1024).run()[0, :, 0]
    turn = (steps + 1) // 2
    assert seen == ["upright"] * turn + ["upside down"] * (steps - turn)
    torch.testing.assert_close(last, 0.5 + (ramp if steps == 1 else ramp.flip(0))[:, 0])


def test_steps_that_reuse_an_estimate_are_progress_too() -> None:
    noisy = np.full((1, 64, 256), 0.2, np.float32)
    mosaic = MosaicFrame(noisy, RGGB, PROFILE, multiple=16, device=torch.device("cpu"))
    network, told = Network(torch.tensor(0.5)), []
    sampling = Sampling(
        mosaic, network, settings=Settings(20), architecture=Architecture(), halo=0, tile=128,
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    sampling.run()
    assert told == [(done, 40) for done in range(1, 41)]
    assert network.runs == 6 * 2
    assert sampling.pixels_run == 6 * 64 * 256
