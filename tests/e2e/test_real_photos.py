"""Photos of real cameras through the command line, and through the programs that photographers open them with."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rawpy
from PIL import Image

from rwdenoise.io.raw.reader import read_raw

NAMES = [
    "nikon-d1.NEF",
    "canon-s40-0101.CRW",
    "canon-s40-0119.CRW",
    "canon-g2-0304.CRW",
    "kodak-dc50.KDC",
    "kodak-dc120.KDC",
    "canon-kissx4-colorchart.dng",
]
BLOCK = 64

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def denoised(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Denoise all photos in one call with 20 steps, as a user types it; with the small weights, for time's sake."""
    folder = tmp_path_factory.mktemp("denoised")
    sources = [str(data / "raw" / name) for name in NAMES]
    command = [
        sys.executable,
        "-m",
        "rwdenoise_cli",
        *sources,
        "--quality",
        "fast",
        "--steps",
        "20",
        "-o",
        f"{folder}/",
        "--json",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    ends = [json.loads(line)["event"] for line in result.stdout.splitlines()]
    assert ends.count("finished") == len(NAMES)
    return folder


def output_of(name: str, folder: Path) -> Path:
    return folder / f"{Path(name).stem}.dng"


def develop(path: Path) -> np.ndarray:
    """Develop linearly with LibRaw, in the camera's white balance, with nothing that depends on the picture."""
    red, green, blue = read_raw(path).white_balance
    with rawpy.imread(str(path)) as raw:
        picture = raw.postprocess(
            user_wb=[red, green, blue, green],
            no_auto_bright=True,
            adjust_maximum_thr=0.0,
            gamma=(1, 1),
            output_bps=16,
            user_flip=0,
        )
    return picture.astype(np.float64)


def blocks_of(picture: np.ndarray) -> np.ndarray:
    """Cut a picture into whole blocks; shape (blocks, pixels of a block, 3)."""
    height, width = (length // BLOCK for length in picture.shape[:2])
    cut = picture[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK, 3)
    return cut.transpose(0, 2, 1, 3, 4).reshape(-1, BLOCK * BLOCK, 3)


@pytest.mark.parametrize("name", NAMES)
def test_brightness_and_color_stay(name: str, data: Path, denoised: Path) -> None:
    before, after = develop(data / "raw" / name), develop(output_of(name, denoised))
    assert before.shape == after.shape
    noisy, clean = blocks_of(before), blocks_of(after)
    noise = (noisy - clean).std(axis=1)
    # LibRaw cuts off what is below black, which brightens noisy shadows: those are compared in the mosaic, below.
    lit = clean.mean(axis=1) > 3 * noise
    change = np.abs(clean.mean(axis=1) - noisy.mean(axis=1))
    # The mean of a noisy block is itself uncertain; demosaicing doubles that by spreading each site's noise.
    photo = read_raw(data / "raw" / name)
    half_a_step = 0.5 * 65535 / (photo.white - photo.black.mean())
    allowed = 0.01 * noisy.mean(axis=1) + 3 * 2 * noise / BLOCK + half_a_step
    assert lit.mean() > 0.3
    assert (change <= allowed)[lit].mean() > 0.999, f"worst: {(change - allowed)[lit].max():.1f} of 65535"


@pytest.mark.parametrize("name", NAMES)
def test_brightness_stays_in_the_darkest_shadows_of_the_mosaic(name: str, data: Path, denoised: Path) -> None:
    source, output = read_raw(data / "raw" / name), read_raw(output_of(name, denoised))
    height, width = source.active.height, source.active.width
    before, after = (np.repeat(photo.planes()[0, :, :, np.newaxis], 3, axis=2) for photo in (source, output))
    for filters in source.cfa.planes(height, width):
        mask = blocks_of(np.repeat(filters[:, :, np.newaxis], 3, axis=2))[:, :, 0]
        noisy, clean = (
            (blocks_of(picture)[:, :, 0] * mask).sum(axis=1) / mask.sum(axis=1) for picture in (before, after)
        )
        spread = blocks_of(before - after)[:, :, 0].std(axis=1) / np.sqrt(mask.sum(axis=1))
        half_a_step = 0.5 / (source.white - source.black.mean())
        allowed = 0.01 * np.abs(noisy) + 3 * spread + half_a_step
        assert (np.abs(clean - noisy) <= allowed).mean() > 0.995


@pytest.mark.parametrize("name", NAMES)
def test_no_tinted_shadows(name: str, data: Path, denoised: Path) -> None:
    before, after = (blocks_of(develop(path)) for path in (data / "raw" / name, output_of(name, denoised)))
    # The darkest that are lit enough for LibRaw not to cut noise off at black.
    lit = np.flatnonzero((after.mean(axis=1) > 2 * (before - after).std(axis=1)).all(axis=1))
    darkest = lit[np.argsort(before[lit].sum(axis=(1, 2)))[: max(1, len(lit) // 10)]]
    tints = [picture[darkest].mean(axis=(0, 1)) / picture[darkest].mean() for picture in (before, after)]
    np.testing.assert_allclose(tints[1], tints[0], atol=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_same_size_and_orientation(name: str, data: Path, denoised: Path) -> None:
    with rawpy.imread(str(data / "raw" / name)) as source, rawpy.imread(str(output_of(name, denoised))) as output:
        assert output.raw_image.shape == source.raw_image.shape
        assert output.sizes.flip == source.sizes.flip
        assert (output.sizes.height, output.sizes.width) == (source.sizes.height, source.sizes.width)


@pytest.mark.parametrize("name", NAMES)
def test_darktable_renders_it(name: str, denoised: Path, tmp_path: Path) -> None:
    program = shutil.which("darktable-cli")
    if program is None:
        pytest.skip("darktable-cli is not installed; scripts/install-viewers installs it")
    picture = tmp_path / "picture.png"
    command = [program, str(output_of(name, denoised)), str(picture), "--core", "--configdir", str(tmp_path / "config")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert picture.exists(), result.stdout + result.stderr
    assert_looks_like(picture, output_of(name, denoised))


@pytest.mark.parametrize("name", NAMES)
def test_rawtherapee_renders_it(name: str, denoised: Path, tmp_path: Path) -> None:
    program = shutil.which("rawtherapee-cli")
    if program is None:
        pytest.skip("rawtherapee-cli is not installed; scripts/install-viewers installs it")
    picture = tmp_path / "picture.png"
    command = [program, "-Y", "-n", "-b8", "-o", str(picture), "-c", str(output_of(name, denoised))]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={"HOME": str(tmp_path)})
    assert picture.exists(), result.stdout + result.stderr
    assert_looks_like(picture, output_of(name, denoised))


def assert_looks_like(picture: Path, photo: Path) -> None:
    """Compare what another program made of a photo with what LibRaw makes of it: the same scene, the same way up."""
    with Image.open(picture) as image:
        other = np.asarray(image.convert("L").resize((48, 48)), np.float64)
    with rawpy.imread(str(photo)) as raw:
        ours = raw.postprocess(use_camera_wb=True, half_size=True)
    own = np.asarray(Image.fromarray(ours).convert("L").resize((48, 48)), np.float64)
    assert other.std() > 5, "the picture is not empty"
    assert np.corrcoef(other.ravel(), own.ravel())[0, 1] > 0.9


#: Pictures that Canon's CRW keeps among its maker notes; the new file has pictures of its own.
PICTURES = {"CanonRaw:RawData", "CanonRaw:JpgFromRaw", "CanonRaw:ThumbnailImage"}


def maker_notes(path: Path) -> set[str]:
    command = ["exiftool", "-j", "-G1", "-a", "-MakerNotes:all", str(path)]
    (tags,) = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return set(tags) - {"SourceFile"} - PICTURES


@pytest.mark.parametrize("name", NAMES)
def test_maker_notes_stay(name: str, data: Path, denoised: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed; scripts/install-viewers installs it")
    assert maker_notes(data / "raw" / name) <= maker_notes(output_of(name, denoised))
