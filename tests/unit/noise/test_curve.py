from dataclasses import replace

import numpy as np
import pytest

from rwdenoise.io.read import read_photo
from rwdenoise.noise.curve import MOST_TAKEN, NoiseCurve, measure_noise_curve
from rwdenoise.photo.cfa import BLUE, CLEAR, GREEN, LINEAR, MONOCHROME, RED, RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import Encoding, RgbPhoto, Stored
from rwdenoise.photo.tiling import Area
from tests.photos import raw_photo

NOISE = NoiseProfile(2e-3, 4e-6)
SIZE = (480, 720)


def ramp(height: int, width: int) -> np.ndarray:
    """Return soft steps of light from 12 stops below white up to 2 stops above."""
    return np.broadcast_to(2.0 ** (14 * np.round(16 * np.arange(width) / width) / 16 - 12), (height, width))


def photograph(cfa: Cfa, signal: np.ndarray, noise: NoiseProfile = NOISE, *, seed: int = 1) -> RawPhoto:
    """Return a photo of some light, with noise, clipped at white."""
    rng = np.random.default_rng(seed)
    seen = signal + rng.normal(size=signal.shape) * np.sqrt(noise.variance(signal))
    photo = raw_photo(cfa, size=signal.shape[:2], black=1024.0, white=16000.0)
    levels = photo.black if cfa == LINEAR else np.full(cfa.period, 1024, np.float32)
    black = levels if cfa == LINEAR else 1024
    mosaic = np.rint(seen.clip(max=1) * (photo.white - black) + black).astype(np.uint16)
    return replace(photo, mosaic=mosaic, black=levels)


def picture(samples: np.ndarray) -> RgbPhoto:
    same = Encoding(lambda colors: colors, lambda colors: colors)
    return RgbPhoto(samples, None, same, Stored("png"))


@pytest.fixture(scope="module")
def curve() -> NoiseCurve:
    return measure_noise_curve(photograph(RGGB, ramp(*SIZE)))


