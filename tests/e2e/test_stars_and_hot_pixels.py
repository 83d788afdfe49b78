"""Hot pixels go, stars stay: both are small and bright, but a star falls on several sites."""

import numpy as np
import pytest
import torch

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser, load_denoiser
from rwdenoise.photo.cfa import RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.simulation import camera
from tests.e2e.released import names_of

EDGE, REACH = 768, 3
SKY = np.array([0.004, 0.005, 0.004])
LAYOUTS = pytest.mark.parametrize("cfa", [RGGB, X_TRANS], ids=lambda cfa: cfa.name)
ISOS = pytest.mark.parametrize("iso", [1600, 6400, 25600])


@pytest.fixture(scope="module", params=names_of("cfa"))
def denoiser(request: pytest.FixtureRequest) -> Denoiser:
    return load_denoiser(request.param)


def star_field(cfa: Cfa, noise: NoiseProfile, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a clean mosaic of white stars of 5 to 50 sigma on a dark sky, and where they are."""
    places = np.stack(np.meshgrid(np.arange(16, EDGE - 16, 32), np.arange(16, EDGE - 16, 32)), -1).reshape(-1, 2)
    places = places + rng.uniform(-8, 8, places.shape)
    mosaic = (cfa.planes(EDGE, EDGE) * SKY[:, None, None]).sum(axis=0)
    deviation = noise.variance(np.array(SKY[1])) ** 0.5
    y, x = np.mgrid[:EDGE, :EDGE]
    for row, column in places:
        box = np.s_[max(0, int(row) - 8) : int(row) + 9, max(0, int(column) - 8) : int(column) + 9]
        spot = np.exp(-((y[box] - row) ** 2 + (x[box] - column) ** 2) / (2 * 0.9**2))
        mosaic[box] += 5 * 10 ** rng.uniform(0, 1) * deviation * spot
    return mosaic.clip(0, 1).astype(np.float32), places


def photograph(mosaic: np.ndarray, noise: NoiseProfile, *, hot_pixels: float = 0.0) -> np.ndarray:
    sensor = camera.SensorNoise(torch.tensor(noise.shot), torch.tensor(noise.read), hot_pixels=torch.tensor(hot_pixels))
    rng = torch.Generator().manual_seed(2)
    return camera.record(torch.from_numpy(mosaic)[None, None], sensor, rng)[0].numpy()


def light_of(mosaic: np.ndarray, places: np.ndarray, sky: np.ndarray) -> np.ndarray:
    """Return the light above the sky around each place."""
    above = mosaic - sky
    corners = np.rint(places).astype(int) - REACH
    return np.array([above[r : r + 2 * REACH + 1, c : c + 2 * REACH + 1].sum() for r, c in corners])


def expect(share: float, *, aim: float, floor: float) -> None:
    """Fail below what the released weights reach; below the aim, say how far it is."""
    assert share >= floor
    if share < aim:
        pytest.xfail(f"{share:.1%}, where the aim is {aim:.0%}: the weights are not there yet")


@LAYOUTS
@ISOS
def test_nine_of_ten_stars_of_five_sigma_stay(denoiser: Denoiser, cfa: Cfa, iso: float) -> None:
    noise = profile_at(iso)
    clean, places = star_field(cfa, noise, np.random.default_rng(1))
    noisy = photograph(clean, noise)
    result = denoiser.denoise(noisy, cfa=cfa, noise=noise, settings=Settings())[0]
    sky = (cfa.planes(EDGE, EDGE) * SKY[:, None, None]).sum(axis=0)
    # A star stays if at least half of its light does.
    kept = light_of(result, places, sky) >= 0.5 * light_of(clean, places, sky)
    expect(kept.mean(), aim=0.90, floor=0.80)


@LAYOUTS
@ISOS
def test_99_of_100_hot_pixels_go(denoiser: Denoiser, cfa: Cfa, iso: float) -> None:
    noise = profile_at(iso)
    y, x = np.mgrid[:EDGE, :EDGE] / EDGE
    scene = 0.02 + 0.1 * np.stack([x, y, 1 - x])
    clean = (cfa.planes(EDGE, EDGE) * scene).sum(axis=0).astype(np.float32)
    without, noisy = (photograph(clean, noise, hot_pixels=share) for share in (0.0, 1e-3))
    deviation = noise.variance(clean) ** 0.5
    hot = noisy[0] - without[0] > 5 * deviation
    result = denoiser.denoise(noisy, cfa=cfa, noise=noise, settings=Settings())[0]
    gone = np.abs(result - clean)[hot] < 2 * deviation[hot]
    expect(gone.mean(), aim=0.99, floor=0.85)
