"""Test the peers of the bench: each denoises, or gives the reason why it cannot."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.methods import Absent, MosaicMethod, PictureMethod
from bench.peers import mosaic_peers, picture_peers
from bench.peers.bm3d import bm3d_methods
from bench.peers.classical import classical_methods
from bench.peers.pmrid import KNOWN_K, KNOWN_VARIANCE, WHITE, KSigma
from bench.pictures import mcmaster
from rwdenoise.photo.cfa import BAYER_PHASES, BGGR, MONOCHROME, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile

NOISE = NoiseProfile(1.6e-2, 4e-4)
SIGMA = 25 / 255
#: Odd, so that no peer can count on its own multiple.
HEIGHT, WIDTH = 67, 97


def chosen(peers: list[MosaicMethod | Absent] | list[PictureMethod | Absent], name: str):
    """Return the peer whose name starts with this text; skip the test if it is absent."""
    (peer,) = (peer for peer in peers if peer.name.startswith(name))
    if isinstance(peer, Absent):
        pytest.skip(f"{peer.name}: {peer.reason}")
    return peer


def scene() -> NDArray[np.float32]:
    """Return a smooth scene, tinted strongly enough to reveal swapped colors."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    shade = 0.3 + 0.2 * np.sin(x / 17) * np.cos(y / 13) + 0.3 * (x > y)
    return (shade * np.array([1.0, 0.7, 0.3])[:, np.newaxis, np.newaxis]).astype(np.float32)


def photograph(cfa: Cfa) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a noisy mosaic and its truth."""
    filters = cfa.planes(HEIGHT, WIDTH)
    clean = (scene() * filters).sum(axis=0) / filters.sum(axis=0)
    deviation = np.sqrt(NOISE.variance(clean))
    return np.random.default_rng(2).normal(clean, deviation).clip(max=1).astype(np.float32), clean


def gain(result: NDArray[np.float32], noisy: NDArray[np.float32], clean: NDArray[np.float32]) -> float:
    """Return the reduction of the error, in dB."""
    assert result.shape == clean.shape
    assert result.dtype == np.float32
    before, after = (np.mean((x.clip(0, 1) - clean) ** 2) for x in (noisy, result))
    return float(10 * np.log10(before / after))


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: str(cfa.colors))
def test_pmrid_denoises_every_bayer_phase(cfa: Cfa) -> None:
    noisy, clean = photograph(cfa)
    # With red and blue swapped it is 11 dB; with green swapped with another color it is 0.
    assert gain(chosen(mosaic_peers(), "PMRID").run(noisy, cfa, NOISE), noisy, clean) > 11.5


@pytest.mark.parametrize("cfa", [BGGR, X_TRANS, MONOCHROME], ids=lambda cfa: cfa.name)
def test_bm3d_denoises_every_sensor(cfa: Cfa) -> None:
    noisy, clean = photograph(cfa)
    assert gain(chosen(mosaic_peers(), "BM3D").run(noisy, cfa, NOISE), noisy, clean) > 8


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("wavelets", 5),
        ("non-local means, scikit-image", 15),
        ("non-local means, OpenCV", 13),
        ("CDnCNN-B", 17),
        ("FFDNet", 18),
    ],
)
def test_a_picture_is_denoised(name: str, least: float) -> None:
    clean = np.ascontiguousarray((scene() ** (1 / 2.2)).transpose(1, 2, 0))
    noisy = np.random.default_rng(3).normal(clean, SIGMA).astype(np.float32)
    assert gain(chosen(picture_peers(), name).run(noisy, SIGMA), noisy, clean) > least


@pytest.mark.parametrize("signal", [0.0, 0.18, 1.0])
def test_k_sigma_gives_the_noise_of_the_known_camera(signal: float) -> None:
    line = KSigma.from_profile(NOISE)
    variance = (NOISE.shot * signal + NOISE.read) * (line.scale * WHITE) ** 2
    assert variance == pytest.approx(KNOWN_K * (signal * line.scale + line.shift) * WHITE + KNOWN_VARIANCE)


def test_peers_without_their_weights_are_absent_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RWDENOISE_DATA", str(tmp_path))
    absent = [peer for peer in (*mosaic_peers(), *picture_peers()) if isinstance(peer, Absent)]
    assert {peer.name.split()[0] for peer in absent} >= {"PMRID", "CDnCNN-B", "FFDNet"}
    assert all(peer.reason for peer in absent)


def test_peers_without_their_packages_are_absent_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("bm3d", "classical"):
        monkeypatch.setattr(f"bench.peers.{module}.package_version", lambda _package: None)
    for peer in (*bm3d_methods(), *classical_methods()):
        assert isinstance(peer, Absent)
        assert "is not installed" in peer.reason


def test_mcmaster_pictures_come_in_the_order_of_their_numbers(data: Path) -> None:
    assert [path.stem for path in mcmaster()] == [str(number) for number in range(1, 19)]
    assert mcmaster(2)[0].is_relative_to(data)