@pytest.mark.parametrize("cfa", [RGGB, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
def test_flat_blocks_of_every_sensor_have_the_variance_of_the_noise(cfa: Cfa) -> None:
    curve = measure_noise_curve(photograph(cfa, ramp(*SIZE)))
    signal, variance = curve.medians
    below_white = (signal > 1e-3) & (signal < curve.clipping)
    assert below_white.sum() > 8
    np.testing.assert_allclose(variance[below_white], NOISE.variance(signal[below_white]), rtol=0.12)
    assert set(curve.colors) == set(cfa.sites(12, 12).ravel())
    assert curve.kind == "raw"


def test_the_line_is_that_of_the_estimate_and_goes_through_the_blocks(curve: NoiseCurve) -> None:
    assert curve.profile is not None
    assert curve.profile.shot == pytest.approx(NOISE.shot, rel=0.1)
    assert curve.variance(np.array(0.1)) == pytest.approx(NOISE.variance(np.array(0.1)), rel=0.1)


def test_clipping_begins_where_three_deviations_reach_white(curve: NoiseCurve) -> None:
    deviation = float(np.sqrt(curve.variance(np.array(curve.clipping))))
    assert curve.clipping + 3 * deviation == pytest.approx(1, abs=2e-3)
    clipped = curve.signals > 0.999
    assert clipped.any()
    assert np.median(curve.variances[clipped]) < NOISE.variance(np.array(1.0)) / 2


def test_noise_does_not_choose_the_blocks(curve: NoiseCurve) -> None:
    """Of the flattest blocks of pure noise the mean variance is still that of the noise."""
    chosen = curve.flat & (curve.signals > 0.01) & (curve.signals < 0.5)
    ratio = curve.variances[chosen] / NOISE.variance(curve.signals[chosen])
    assert ratio.mean() == pytest.approx(1, abs=0.03)


def test_texture_is_told_from_noise() -> None:
    rng = np.random.default_rng(2)
    signal = ramp(*SIZE).copy()
    coarse = rng.uniform(0.5, 1.5, (SIZE[0] // 2 // 3, SIZE[1] // 3))
    signal[: SIZE[0] // 2] *= np.kron(coarse, np.ones((3, 3)))
    curve = measure_noise_curve(photograph(RGGB, signal))
    half = photograph(RGGB, signal[: SIZE[0] // 2])
    bright = measure_noise_curve(half).signals > 0.05
    assert curve.flat[(curve.signals > 0.05) & (curve.signals < 0.8)].mean() > 0.7
    assert measure_noise_curve(half).flat[bright].mean() < 0.3


def test_a_stated_profile_stands_beside_the_measured_one() -> None:
    photo = replace(photograph(RGGB, ramp(*SIZE)), noise=NoiseProfile(1e-4, 1e-8))
    curve = measure_noise_curve(photo)
    assert curve.stated == photo.noise
    assert curve.profile is not None
    assert curve.profile.shot == pytest.approx(NOISE.shot, rel=0.1)


def test_three_colors_in_each_pixel_have_a_line_in_linear_light() -> None:
    curve = measure_noise_curve(photograph(LINEAR, np.repeat(ramp(*SIZE)[..., np.newaxis], 3, axis=2) / 5))
    assert set(curve.colors) == {RED, GREEN, BLUE}
    assert curve.profile is not None
    assert curve.profile.shot == pytest.approx(NOISE.shot, rel=0.1)


@pytest.mark.parametrize(("channels", "colors"), [(1, {CLEAR}), (3, {RED, GREEN, BLUE})])
def test_a_developed_picture_has_the_noise_of_each_tone_and_no_line(channels: int, colors: set[int]) -> None:
    rng = np.random.default_rng(3)
    tones = np.broadcast_to(np.linspace(0.1, 0.9, 9).repeat(48)[:, np.newaxis, np.newaxis], (432, 480, channels))
    noisy = tones + rng.normal(size=tones.shape) * (0.01 + 0.02 * tones)
    curve = measure_noise_curve(picture(np.rint(noisy.clip(0, 1) * 65535).astype(np.uint16)))
    assert curve.kind == "developed"
    assert (curve.profile, curve.stated) == (None, None)
    assert set(curve.colors) == colors
    tone, variance = curve.medians
    np.testing.assert_allclose(np.sqrt(variance), 0.01 + 0.02 * tone, rtol=0.1)
    assert curve.variance(np.array(0.5)) == pytest.approx(0.02**2, rel=0.15)


@pytest.mark.parametrize("size", [(2, 2), (15, 400), (16, 16)])
def test_a_photo_too_small_to_tell_has_no_points(size: tuple[int, int]) -> None:
    curve = measure_noise_curve(raw_photo(size=size))
    assert curve.signals.size == 0
    assert curve.medians.shape == (2, 0)
    small = measure_noise_curve(picture(np.zeros((*size, 3), np.uint8)))
    assert small.clipping == 1
    assert small.variance(np.array([0.0, 1.0])).tolist() == [0, 0]


def test_numbers_that_no_screen_shows_do_no_harm() -> None:
    samples = np.full((64, 640, 3), np.float32(3e38))
    samples[:, :320] = -3e38
    samples[0, 0] = np.nan
    assert np.isfinite(measure_noise_curve(picture(samples)).variances).all()


def test_a_large_photo_costs_no_more_points() -> None:
    curve = measure_noise_curve(photograph(MONOCHROME, ramp(3000, 1000)))
    assert len(curve.signals) < 40 * MOST_TAKEN


def test_borders_do_not_count() -> None:
    photo = photograph(RGGB, ramp(*SIZE))
    mosaic = photo.mosaic.copy()
    mosaic[:, :48] = np.random.default_rng(4).integers(0, 16000, (SIZE[0], 48))
    area = Area(0, 48, SIZE[0], SIZE[1] - 48)
    seen = replace(photo, mosaic=mosaic, active=area, crop=Area(0, 0, area.height, area.width))
    assert measure_noise_curve(seen).flat.mean() > 0.9


def test_real_blocks_lie_on_the_line_of_a_camera(data) -> None:
    """Two ways to measure the noise of an old compact camera agree, where it is dark enough to be flat."""
    curve = measure_noise_curve(read_photo(data / "raw" / "canon-s40-0119.CRW"))
    signal, variance = curve.medians
    dark = signal < 0.1
    assert dark.sum() >= 5
    np.testing.assert_allclose(variance[dark], curve.variance(signal[dark]), rtol=0.25)
