"""The noise of developed pictures, as measured and as given back."""

import numpy as np
import pytest

from rwdenoise.choices import Settings
from rwdenoise.denoising.controls import apply_picture_controls
from rwdenoise.noise.spectrum import TONES, estimate_grain, grain_of
from rwdenoise.photo.color import decode_srgb, display_matrix, to_display
from rwdenoise.photo.noise_profile import NoiseProfile
from tests.photos import GAINS, MATRIX


def flat(level: float, deviation: float, *, size: tuple[int, int] = (256, 256), seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, (3, *size))
    return (level + noise).astype(np.float32)


@pytest.mark.parametrize("deviation", [0.01, 0.05])
def test_white_noise_is_measured(deviation: float) -> None:
    assert estimate_grain([flat(0.5, deviation)]).deviation == pytest.approx(deviation, rel=0.1)


def test_noise_is_told_apart_by_brightness_and_color() -> None:
    planes = np.concatenate([flat(0.2, 0.04), flat(0.8, 0.01)], axis=2)
    planes[1] = planes[1].mean()
    energies = estimate_grain([planes]).at(np.stack([np.array([[0.2, 0.8]], np.float32)] * 3))
    dark, light = np.sqrt(energies[0, 0]).mean(axis=1)
    assert dark == pytest.approx(0.04, rel=0.15)
    assert light == pytest.approx(0.01, rel=0.15)
    assert np.sqrt(energies[1].max()) < 1e-3


def test_blotchy_noise_has_more_energy_in_low_frequencies() -> None:
    white = flat(0.5, 0.1)
    blotchy = sum(np.roll(white, shift, axis=(1, 2)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1))) / 4
    bands = estimate_grain([blotchy]).energies[0, TONES // 2]
    assert bands[0] > 3 * bands[-1]


def test_texture_is_not_taken_for_noise_where_there_are_flat_places() -> None:
    planes = flat(0.5, 0.01, size=(256, 512))
    planes[:, :, :256] += 0.2 * (np.indices((256, 256)).sum(axis=0) % 3 - 1)
    assert estimate_grain([planes]).deviation < 0.015


def test_parts_are_measured_together() -> None:
    planes = flat(0.5, 0.02)
    whole, halves = estimate_grain([planes]), estimate_grain([planes[:, :128], planes[:, 128:]])
    np.testing.assert_allclose(whole.energies, halves.energies, rtol=1e-5)


def test_of_a_picture_too_small_to_be_measured_everything_may_be_noise() -> None:
    assert estimate_grain([np.full((3, 31, 99), 0.3, np.float32)]).deviation == 1


def test_a_picture_without_noise_has_as_good_as_none() -> None:
    assert 0 < estimate_grain([np.full((3, 40, 40), 0.3, np.float32)]).deviation < 1e-3


def test_the_stated_noise_of_a_linear_photo_is_what_would_be_measured() -> None:
    noise, matrix = NoiseProfile(2e-3, 1e-5), display_matrix(GAINS, MATRIX)
    rng = np.random.default_rng(1)
    # Patches of gray, each seen by a camera with that noise.
    levels = decode_srgb((np.arange(TONES) + 0.5) / TONES)
    light = np.broadcast_to(np.repeat(levels, 64), (3, 256, 64 * TONES))
    camera = np.tensordot(np.linalg.inv(matrix), light, axes=1)
    noisy = camera + rng.normal(size=camera.shape) * np.sqrt(noise.variance(camera))
    # Next to black the tone curve is no straight line over the width of the noise.
    measured = estimate_grain([to_display(noisy.astype(np.float32), matrix)]).energies[:, 2:]
    stated = grain_of(noise, matrix).energies[:, 2:]
    np.testing.assert_allclose(np.sqrt(measured), np.sqrt(stated), rtol=0.25)


class TestDetail:
    stripes = np.float32(0.04) * (np.indices((256, 256))[1] // 2 % 2 * 2 - 1)

    def back(self, lost: np.ndarray, noise: np.ndarray) -> np.ndarray:
        clean = np.full((3, 256, 256), 0.5, np.float32)
        noisy = clean + noise + lost
        return apply_picture_controls(clean, noisy, grain=None, settings=Settings(detail=1.0)) - clean

    def test_pure_noise_does_not_come_back(self) -> None:
        noise = flat(0.0, 0.05)
        assert self.back(np.float32(0), noise).std() < 0.15 * noise.std()

    def test_structure_comes_back(self) -> None:
        noise = flat(0.0, 0.02)
        lost = np.where(np.indices((256, 256))[1] < 96, self.stripes, 0).astype(np.float32)
        back = self.back(lost, noise)[:, 16:-16, 16:80]
        kept = (back * self.stripes[16:-16, 16:80]).mean() / (self.stripes**2).mean()
        assert kept > 0.6
