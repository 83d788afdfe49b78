"""Test the bench of developed pictures: its pairs, its blind peers, and the tables."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("scipy", reason="the bench needs scipy, which comes with the extra `bench`")
pytest.importorskip("skimage", reason="SSIM needs scikit-image, which comes with the extra `bench`")

from bench.methods import Absent, PictureMethod
from bench.peers.blind import LEAST, at_sigma, estimate_sigma, without_truth
from bench.pictures import polyu, polyu_mean
from bench.quality.developed import NOTHING, SLOW_EVERY, TRIED, VARIANTS, choose_sigma, measure_developed
from bench.quality.developed_cases import CAMERA, GAUSSIAN, REAL, Pair, Series, add_gaussian, photograph
from bench.quality.ours import ours_for_pictures
from bench.quality.rows import Rows
from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.network.engines.devices import choose_backend
from rwdenoise.network.unet import UNet
from rwdenoise.network.weights import Architecture, Facts

SIGMA = 10 / 255


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    y, x = np.mgrid[:64, :96]
    shade = 128 + 80 * np.sin(x / 17) * np.cos(y / 13)
    Image.fromarray(np.stack([shade, shade * 0.8, shade * 0.6], axis=2).astype(np.uint8)).save(tmp_path / "waves.png")
    return tmp_path / "waves.png"


def test_gaussian_noise_is_additive_and_the_same_every_time(picture: Path) -> None:
    noisy, clean = add_gaussian(picture, sigma=50)
    noise = 255 * (noisy - clean)
    assert noise.std() == pytest.approx(50, rel=0.02)
    assert abs(noise.mean()) < 1.5
    # Neither clipped nor rounded.
    assert noisy.min() < 0
    assert np.abs(noise - np.rint(noise)).max() > 0.4
    np.testing.assert_array_equal(noisy, add_gaussian(picture, sigma=50).noisy)
    assert not np.allclose(noise / 50, 255 * (add_gaussian(picture, sigma=25).noisy - clean) / 25)


def test_a_camera_keeps_the_picture_and_adds_noise_to_it(picture: Path) -> None:
    pairs = [photograph(picture, shot=shot) for shot in (1e-6, 1e-3, 1.6e-2)]
    original = np.asarray(Image.open(picture), np.float32) / 255
    clean = pairs[0].clean
    # White balance, color matrix and tone curve cancel out; the rest is JPEG, sharpening and demosaicing.
    assert np.abs(clean - original).mean() < 0.01
    assert all(np.array_equal(pair.clean, clean) for pair in pairs)
    sigmas = [pair.sigma for pair in pairs]
    assert sigmas == sorted(sigmas)
    assert sigmas[0] < 0.005
    assert sigmas[2] > 0.05
    np.testing.assert_array_equal(pairs[1].noisy, photograph(picture, shot=1e-3).noisy)


def test_polyu_comes_in_pairs(data: Path) -> None:
    cases = list(REAL.cases())
    assert len(cases) == len(polyu()) == 100
    assert all(polyu_mean(path).is_file() for path in polyu())
    noisy, clean = next(REAL.cases(every=4)).pair
    assert noisy.shape == clean.shape == (512, 512, 3)
    assert 0.002 < float(np.std(noisy - clean)) < 0.05


def test_clean_pictures_are_thinned(data: Path) -> None:
    for series in (*CAMERA, *GAUSSIAN):
        assert len(list(series.cases())) == 42
        assert [case.name for case in series.cases(every=21)] == ["kodim01", "kodim22"]


def test_blotches_are_seen_at_a_coarser_scale() -> None:
    noise = np.random.default_rng(1).normal(0, SIGMA, (128, 128, 3)).astype(np.float32)
    assert estimate_sigma(0.5 + noise) == pytest.approx(SIGMA, rel=0.1)
    blotches = 0.5 + noise[:64, :64].repeat(2, axis=0).repeat(2, axis=1)
    assert estimate_sigma(blotches) == pytest.approx(2 * SIGMA, rel=0.15)
    assert estimate_sigma(np.full((64, 64, 3), 0.5, np.float32)) == LEAST


def test_blind_peers_are_told_no_truth() -> None:
    told: list[float] = []

    def run(picture: np.ndarray, sigma: float) -> np.ndarray:
        told.append(sigma)
        return picture

    peer = PictureMethod("a, true sigma", run)
    flat = np.full((64, 64, 3), 0.5, np.float32)
    for method in (without_truth(peer), at_sigma(peer, 8)):
        assert isinstance(method, PictureMethod)
        method.run(flat, 0.1)
    assert told == [LEAST, 8 / 255]
    assert without_truth(peer).name == "a, estimated sigma"
    assert at_sigma(peer, 8).name == "a, sigma 8"
    blind, absent = PictureMethod("b, blind", run), Absent("c, true sigma", "not installed")
    assert without_truth(blind) is blind
    assert without_truth(absent) is absent


def test_the_best_sigma_is_chosen_for_all_and_for_each() -> None:
    psnr = {5: (30.0, 40.0), 8: (33.0, 38.0), 10: (34.0, 30.0)}
    rows = [
        {"picture": picture, "method": f"{TRIED} {sigma}", "psnr": found[index]}
        for index, picture in enumerate("ab")
        for sigma, found in psnr.items()
    ]
    other = {"picture": "a", "method": "FFDNet color 2018, estimated sigma", "psnr": 20.0}
    assert choose_sigma([other]) == [other]
    kept, *best = choose_sigma([*rows, other])
    assert kept == other
    assert all("knows the truth" in row["method"] for row in best)
    assert [row["psnr"] for row in best] == [33.0, 38.0, 34.0, 40.0]
    assert best[0]["method"].startswith(f"{TRIED} 8,")


def test_a_slow_peer_gets_few_pictures_and_everybody_is_measured_on_these(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    clean = {Path(str(i)): rng.random((32, 32, 3), np.float32) for i in range(SLOW_EVERY + 1)}
    series = Series("some", lambda: list(clean), lambda path: Pair(clean[path] + np.float32(0.1), clean[path]))
    runs: list[str] = []

    def method(name: str) -> PictureMethod:
        def run(picture: np.ndarray, _sigma: float) -> np.ndarray:
            runs.append(name)
            return picture - np.float32(0.1)

        return PictureMethod(name, run)

    methods = [NOTHING, method("BM3D"), method("quick"), Absent("gone", "not installed")]
    rows = measure_developed(series, methods, Rows(tmp_path / "rows.jsonl"))
    here = [(row["pictures"], row["method"], row["count"]) for row in rows if "absent" not in row]
    every = f"1 in {SLOW_EVERY}"
    all_of_them = SLOW_EVERY + 1
    assert here == [
        ("all", "nothing", all_of_them),
        ("all", "quick", all_of_them),
        (every, "nothing", 2),
        (every, "BM3D", 2),
        (every, "quick", 2),
    ]
    assert (runs.count("BM3D"), runs.count("quick")) == (2, all_of_them)
    scores = {row["method"]: row["psnr"] for row in rows if "psnr" in row}
    # Clipped at white, "nothing" has an error of less than 0.1.
    assert 20 < scores["nothing"] < 21
    assert scores["quick"] > 100


def test_ours_runs_in_every_variant(picture: Path) -> None:
    architecture = Architecture(domain="rgb", widths=(4, 8), blocks=(1, 1))
    facts = Facts("tiny", "0", architecture, halo=16, sigma_range=(0.0, 1.0), trained="not at all")
    denoiser = Denoiser(UNet(architecture).eval(), facts, choose_backend("cpu"))
    noisy = add_gaussian(picture, sigma=25).noisy
    methods = [ours_for_pictures(denoiser, settings) for settings in VARIANTS]
    assert [method.name for method in methods] == [
        "rwdenoise tiny 0, 2 steps",
        "rwdenoise tiny 0, 1 step",
        "rwdenoise tiny 0, 20 steps",
        "rwdenoise tiny 0, 20 steps, origin",
        "rwdenoise tiny 0, 20 steps, ddim",
    ]
    result = methods[1].run(noisy, 0.0)
    assert result.shape == noisy.shape
    assert result.dtype == np.float32
    kept = ours_for_pictures(denoiser, Settings(strength=0)).run(noisy, 0.0)
    np.testing.assert_array_equal(kept, noisy)
