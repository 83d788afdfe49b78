"""The simulated camera: each step against what is known of it."""

import numpy as np
import pytest
import torch

from rwdenoise.photo.cfa import GREEN, MONOCHROME, RGGB
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.simulation import camera as simulate
from rwdenoise.simulation.raw_photo import BLACK, BORDER, WHITE, simulate_raw
from rwdenoise.simulation.scene import draw_scene


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def test_white_stays_white_in_every_camera() -> None:
    white = simulate.camera_matrix(simulate.CAMERA_MATRICES) @ torch.ones(3)
    torch.testing.assert_close(white, torch.ones(4, 3))


def test_filters_let_one_color_through() -> None:
    camera = torch.tensor([0.1, 0.5, 0.9])[None, :, None, None].expand(1, 3, 4, 4)
    mosaic = simulate.filter_colors(camera, torch.from_numpy(RGGB.planes(4, 4))[None])
    assert mosaic[0, 0, :2, :2].flatten().tolist() == pytest.approx([0.1, 0.5, 0.5, 0.9])
    clear = simulate.filter_colors(camera, torch.from_numpy(MONOCHROME.planes(4, 4))[None])
    assert clear.unique().tolist() == pytest.approx([0.5])


@pytest.mark.parametrize("signal", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("tails", [0.0, 0.1])
def test_noise_has_the_variance_and_mean_of_its_profile(signal: float, tails: float) -> None:
    shot, read = 4e-3, 1e-5
    noise = simulate.SensorNoise(torch.tensor(shot), torch.tensor(read), tails=torch.tensor(tails))
    recorded = simulate.record(torch.full((1, 1, 512, 512), signal), noise, rng())
    assert recorded.mean().item() == pytest.approx(signal, abs=5e-4)
    assert recorded.var().item() == pytest.approx(shot * signal + read, rel=0.06)


def test_photon_noise_is_skewed_like_poisson() -> None:
    noise = simulate.SensorNoise(torch.tensor(0.02), torch.tensor(1e-9), step=torch.tensor(1e-6))
    recorded = simulate.record(torch.full((1, 1, 512, 512), 0.2), noise, rng()) - 0.2
    skewness = (recorded**3).mean() / recorded.var() ** 1.5
    assert skewness.item() == pytest.approx((0.02 / 0.2) ** 0.5, rel=0.1)


def test_nothing_below_black_is_cut_off_but_white_is() -> None:
    noise = simulate.SensorNoise(torch.tensor(1e-2), torch.tensor(1e-3))
    assert simulate.record(torch.zeros(1, 1, 64, 64), noise, rng()).min() < -0.03
    assert simulate.record(torch.ones(1, 1, 64, 64), noise, rng()).max() == 1


def test_rows_share_their_offset() -> None:
    noise = simulate.SensorNoise(torch.tensor(0.0), torch.tensor(1e-9), row=torch.tensor(0.01), step=torch.tensor(1e-6))
    recorded = simulate.record(torch.full((1, 1, 256, 256), 0.5), noise, rng())[0, 0]
    assert recorded.mean(dim=1).std().item() == pytest.approx(0.01, rel=0.2)
    assert recorded.std(dim=1).mean().item() < 0.001


def test_hot_pixels_come_in_the_share_that_was_asked_for() -> None:
    noise = simulate.SensorNoise(torch.tensor(0.0), torch.tensor(1e-9), hot_pixels=torch.tensor(0.01))
    recorded = simulate.record(torch.full((1, 1, 512, 512), 0.1), noise, rng())
    # One in ten glows by less than a hundredth: faint ones are the most frequent.
    assert (recorded > 0.11).float().mean().item() == pytest.approx(0.009, rel=0.1)


def test_dead_pixels_see_a_part_of_their_light() -> None:
    noise = simulate.SensorNoise(torch.tensor(0.0), torch.tensor(1e-9), dead_pixels=torch.tensor(0.01))
    recorded = simulate.record(torch.full((1, 1, 512, 512), 0.5), noise, rng())
    dead = recorded < 0.49
    assert dead.float().mean().item() == pytest.approx(0.0098, rel=0.1)
    assert recorded[dead].mean().item() == pytest.approx(0.25, abs=0.02)


def test_the_same_seed_gives_the_same_photo() -> None:
    scene = draw_scene(64, 96, rng=np.random.default_rng(1))
    first, again, other = (
        simulate_raw(scene, cfa=RGGB, iso=3200, rng=np.random.default_rng(seed))[0].mosaic for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_simulated_raw_has_borders_levels_and_the_noise_of_its_iso() -> None:
    scene = np.full((3, 128, 192), 0.18, np.float32)
    noisy, clean = simulate_raw(scene, cfa=RGGB, iso=6400, rng=np.random.default_rng(1))
    assert noisy.mosaic.shape == (128 + BORDER[0], 192 + BORDER[1])
    assert noisy.mosaic[: BORDER[0]].mean() == pytest.approx(BLACK, abs=5)
    assert (noisy.white, clean.white) == (WHITE, WHITE * 4)
    green = RGGB.sites(128, 192) == GREEN
    signal = clean.planes()[0][green].mean()
    difference = (noisy.planes() - clean.planes())[0][green]
    assert difference.std() == pytest.approx(profile_at(6400).variance(np.array(signal)) ** 0.5, rel=0.05)


def test_iso_stands_for_a_typical_camera() -> None:
    # The median green of the profiles at ISO 6400 is 1.3e-4; times 12.
    assert profile_at(6400).shot == pytest.approx(12 * 1.11e-4, rel=0.02)
