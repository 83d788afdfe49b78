"""The walk: what a tile that rests costs and changes."""

import numpy as np
import pytest
import torch

from rwdenoise.choices import Settings
from rwdenoise.denoising.diffusion import SAMPLERS
from rwdenoise.denoising.frames import MosaicFrame
from rwdenoise.denoising.sampling import Walk
from rwdenoise.network.weights import Architecture
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile

PROFILE = NoiseProfile(1e-3, 1e-5)


class Network:
    """Estimates `clean` and, the further the walk is, more of `drift`; counts its runs."""

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


def walk(network: Network, settings: Settings, *, size: int = 64, **options) -> Walk:
    return Walk(frame(size, size), network, settings=settings, architecture=Architecture(), halo=16, **options)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_an_estimate_that_stays_is_made_twice_and_once_upside_down(sampler: str, strength: float) -> None:
    network, settings = Network(torch.tensor(0.5)), Settings(20, strength, sampler)
    walked = walk(network, settings, tile=1024)
    *_, expected = SAMPLERS[sampler](lambda *_: 0.5, frame().noisy, settings.times)
    torch.testing.assert_close(walked.run(), expected)
    passes = 3 if sampler == "improved" else 20
    assert network.runs == len(network.levels) == walked.pixels_run / 64**2 == passes


@pytest.mark.parametrize("drift", [0.001, 0.02])
def test_an_estimate_that_drifts_is_made_more_often_and_the_mean_stays(drift: float) -> None:
    clean = torch.tensor(0.5)
    network, settings = Network(clean, drift), Settings(20)
    walked = walk(network, settings, tile=1024)
    *_, expected = SAMPLERS["improved"](lambda _, t: clean + drift * (1 - t), frame().noisy, settings.times)
    difference = (walked.run() - expected).abs().max()
    assert network.runs < 15
    assert difference < 0.2 * drift


def test_an_estimate_that_leaps_never_rests() -> None:
    class Leaping(Network):
        def at(self, level: float):
            return lambda x_t, colors: super(Leaping, self).at(level)(x_t, colors) + 0.2 * (self.runs % 2)

    network = Leaping(torch.tensor(0.5))
    walk(network, Settings(20), tile=1024).run()
    assert network.runs == 20


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

    settings = Settings(steps, sampler="origin")  # It ends at the last estimate alone, and no tile rests.
    last = walk(Leaning(torch.tensor(0.5)), settings, tile=1024).run()[0, :, 0]
    turn = (steps + 1) // 2
    assert seen == ["upright"] * turn + ["upside down"] * (steps - turn)
    torch.testing.assert_close(last, 0.5 + (ramp if steps == 1 else ramp.flip(0))[:, 0])


def test_tiles_rest_by_themselves() -> None:
    """The right half leaps, and the left half stays."""

    class Halves(Network):
        def at(self, level: float):
            self.levels.append(level)

            def estimate(x_t: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
                self.runs += 1
                # The filters say nothing of where a tile lies; the noisy photo does.
                return x_t + torch.where(x_t.mean() > 1, 50 * (1 - level / PROFILE.sigma), 0.0)

            return estimate

    noisy = np.full((1, 64, 256), 0.2, np.float32)
    noisy[..., 128:] = 5.0
    halves = MosaicFrame(noisy, RGGB, PROFILE, multiple=16, device=torch.device("cpu"))
    network, told = Halves(torch.tensor(0.0)), []
    walked = Walk(
        halves, network, settings=Settings(20), architecture=Architecture(), halo=0, tile=128,
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    walked.run()
    assert network.runs == 23
    assert told == [(done, 40) for done in range(1, 41)], "a tile that rests is progress, too"
    assert walked.pixels_run == 23 * 64 * 128
