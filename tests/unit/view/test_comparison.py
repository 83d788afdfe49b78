"""A part that is denoised alone comes out as it does in the whole photo."""

from dataclasses import replace

import numpy as np
import pytest

from rwdenoise.choices import Settings
from rwdenoise.denoising.photos import Measured, denoise, measure_for_parts, measure_picture_noise
from rwdenoise.io.pictures.encodings import encoding_of
from rwdenoise.photo.cfa import GBRG, MONOCHROME, RGGB, X_TRANS, Cfa
from rwdenoise.photo.color import encode_srgb
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto, Stored
from rwdenoise.photo.tiling import Area
from rwdenoise.simulation.raw_photo import BLACK, WHITE, simulate_raw
from rwdenoise.simulation.scene import draw_scene
from rwdenoise.view.comparison import common_words, compare, denoise_area
from rwdenoise.view.crops import Crop
from tests.tiny import tiny_denoiser

HEIGHT, WIDTH = 131, 901
#: At both ends, and in the middle, where neither end is seen.
AREAS = [Area(0, 0, 96, 96), Area(30, 402, 72, 60), Area(35, 805, 96, 96)]
NOISE = NoiseProfile(2e-3, 1e-5)
#: In which a denoised mosaic of the simulated camera is stored: four times finer than its own.
STEP = 1 / (4 * (WHITE - BLACK))
SETTINGS = [
    Settings(1),
    Settings(2),
    Settings(2, strength=0.4),
    Settings(2, strength=0.5, chroma=1.0),
    Settings(1, detail=1.0),
]


def scene() -> np.ndarray:
    return draw_scene(HEIGHT, WIDTH, rng=np.random.default_rng(0))


def mosaic(cfa: Cfa, *, tall: bool = False) -> RawPhoto:
    rgb = scene().transpose(0, 2, 1) if tall else scene()
    return simulate_raw(rgb, cfa=cfa, iso=6400, noise=NOISE, rng=np.random.default_rng(1))[0]


def turned(area: Area) -> Area:
    return Area(area.left, area.top, area.width, area.height)


def picture() -> RgbPhoto:
    noise = np.random.default_rng(2).normal(0, 0.04, (HEIGHT, WIDTH, 3))
    tones = (encode_srgb(scene()).transpose(1, 2, 0) + noise).clip(0, 1)
    samples = np.rint(tones * 65535).astype(np.uint16)
    return RgbPhoto(samples, None, encoding_of(None, gray=False, floating=False), Stored("tiff"))


@pytest.mark.parametrize("settings", SETTINGS, ids=repr)
@pytest.mark.parametrize(("cfa", "tall"), [(RGGB, False), (X_TRANS, True)], ids=["Bayer", "X-Trans"])
def test_of_mosaics(cfa: Cfa, settings: Settings, *, tall: bool) -> None:
    photo, denoiser = mosaic(cfa, tall=tall), tiny_denoiser()
    told = {"cfa": cfa, "noise": NOISE, "settings": settings, "white_balance": photo.white_balance}
    whole = photo.with_planes(denoiser.denoise(photo.planes(), **told))
    for area in map(turned, AREAS) if tall else AREAS:
        measured = Measured(NOISE, "given")
        piece, inner = denoise_area(photo, area, denoiser=denoiser, settings=settings, measured=measured)
        assert max(piece.frame.height, piece.frame.width) < WIDTH
        np.testing.assert_allclose(piece.planes(inner), whole.planes(area), atol=1.01 * STEP)


@pytest.mark.parametrize("settings", SETTINGS, ids=repr)
def test_of_developed_pictures(settings: Settings) -> None:
    photo, denoiser = picture(), tiny_denoiser("rgb")
    whole = denoise(photo, denoiser=denoiser, settings=settings)
    measured = measure_for_parts(photo, [settings], denoiser=denoiser)
    for area in AREAS:
        piece, inner = denoise_area(photo, area, denoiser=denoiser, settings=settings, measured=measured)
        assert piece.frame.width < WIDTH
        difference = piece.samples[inner.slices].astype(int) - whole.samples[area.slices]
        assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("cfa", [GBRG, MONOCHROME], ids=lambda cfa: cfa.name)
def test_rows_and_columns(cfa: Cfa) -> None:
    photo, told = mosaic(cfa), []
    variants = [Settings(1, strength=0.0), Settings(1), Settings(2)]
    crops = [Crop("chosen", AREAS[0]), Crop("chosen", AREAS[1])]
    found = compare(
        photo,
        crops,
        denoiser=tiny_denoiser(),
        variants=variants,
        measured=measure_for_parts(photo, variants, denoiser=tiny_denoiser()),
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert [[picture.shape for picture in row] for row in found.pictures] == [[(96, 96, 3)] * 4, [(72, 60, 3)] * 4]
    for noisy, untouched, denoised, _ in found.pictures:
        np.testing.assert_array_equal(noisy, untouched)
        assert (noisy != denoised).any()
    assert told[-1] == (8, 8)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_is_measured_is_measured_on_the_whole() -> None:
    photo = mosaic(RGGB)
    told = {"denoiser": tiny_denoiser()}
    assert measure_for_parts(photo, [], **told).origin == "estimated"
    assert measure_for_parts(photo, [], noise=NOISE, **told) == Measured(NOISE, "given")
    assert measure_for_parts(replace(photo, noise=NOISE), [], **told) == Measured(NOISE, "file")
    told = {"denoiser": tiny_denoiser("rgb")}
    assert measure_for_parts(picture(), [Settings()], **told) == Measured(
        noise=measure_picture_noise(picture(), **told)
    )
    assert measure_for_parts(picture(), [Settings(detail=0.5)], **told).grain is not None


@pytest.mark.parametrize(
    ("variants", "columns", "common"),
    [
        ([Settings(2, 0.5), Settings(2, 1.0)], ["strength 0.5", "strength 1"], "2 steps"),
        ([Settings(1, 0.8), Settings(8, 0.8)], ["1 step", "8 steps"], "strength 0.8"),
        ([Settings(1, 0.5), Settings(2, 0.8)], ["strength 0.5, 1 step", "strength 0.8, 2 steps"], ""),
        ([Settings(2, chroma=1.0, sampler="ddim")], ["denoised"], "strength 1, 2 steps, chroma 1, ddim"),
        ([Settings(), Settings(detail=0.5)], ["denoised", "detail 0.5"], "strength 1, 2 steps"),
    ],
)
def test_what_is_called_what(variants: list[Settings], columns: list[str], common: str) -> None:
    photo = mosaic(RGGB)
    compared = compare(photo, [], denoiser=tiny_denoiser(), variants=variants, measured=Measured(NOISE))
    assert list(compared.columns) == ["noisy", *columns]
    assert common_words(variants) == common
