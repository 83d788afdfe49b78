"""Test the metrics against closed forms: a blur, a tint, a factor with a known effect."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("scipy", reason="the bench needs scipy, which comes with the extra `bench`")
from scipy.ndimage import gaussian_filter
from scipy.special import erf

from bench.edge_measures import edge_mtf50
from bench.haarpsi import haarpsi
from bench.measures import color_psnr, psnr, ssim
from bench.texture_measures import TRANSFER_BAND, color_cast, dead_leaves_transfer, false_color, texture_share


def noise(*shape: int, sigma: float = 0.1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sigma, shape).astype(np.float32)


def texture() -> np.ndarray:
    return 0.5 + noise(128, 160, 3)


def blurred_edge(sigma: float, *, contrast: float = 0.5, degrees: float = 5) -> np.ndarray:
    y, x = np.mgrid[:256, :200]
    distance = (x - 100.3) * np.cos(np.radians(degrees)) + (y - 128) * np.sin(np.radians(degrees))
    light = 0.4 + contrast / 2 * erf(distance / (sigma * np.sqrt(2)))
    return np.repeat(light[..., np.newaxis], 3, axis=2).astype(np.float32)


def compressed(pixels: np.ndarray, quality: int) -> np.ndarray:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream), np.float32) / 255


def test_color_psnr_is_that_of_the_error():
    truth = texture()
    assert color_psnr(truth + np.float32(0.01), truth) == pytest.approx(40, abs=1e-3)
    assert color_psnr(truth, truth) == float("inf")


def test_psnr_of_mosaics_is_taken_after_the_gamma():
    assert psnr(np.full((4, 4), 0.25, np.float32), np.full((4, 4), 0.16, np.float32)) == pytest.approx(
        -20 * np.log10(0.25 ** (1 / 2.2) - 0.16 ** (1 / 2.2)), abs=1e-3
    )


def test_ssim_is_one_for_equal_pictures_and_small_for_unrelated_ones():
    pytest.importorskip("skimage", reason="SSIM needs scikit-image, which comes with the extra `bench`")
    assert ssim(texture(), texture()) == pytest.approx(1)
    assert abs(ssim(0.5 + noise(128, 160, 3, seed=2), texture())) < 0.1


def test_ssim_of_a_changed_contrast_has_a_closed_form():
    pytest.importorskip("skimage", reason="SSIM needs scikit-image, which comes with the extra `bench`")
    # (2 k + c) / (1 + k^2 + c) with c = 0.03^2 / variance, if the mean does not change.
    truth, k = 0.5 + noise(256, 256, 3), 0.5
    c = 0.03**2 / 0.1**2
    assert ssim(0.5 + np.float32(k) * (truth - 0.5), truth) == pytest.approx((2 * k + c) / (1 + k**2 + c), abs=0.02)


def test_haarpsi_is_one_for_equal_pictures_and_symmetric():
    one, other = texture(), texture() + noise(128, 160, 3, seed=2)
    assert haarpsi(one, one) == pytest.approx(1)
    assert haarpsi(one, other) == pytest.approx(haarpsi(other, one))


def test_haarpsi_falls_with_noise():
    truth = gaussian_filter(texture(), (2, 2, 0))
    found = [haarpsi(truth + noise(128, 160, 3, sigma=sigma, seed=2), truth) for sigma in (0.01, 0.03, 0.1, 0.3)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.9
    assert found[-1] < 0.3


def test_haarpsi_falls_with_compression():
    smooth = gaussian_filter(noise(128, 160, 3, sigma=1.5), (2, 2, 0)) + np.float32(0.5)
    pixels = np.rint(255 * smooth.clip(0, 1)).astype(np.uint8)
    found = [haarpsi(compressed(pixels, quality), pixels / np.float32(255)) for quality in (95, 75, 40, 10)]
    assert found == sorted(found, reverse=True)
    assert found[0] - found[-1] > 0.3


def test_haarpsi_is_that_of_another_program():
    y, x = np.mgrid[:96, :128]
    waves = (0.4 * np.sin(x / 3 + y / 7), 0.4 * np.cos(x * y / 300), 0.3 * np.sin(y / 5))
    truth = np.float32(0.5) + np.stack(waves, axis=-1).astype(np.float32)
    grain = 0.05 * np.sin(x * y / 11)[..., np.newaxis]
    other = (truth**1.2 * np.array([1, 0.95, 0.9]) + grain).clip(0, 1).astype(np.float32)
    # Value of the package piq 0.8.0, whose YIQ matrix has one digit more.
    assert haarpsi(other, truth) == pytest.approx(0.92407, abs=2e-4)


def test_haarpsi_sees_a_change_of_color_alone():
    truth = texture()
    tinted = truth + np.array([0.1, -0.0511, 0.0], np.float32)  # Luminance does not change.
    assert haarpsi(tinted, truth) < 0.99


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.3])
def test_texture_share_is_the_factor_of_the_high_pass(factor: float):
    truth = texture()
    assert texture_share(0.5 + np.float32(factor) * (truth - 0.5), truth) == pytest.approx(factor, abs=1e-5)


def test_left_over_noise_does_not_count_as_texture():
    truth = texture()
    noisy = 0.5 + 0.4 * (truth - 0.5) + noise(128, 160, 3, seed=2)
    assert texture_share(noisy, truth) == pytest.approx(0.4, abs=0.02)
    assert dead_leaves_transfer(noisy, truth) == pytest.approx(0.4, abs=0.02)


def test_transfer_of_a_gaussian_blur_has_a_closed_form():
    truth, sigma = 0.5 + noise(384, 384, 3), 0.8
    frequencies = np.linspace(*TRANSFER_BAND, 1000)
    expected = np.exp(-2 * (np.pi * sigma * frequencies) ** 2).mean()
    blurred = gaussian_filter(truth, (sigma, sigma, 0))
    assert dead_leaves_transfer(blurred, truth) == pytest.approx(expected, abs=0.01)
    assert dead_leaves_transfer(truth, truth) == pytest.approx(1)


@pytest.mark.parametrize("sigma", [0.6, 1.0, 2.5])
@pytest.mark.parametrize("degrees", [-7, 5])
def test_mtf50_of_a_gaussian_edge_has_a_closed_form(sigma: float, degrees: float):
    # exp(-2 (pi sigma f)^2) = 1 / 2
    expected = np.sqrt(np.log(2) / 2) / (np.pi * sigma)
    assert edge_mtf50(blurred_edge(sigma, degrees=degrees)) == pytest.approx(expected, rel=0.02)


def test_mtf50_does_not_depend_on_contrast_or_side():
    assert edge_mtf50(blurred_edge(1.0, contrast=-0.1)) == pytest.approx(edge_mtf50(blurred_edge(1.0)), rel=1e-3)


def test_mtf50_stands_noise():
    edge = blurred_edge(1.0)
    noisy = edge + noise(*edge.shape, sigma=0.05)
    assert edge_mtf50(noisy) == pytest.approx(edge_mtf50(edge), rel=0.1)


def test_false_color_is_the_error_of_chroma_alone():
    truth = np.repeat(texture()[..., :1], 3, axis=2)
    assert false_color(truth * np.float32(0.5), truth) == pytest.approx(0, abs=1e-7)
    red = truth + np.array([0.03, 0, 0], np.float32)
    assert false_color(red, truth) == pytest.approx(0.03 * np.sqrt(2 / 3), abs=1e-6)


def test_color_cast_is_that_of_the_worst_patch():
    truth = np.full((20, 40, 3), (0.01, 0.02, 0.015), np.float32)
    patches = [np.s_[:20, :20], np.s_[:20, 20:]]
    tinted = truth.copy()
    tinted[:, 20:] *= np.array([2.0, 2.0, 2 * 0.8], np.float32)
    assert color_cast(tinted, truth, patches[:1]) == pytest.approx(0, abs=1e-6)
    assert color_cast(tinted, truth, patches) == pytest.approx(0.2, abs=1e-6)


def test_color_cast_of_signed_noise_averages_out():
    truth = np.full((400, 400, 3), 0.02, np.float32)
    noisy, patch = truth + noise(400, 400, 3, sigma=0.03), [np.s_[:, :]]
    assert color_cast(noisy, truth, patch) < 0.02
    assert color_cast(noisy.clip(0), truth * np.array([1, 1, 0.5], np.float32), patch) > 0.5
