"""Test each step of the simulated in-camera processing against its definition."""

import numpy as np
import pytest
import torch

from rwdenoise.photo.cfa import BAYER_PHASES, X_TRANS, Cfa
from rwdenoise.photo.color import encode_srgb
from rwdenoise.simulation import camera as simulate
from rwdenoise.simulation.scene import draw_scene
from training import in_camera, tones
from training.in_camera import Developing


def filters(cfa: Cfa, size: int) -> torch.Tensor:
    return torch.from_numpy(cfa.planes(size, size))[None]


def scene(size: int = 96) -> torch.Tensor:
    """Return a scene, blurred as by a lens."""
    light = torch.from_numpy(draw_scene(size, size, rng=np.random.default_rng(3)))[None]
    return in_camera.blur(light, torch.tensor(1.2))


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(-10 * torch.log10((a - b)[..., 4:-4, 4:-4].square().mean()))


CASES = [("smooth", X_TRANS), *((kind, cfa) for kind in in_camera.DEMOSAICERS for cfa in BAYER_PHASES)]


@pytest.mark.parametrize(("kind", "cfa"), CASES)
def test_a_flat_field_stays_flat_and_keeps_its_color(kind: str, cfa: Cfa) -> None:
    color = torch.tensor([0.2, 0.5, 0.7])[None, :, None, None].expand(1, 3, 24, 24)
    mosaic = simulate.filter_colors(color, filters(cfa, 24))
    torch.testing.assert_close(in_camera.demosaic(mosaic, filters(cfa, 24), kind=kind), color, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", in_camera.DEMOSAICERS)
def test_the_sites_keep_what_they_saw(kind: str) -> None:
    colors = filters(BAYER_PHASES[0], 32)
    mosaic = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    seen = simulate.filter_colors(in_camera.demosaic(mosaic, colors, kind=kind), colors)
    torch.testing.assert_close(seen, mosaic, atol=1e-5, rtol=0)


def test_better_demosaicers_are_better() -> None:
    colors = filters(BAYER_PHASES[1], 96)
    mosaic = simulate.filter_colors(scene(), colors)
    smooth, corrected, directed = (
        psnr(in_camera.demosaic(mosaic, colors, kind=kind), scene()) for kind in in_camera.DEMOSAICERS
    )
    assert smooth < corrected
    assert smooth < directed


def test_balance_undoes_what_the_sensor_saw() -> None:
    matrix = simulate.camera_matrix(simulate.CAMERA_MATRICES[:1])
    gains = torch.tensor([2.0, 1.0, 1.6])[None, :, None, None]
    light = 0.05 + 0.3 * scene()
    camera = simulate.see(light, matrix, gains, torch.tensor(0.5))
    torch.testing.assert_close(in_camera.balance(camera, matrix, gains, torch.tensor(2.0)), light, atol=1e-4, rtol=0)


def test_the_tone_curve_is_that_of_srgb_and_the_inverse_of_the_other() -> None:
    light = torch.linspace(0, 1, 101)[None, None, None]
    plain = in_camera.encode(light, torch.zeros(()))
    np.testing.assert_allclose(plain.numpy(), encode_srgb(light.numpy()), atol=1e-6)
    bent = in_camera.encode(light, torch.ones(()))
    back = tones.linearize(tones.invert_tone_curve(bent))
    torch.testing.assert_close(back, light, atol=1e-3, rtol=0)


def test_each_picture_has_its_own_blur() -> None:
    x = torch.zeros(2, 1, 41, 41)
    x[:, :, 20, 20] = 1
    spread = torch.tensor([0.01, 1.5]).reshape(2, 1, 1, 1)
    sharp, soft = in_camera.blur(x, spread)[:, 0]
    assert sharp[20, 20] == pytest.approx(1)
    place = torch.arange(41) - 20.0
    assert float((soft * place.square()).sum()) == pytest.approx(1.5**2, rel=0.01)


def test_smoothing_takes_color_and_fine_luma_and_sharpening_adds_luma() -> None:
    noise = 0.02 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) + 0.5
    nothing = in_camera.finish(noise, Developing())
    torch.testing.assert_close(nothing, noise, atol=1e-5, rtol=0)
    smooth = in_camera.finish(noise, Developing(color_blur=torch.tensor(2.0), coring=torch.tensor(0.05)))
    assert smooth.std() < 0.5 * noise.std()
    assert in_camera.finish(noise, Developing(sharpening=torch.tensor(1.0))).std() > 1.2 * noise.std()


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.7])
def test_resizing_keeps_the_light(factor: float) -> None:
    resized = in_camera.resize(scene(60), factor)
    assert resized.shape == (1, 3, round(60 * factor), round(60 * factor))
    assert float(resized.mean()) == pytest.approx(float(scene(60).mean()), rel=0.02)


def test_jpeg_loses_more_at_lower_quality() -> None:
    picture = in_camera.encode(scene(), torch.zeros(()))[0]
    fine, coarse = (
        psnr(in_camera.through_jpeg(picture, quality=quality, subsampling=2), picture) for quality in (95, 60)
    )
    assert coarse < fine < 60


def test_the_tone_curve_is_undone() -> None:
    x = torch.linspace(0, 1, 101)
    torch.testing.assert_close(tones.invert_tone_curve(3 * x**2 - 2 * x**3), x, atol=1e-4, rtol=0)


def test_srgb_reference_values() -> None:
    # IEC 61966-2-1: middle gray of 8 bits, 118, is 18.2 % of the light.
    light = tones.linearize(torch.tensor([0.0, 118 / 255, 1.0]))
    torch.testing.assert_close(light, torch.tensor([0.0, 0.1812, 1.0]), atol=1e-4, rtol=0)
