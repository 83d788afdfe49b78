"""Test raw converters as peers: their settings files, their results, and the reason if they are missing."""

import configparser
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.methods import Absent
from bench.peers import darktable, developer, rawtherapee
from bench.peers.developer import Developer
from bench.quality import programs
from rwdenoise.choices import Settings
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.noise.estimate import choose_noise
from tests.tiny import tiny_denoiser

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DARKTABLE = "{http://darktable.sf.net/}"
FINDERS = {darktable.PROGRAM: darktable.find_darktable, rawtherapee.PROGRAM: rawtherapee.find_rawtherapee}


def found(monkeypatch: pytest.MonkeyPatch, program: str) -> Developer:
    """Return a converter as if it were installed."""
    monkeypatch.setattr(f"bench.peers.{program.removesuffix('-cli')}.program_version", lambda _: "1.0")
    result = FINDERS[program]()
    assert isinstance(result, Developer)
    return result


def test_sidecars_differ_in_the_mode_and_switch_of_one_module(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = found(monkeypatch, darktable.PROGRAM)
    (entries,) = zip(*(ET.fromstring(text).iter(f"{RDF}li") for text in texts(peer)), strict=True)
    assert [entry.get(f"{DARKTABLE}operation") for entry in entries] == ["denoiseprofile"] * 3
    assert [entry.get(f"{DARKTABLE}enabled") for entry in entries] == ["0", "1", "1"]
    parameters = [bytes.fromhex(entry.get(f"{DARKTABLE}params", "")) for entry in entries]
    assert [len(values) for values in parameters] == [412] * 3
    # The mode follows 14 floats.
    assert [values[56] for values in parameters] == [3, 3, 4]
    assert len({values[:56] + values[60:] for values in parameters}) == 1


def test_processing_profiles_differ_in_the_noise_reduction(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, denoising = (parsed(text) for text in texts(found(monkeypatch, rawtherapee.PROGRAM)))
    assert denoising.pop("Directional Pyramid Denoising") == {"enabled": "true", "luma": "20", "c2method": "AUTO"}
    assert plain == denoising


def texts(peer: Developer) -> list[str]:
    return [peer.plain, *peer.denoising.values()]


def parsed(profile: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser()
    parser.read_string(profile)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_joined_pictures_stand_in_rows_of_the_same_size(tmp_path: Path) -> None:
    joined = programs.join_pictures(gray_pictures(tmp_path, count=2 * programs.COLUMNS))
    assert joined.shape == (3, 2 * 40, programs.COLUMNS * 40)
    means = joined[0].reshape(2, 40, programs.COLUMNS, 40).mean(axis=(1, 3))
    assert (np.diff(means.ravel()) > 0).all()


def gray_pictures(folder: Path, *, count: int) -> list[Path]:
    """Write pictures of different sizes, at least 40 px, each brighter than the previous one."""
    paths = [folder / f"{number:02}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (40 + number, 40 + number % 3), (60 + 10 * number,) * 3).save(path)
    return paths


def test_the_photos_say_which_camera_it_was_and_not_its_noise(data: Path, tmp_path: Path) -> None:
    scene = np.full((3, 256, 384), 0.18, np.float32)
    noisy, clean = (read_raw(path) for path in programs.photograph(scene, tmp_path))
    assert (noisy.make, noisy.model, noisy.iso) == ("Canon", "Canon EOS 5D Mark II", 6400)
    true, (estimate, origin) = programs.camera_noise(), choose_noise(noisy)
    assert origin == "estimated"
    assert estimate.sigma == pytest.approx(true.sigma, rel=0.1)
    variance = (noisy.planes() - clean.planes())[0, ::2, 1::2].var()
    assert variance == pytest.approx(true.variance(np.float64(0.18)), rel=0.05)


def test_what_is_not_installed_is_absent_with_the_reason(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "kodak", lambda: gray_pictures(tmp_path, count=programs.COLUMNS))
    monkeypatch.setenv("PATH", "")
    rows = programs.measure_programs([tiny_denoiser()], Settings(steps=1), folder=tmp_path)
    assert [row["program"] for row in rows] == ["darktable", "RawTherapee"]
    assert all("not installed" in row["absent"] for row in rows)


def test_what_fails_is_absent_with_the_last_thing_it_said(tmp_path: Path) -> None:
    program = "print('hello'); raise SystemExit('cannot read this')"
    broken = Developer("broken 1.0", lambda *_: [sys.executable, "-c", program], plain="", denoising={})
    photos = programs.Photos(tmp_path, tmp_path, ())
    (row,) = programs._measure(broken, photos)
    assert row["program"] == "broken 1.0"
    assert row["absent"].endswith(": cannot read this")


@pytest.mark.slow
@pytest.mark.parametrize("program", FINDERS)
def test_programs_denoise_and_nothing_else(data: Path, tmp_path: Path, program: str) -> None:
    peer = FINDERS[program]()
    if isinstance(peer, Absent):
        pytest.skip(peer.reason)
    rng = np.random.default_rng(1)
    # Large enough for RawTherapee, which treats files of less than 100 kB as thumbnails.
    scene = np.kron(rng.uniform(0.05, 0.5, (3, 4, 6)), np.ones((128, 128))).astype(np.float32)
    noisy, clean = programs.photograph(scene, tmp_path)
    truth = peer.develop(clean, peer.plain).picture
    assert truth.ndim == 3
    assert truth.shape[2] == 3
    plain, *denoised = (peer.develop(noisy, text).picture for text in texts(peer))
    before, *after = (float(np.abs(picture - truth).mean()) for picture in (plain, *denoised))
    assert max(after) < 0.7 * before
    assert len(set(after)) == len(after)
    assert all(picture.mean() == pytest.approx(truth.mean(), rel=0.02) for picture in (plain, *denoised))


def test_the_version_is_what_the_program_states() -> None:
    assert developer.program_version("no-such-program") is None
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    assert developer.program_version("git") not in (None, "of unknown version")
