"""What makes the released weights fast changes nothing visible: steps that reuse an estimate, and low precision."""

import numpy as np
import pytest
import torch

from rwdenoise.choices import Settings
from rwdenoise.denoising import sampling
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.network.engines.base import Engine
from rwdenoise.network.engines.devices import available_devices, choose_backend
from rwdenoise.network.engines.pytorch import Backend
from rwdenoise.network.unet import load_network
from rwdenoise.network.weights import find_weights
from rwdenoise.photo.cfa import RGGB, X_TRANS
from rwdenoise.photo.noise_profile import profile_at
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from rwdenoise.simulation.scene import draw_scene
from tests.e2e.released import names_of

EDGE = 320
#: DN of a 14-bit camera between black and white.
WHITE = 16383
EXACT = Backend(torch.device("cpu"), torch.float32)
#: Runs everywhere: processors that do not multiply bfloat16 fast do it slowly.
ROUGH = Backend(torch.device("cpu"), torch.bfloat16)
found = [choose_backend(name) for name in available_devices()]
reduced = [ROUGH, *(backend for backend in found if backend.dtype != torch.float32 and backend != ROUGH)]


def photograph(iso: float, cfa=RGGB) -> tuple[RawPhoto, np.ndarray]:
    scene = draw_scene(EDGE, EDGE, rng=np.random.default_rng(2))
    noisy, clean = simulate_raw(scene, cfa=cfa, iso=iso, rng=np.random.default_rng(3))
    return noisy, clean.planes()


def denoiser_on(backend: Engine, weights: str) -> Denoiser:
    network, facts = load_network(find_weights(weights))
    meter = denoiser_on(backend, facts.measured_by) if facts.measured_by else None
    return Denoiser(network, facts, backend, meter=meter)


def denoise(denoiser: Denoiser, photo: RawPhoto, iso: float, *, steps: int) -> np.ndarray:
    return denoiser.denoise(photo.planes(), cfa=photo.cfa, noise=profile_at(iso), settings=Settings(steps))


def decibels(planes: np.ndarray, truth: np.ndarray) -> float:
    encoded = [np.clip(values, 0, 1) ** (1 / 2.2) for values in (planes, truth)]
    return float(-10 * np.log10(np.mean((encoded[0] - encoded[1]) ** 2)))


@pytest.mark.parametrize("iso", [200, 1600, 12800, 51200])
@pytest.mark.parametrize("cfa", [RGGB, X_TRANS], ids=lambda cfa: cfa.name)
def test_twenty_steps_cost_six_and_change_nothing(iso: float, cfa, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, truth = photograph(iso, cfa)
    denoiser = denoiser_on(choose_backend(), "cfa-fast")
    skipping = denoise(denoiser, photo, iso, steps=20)
    assert denoiser.pixels_run == 6 * skipping.size
    monkeypatch.setattr(sampling, "steps_to_run", range)
    every_step = denoise(denoiser, photo, iso, steps=20)
    assert denoiser.pixels_run == (6 + 20) * skipping.size
    assert decibels(skipping, truth) == pytest.approx(decibels(every_step, truth), abs=0.01)
    noise = np.sqrt(profile_at(iso).variance(truth))
    assert np.sqrt(np.mean(((skipping - every_step) / noise) ** 2)) < 0.03


@pytest.mark.parametrize("backend", reduced, ids=lambda backend: backend.name)
@pytest.mark.parametrize("weights", names_of("cfa"))
@pytest.mark.parametrize("iso", [100, 1600, 25600])
def test_low_precision_changes_nothing(backend: Engine, weights: str, iso: float) -> None:
    photo, truth = photograph(iso)
    rough, exact = (denoise(denoiser_on(kind, weights), photo, iso, steps=2) for kind in (backend, EXACT))
    assert decibels(rough, truth) == pytest.approx(decibels(exact, truth), abs=0.01)
    noise = np.sqrt(profile_at(iso).variance(truth))
    assert abs(np.mean(rough - exact)) * WHITE < 0.25
    assert np.sqrt(np.mean(((rough - exact) / noise) ** 2)) < 0.03


@pytest.mark.parametrize("backend", reduced, ids=lambda backend: backend.name)
def test_low_precision_changes_no_picture(backend: Engine) -> None:
    truth = draw_scene(EDGE, EDGE, rng=np.random.default_rng(2)) ** np.float32(1 / 2.2)
    noise = np.random.default_rng(3).normal(0, 0.05, truth.shape)
    picture = (np.round(255 * (truth + noise)).clip(0, 255) / 255).astype(np.float32)
    weights = "rgb"
    rough, exact = (
        denoiser_on(kind, weights).denoise_picture(picture, settings=Settings(2)) for kind in (backend, EXACT)
    )
    errors = [float(np.mean((planes - truth) ** 2)) for planes in (rough, exact)]
    assert 10 * abs(np.log10(errors[0] / errors[1])) < 0.01
    assert np.abs(rough - exact).mean() * 255 < 0.25
