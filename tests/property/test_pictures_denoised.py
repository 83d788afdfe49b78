"""Test the denoising of developed pictures: no seams, no change at strength 0, regions equal to the whole."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rwdenoise.choices import Settings
from rwdenoise.denoising import photos as regions
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.denoising.noise_level import LEAST
from rwdenoise.denoising.photos import denoise
from rwdenoise.errors import WeightsMismatchError
from rwdenoise.network.engines.pytorch import Backend
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.rgb import Encoding, RgbPhoto, Stored
from tests.tiny import tiny_denoiser, tiny_facts, tiny_network

few = settings(max_examples=15, deadline=None)
shares = st.floats(0, 1, width=32)
AS_IT_IS = Encoding(lambda colors: colors, lambda colors: colors)


def picture(height: int, width: int, *, colors: int = 3) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    edges = (np.add.outer(np.arange(height) // 11, np.arange(width) // 7) % 2)[..., np.newaxis]
    light = 0.2 + 0.5 * edges + rng.normal(0, 0.05, (height, width, colors))
    return (light.clip(0, 1) * 65535).astype(np.uint16)


def photo(height: int, width: int, *, colors: int = 3) -> RgbPhoto:
    return RgbPhoto(picture(height, width, colors=colors), None, AS_IT_IS, Stored("tiff"))


@few
@given(height=st.integers(1, 90), width=st.integers(1, 90), tile=st.sampled_from([8, 24, 64]), strength=shares)
def test_tiled_equals_whole(height, width, tile, strength) -> None:
    planes = photo(height, width).planes()
    whole, tiled = (
        tiny_denoiser("rgb", tile=edge).denoise_picture(planes, settings=Settings(2, strength)) for edge in (999, tile)
    )
    np.testing.assert_allclose(tiled, whole, atol=1e-5, rtol=0)


@few
@given(height=st.integers(1, 60), width=st.integers(1, 60), colors=st.sampled_from([1, 3]), detail=shares)
def test_strength_0_gives_the_very_picture_back(height, width, colors, detail) -> None:
    before = photo(height, width, colors=colors)
    settings = Settings(3, 0.0, chroma=0.0, detail=detail)
    after = denoise(before, denoiser=tiny_denoiser("rgb"), settings=settings)
    assert after is before


@pytest.mark.parametrize(
    "chosen", [Settings(2), Settings(3, 0.7), Settings(1, 0.5, chroma=1.0), Settings(1, detail=0.8)]
)
def test_regions_equal_the_whole(monkeypatch, chosen) -> None:
    """Equal to half a step of the file: the network's tiles differ by rounding."""
    before, told = photo(150, 333), []
    once = denoise(before, denoiser=tiny_denoiser("rgb"), settings=chosen)
    monkeypatch.setattr(regions, "MOST_PIXELS", 1000)
    monkeypatch.setattr(regions, "REGION", 96)
    parts = denoise(
        before,
        denoiser=tiny_denoiser("rgb"),
        settings=chosen,
        on_progress=lambda done, total: told.append(done / total),
    )
    assert np.abs(parts.samples.astype(int) - once.samples).max() <= 1
    assert np.abs(once.samples.astype(int) - before.samples).max() > 100, "something was done"
    assert told == sorted(told)
    assert told[-1] == 1


@few
@given(strength=shares, chroma=shares)
def test_a_gray_picture_has_no_color_noise(strength, chroma) -> None:
    planes = np.broadcast_to(photo(40, 50, colors=1).planes()[:1], (3, 40, 50)).copy()
    gray = np.broadcast_to(planes.mean(axis=0), planes.shape)
    np.testing.assert_allclose(planes, gray, atol=1e-6)
    assert photo(40, 50, colors=1).with_planes(planes + np.float32(0.1)).samples.shape == (40, 50, 1)


def test_chroma_alone_leaves_the_luminance() -> None:
    planes = photo(64, 64).planes()
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    result = tiny_denoiser("rgb").denoise_picture(planes, settings=Settings(1, 0.0, chroma=1.0))
    assert np.abs(result - planes).max() > 0.01
    np.testing.assert_allclose(
        np.tensordot(weights, result, axes=1), np.tensordot(weights, planes, axes=1), atol=1e-5, rtol=0
    )


def test_weights_of_the_other_domain_are_refused() -> None:
    planes = photo(16, 16).planes()
    with pytest.raises(WeightsMismatchError, match="developed pictures need weights of the domain 'rgb'"):
        tiny_denoiser("cfa").denoise_picture(planes, settings=Settings())
    with pytest.raises(WeightsMismatchError, match="RAW mosaics need weights of the domain 'cfa'"):
        tiny_denoiser("rgb").denoise(planes[:1], cfa=RGGB, noise=NoiseProfile(1e-3, 1e-5), settings=Settings())


def test_other_weights_may_measure_the_noise() -> None:
    planes = photo(90, 90).planes()

    def measure(denoiser: Denoiser) -> float:
        return denoiser.measure_noise(lambda *window: planes[:, *window], 90, 90, roughness=0.1)

    idle = tiny_network("rgb")
    idle.tail.weight.zero_()
    idle.tail.bias.zero_()
    meter, backend = tiny_denoiser("rgb"), Backend(torch.device("cpu"), torch.float32)
    assert measure(Denoiser(idle, tiny_facts("rgb"), backend)) == LEAST < measure(meter)
    assert measure(Denoiser(idle, tiny_facts("rgb"), backend, meter=meter)) == measure(meter)
    with pytest.raises(WeightsMismatchError):
        measure(Denoiser(idle, tiny_facts("rgb"), backend, meter=tiny_denoiser("cfa")))
