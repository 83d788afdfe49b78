"""Developed pictures through the command line: everything about them stays, and what cannot be is refused in words."""

import json
import os
import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import exiv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result
from PIL import Image

from rwdenoise.denoising import denoiser
from rwdenoise.io.pictures.icc import profile
from rwdenoise.network.unet import save_network
from rwdenoise_cli.main import cli
from tests.pictures import opened, pixels, saved, write
from tests.tiny import tiny_facts, tiny_network

GIB = 2**30


class Darkener:
    """Stands in for a denoiser: takes a tenth of everything, in the display domain."""

    name, device, digest, pixels_run = "darkener 1.0", "nowhere", "d" * 64, 0
    facts = tiny_facts("rgb")

    def prepare(self, height: int, width: int) -> None:
        """Need no preparation."""

    def denoise_picture(self, planes, *, settings, grain=None, noise=None, on_progress=lambda *_: None) -> np.ndarray:
        on_progress(1, 1)
        return np.float32(0.9) * planes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(denoiser, "load_denoiser", lambda *_, **__: Darkener())
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def names() -> set[str]:
    return {path.name for path in Path().iterdir()}


def decode_gamma(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encode_gamma(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def test_a_16_bit_prophoto_tiff(folder) -> None:
    icc = profile("prophoto")
    before = pixels(depth=np.uint16)
    tifffile.imwrite("a.tif", before, photometric="rgb", iccprofile=icc, resolution=(240, 240), compression="lzw")
    assert run("a.tif").exit_code == 0
    with tifffile.TiffFile("a-denoised.tif") as file:
        page = file.pages[0]
        after = page.asarray()
        assert page.tags["InterColorProfile"].value == icc
        assert page.tags["XResolution"].value == (240, 1)
        assert page.compression == 5, "LZW"
        assert "rwd:Weights" in page.tags["XMP"].value.decode()
    assert after.dtype == np.uint16
    assert len(np.unique(after)) > 5000, "16 bit stay 16 bit"
    # A gray that is darkened in the display domain is as much darker in ProPhoto, through both curves.
    gray = np.full((40, 40, 3), 30000, np.uint16)
    tifffile.imwrite("gray.tif", gray, photometric="rgb", iccprofile=icc)
    assert run("gray.tif").exit_code == 0
    darker = decode_gamma(0.9 * encode_gamma((gray / 65535) ** 1.8)) ** (1 / 1.8) * 65535
    assert np.abs(tifffile.imread("gray-denoised.tif") - darker).max() < 30


def test_a_linear_tiff_stays_linear(folder) -> None:
    before = np.full((32, 32, 3), 0.25, np.float32)
    tifffile.imwrite("a.tif", before, photometric="rgb")
    assert run("a.tif").exit_code == 0
    np.testing.assert_allclose(tifffile.imread("a-denoised.tif"), decode_gamma(0.9 * encode_gamma(before)), atol=1e-4)


def test_a_gray_16_bit_png(folder) -> None:
    before = pixels(channels=1, depth=np.uint16)
    Path("a.png").write_bytes(imagecodecs.png_encode(before))
    assert run("a.png").exit_code == 0
    after = imagecodecs.png_decode(Path("a-denoised.png").read_bytes())
    assert (after.dtype, after.shape) == (np.uint16, before.shape[:2])
    assert np.abs(after - 0.9 * before[..., 0]).max() < 2


def test_an_rgba_float_tiff(folder) -> None:
    before = (pixels(channels=4) / 255).astype(np.float32) * 1.5
    tifffile.imwrite("a.tif", before, photometric="rgb", extrasamples=["unassalpha"])
    assert run("a.tif").exit_code == 0
    with tifffile.TiffFile("a-denoised.tif") as file:
        after = file.asarray()
        assert file.pages[0].tags["ExtraSamples"].value in (2, (2,))
    assert after.dtype == np.float32
    np.testing.assert_array_equal(after[..., 3], before[..., 3])
    assert after[..., :3].max() > 1.1, "lights above white stay"
    assert (after[..., :3] <= before[..., :3]).all()


def test_a_jpeg_with_gps(folder) -> None:
    write(Path("a.JPG"), saved(pixels(), "JPEG", quality=81, subsampling=2, dpi=(300, 300)))
    image = exiv2.ImageFactory.open("a.JPG")
    image.readMetadata()
    exif = image.exifData()
    exif["Exif.Image.Orientation"] = exiv2.UShortValue(6)
    exif["Exif.GPSInfo.GPSLatitude"] = "52/1 31/1 12/1"
    exif["Exif.GPSInfo.GPSLatitudeRef"] = "N"
    exif["Exif.Photo.LensModel"] = "50mm F1.4"
    image.setExifData(exif)
    image.writeMetadata()
    result = run("a.JPG", "--json")
    assert result.exit_code == 0
    done = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in done if event["event"] != "progress"] == ["started", "finished", "summary"]
    before, after = opened(Path("a.JPG").read_bytes()), opened(Path("a-denoised.JPG").read_bytes())
    assert after.quantization == before.quantization
    assert after.layer == before.layer, "4:2:0"
    assert after.info["dpi"] == (300, 300)
    assert np.abs(np.asarray(after) - 0.9 * np.asarray(before)).mean() < 2
    image = exiv2.ImageFactory.open("a-denoised.JPG")
    image.readMetadata()
    kept = {datum.key(): str(datum.value()) for datum in image.exifData()}
    assert kept["Exif.Image.Orientation"] == "6"
    assert kept["Exif.GPSInfo.GPSLatitude"] == "52/1 31/1 12/1"
    assert kept["Exif.Photo.LensModel"] == "50mm F1.4"


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg", "a.webp"])
def test_strength_0_keeps_every_pixel(folder, name) -> None:
    Image.fromarray(pixels()).save(name)
    assert run(name, "--strength", "0").exit_code == 0
    after = Path(f"a-denoised{Path(name).suffix}")
    np.testing.assert_array_equal(np.asarray(Image.open(after)), np.asarray(Image.open(name)))


def test_another_format(folder) -> None:
    write(Path("a.jpg"), saved(pixels(), "JPEG"))
    assert run("a.jpg", "--format", "tiff", "-o", "out").exit_code == 0
    after = tifffile.imread("out/a.tif")
    assert after.dtype == np.uint16, "finer than the JPEG, since denoising is"
    assert run("a.jpg", "-o", "b.png").exit_code == 0
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")


def png_of_zeros(width: int, height: int, *, kind: int = 2, depth: int = 8) -> bytes:
    """Return a PNG that says what it is and holds next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")


def cmyk() -> bytes:
    return saved(np.concatenate([pixels(), pixels(channels=1)], axis=2), "TIFF")


def lying_tiff() -> bytes:
    data = bytearray(saved(pixels(), "TIFF"))
    at = (
        data.index(struct.pack("<HHI", 257, 4, 1))
        if struct.pack("<HHI", 257, 4, 1) in data
        else data.index(struct.pack("<HHI", 257, 3, 1))
    )
    data[at + 8 : at + 12] = struct.pack("<I", 60000)
    return bytes(data)


def bilevel() -> bytes:
    from io import BytesIO

    file = BytesIO()
    Image.fromarray(pixels(channels=1)[..., 0]).convert("1").save(file, "TIFF")
    return file.getvalue()


def cmyk_jpeg() -> bytes:
    from io import BytesIO

    file = BytesIO()
    Image.fromarray(pixels()).convert("CMYK").save(file, "JPEG")
    return file.getvalue()


BAD = {
    "cmyk.jpg": (cmyk_jpeg, "CMYK"),
    "scan.tif": (bilevel, "1"),
    "bomb.png": (lambda: png_of_zeros(60000, 60000), "pixels"),
    "short.png": (lambda: png_of_zeros(3000, 3000), ""),
    "lying.tif": (lying_tiff, ""),
    "cut.jpg": (lambda: saved(pixels(size=(300, 400)), "JPEG", quality=95)[:6000], "cut off"),
    "cut.tif": (lambda: saved(pixels(size=(300, 400)), "TIFF")[:9000], "cut off"),
    "wrong.png": (lambda: saved(pixels(), "JPEG"), "is a JPEG picture, although its suffix says otherwise"),
    "text.jpg": (lambda: b"This is no picture.", ""),
    "empty.webp": (lambda: b"", "is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_clear_error_and_nothing_written(folder, name) -> None:
    make, words = BAD[name]
    Path(name).write_bytes(make())
    result = run(name, "--json")
    assert result.exit_code == 1
    told = [json.loads(line) for line in result.stdout.splitlines()]
    (failed,) = [event for event in told if event["event"] == "failed"]
    assert failed["message"].startswith(name)
    assert words in failed["message"]
    assert failed["hint"].endswith(".") or "pip install" in failed["hint"]
    assert "\n" not in failed["message"]
    assert names() == {name}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is measured as Linux counts it")
def test_a_tiff_of_100_megapixels_takes_less_than_3_gb(tmp_path: Path) -> None:
    weights = tmp_path / "tiny.safetensors"
    save_network(tiny_network("rgb"), tiny_facts("rgb"), weights)
    row = np.random.default_rng(0).integers(0, 65536, (1, 10000, 3)).astype(np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", data=np.broadcast_to(row, (10000, 10000, 3)), photometric="rgb", rowsperstrip=100,
        compression="zlib", compressionargs={"level": 1},
    )  # fmt: skip
    command = [sys.executable, "-m", "rwdenoise_cli", "a.tif", "--steps", "1", f"--weights={weights}", "--device=cpu"]
    process = subprocess.Popen(command, cwd=tmp_path)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    with tifffile.TiffFile(tmp_path / "a-denoised.tif") as file:
        assert file.pages[0].shape == (10000, 10000, 3)
        assert file.pages[0].dtype == np.uint16
    assert usage.ru_maxrss * 1024 < 3 * GIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
