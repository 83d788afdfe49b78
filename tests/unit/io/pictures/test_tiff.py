"""Developed TIFFs: what is read, what is written, what other programs see, and what is refused."""

import json
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, PhotoAccessError, PhotoError, UnsupportedPhotoError
from rwdenoise.io.pictures.encodings import DISPLAY, LINEAR
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.tiff import encode_tiff, read_tiff
from rwdenoise.photo.rgb import RgbPhoto

RGB16 = np.random.default_rng(5).integers(0, 65536, (40, 33, 3)).astype(np.uint16)
RGB8 = (RGB16 // 257).astype(np.uint8)
# Smooth, so that JPEG hardly changes it.
SMOOTH = (np.add.outer(np.arange(40), np.arange(33))[..., np.newaxis] * [2, 1, 3]).astype(np.uint8)
GRAY8 = RGB8[..., 0]


def tiff(pixels: np.ndarray, **options) -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **({"photometric": "rgb"} | options))
    return file.getvalue()


def read(data: bytes | Path) -> RgbPhoto:
    return read_tiff(data, name="a.tif")


def written(photo: RgbPhoto) -> tifffile.TiffPage:
    with tifffile.TiffFile(BytesIO(encode_tiff(photo))) as tif:
        assert len(tif.pages) == 1
        return tif.pages[0]


def retagged(data: bytes, path: Path, **values: object) -> bytes:
    """Return the file with other values of tags, named as tifffile names them."""
    path.write_bytes(data)
    with tifffile.TiffFile(path, mode="r+") as tif:
        for name, value in values.items():
            tif.pages[0].tags[name].overwrite(value)
    return path.read_bytes()


def test_sixteen_bits_stay_sixteen() -> None:
    photo = read(tiff(RGB16, iccprofile=profile("prophoto"), compression="lzw", predictor=True))
    assert photo.samples.dtype == np.uint16
    page = written(photo.with_planes(photo.planes() * np.float32(0.9)))
    assert (page.bitspersample, page.samplesperpixel, page.compression, page.predictor) == (16, 3, 5, 2)
    assert len(np.unique(page.asarray() & 255)) == 256


def test_a_path_is_read_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(RGB16, byteorder=">"))
    photo = read_tiff(path, name="a.tif", source=path)
    np.testing.assert_array_equal(photo.samples, RGB16)
    assert photo.source == path
    with pytest.raises(PhotoAccessError, match="does not exist"):
        read(tmp_path / "b.tif")


def test_numbers_mean_what_profile_and_type_say() -> None:
    assert read(tiff(RGB16)).encoding is DISPLAY
    assert read(tiff(RGB16.astype(np.float32))).encoding is LINEAR
    assert read(tiff(RGB16, iccprofile=profile("rec2020"))).encoding not in (DISPLAY, LINEAR)
    assert read(tiff(RGB16, iccprofile=b"no profile")).stored.icc == b"no profile"


def test_white_at_zero_becomes_black_at_zero() -> None:
    photo = read(tiff(GRAY8, photometric="miniswhite"))
    np.testing.assert_array_equal(photo.samples[..., 0], 255 - GRAY8)
    page = written(photo)
    assert page.photometric == tifffile.PHOTOMETRIC.MINISBLACK
    np.testing.assert_array_equal(page.asarray(), 255 - GRAY8)


def ycbcr_by_libtiff() -> bytes:
    file = BytesIO()
    Image.fromarray(SMOOTH).convert("YCbCr").save(file, "TIFF", compression="jpeg", quality=95)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        ycbcr_by_libtiff(),
        tiff(SMOOTH, compression="jpeg", rowsperstrip=16),
        tiff(SMOOTH, compression="jpeg", tile=(16, 16)),
    ],
    ids=["libtiff", "strips", "tiles"],
)
def test_jpeg_inside_is_written_without_loss(data: bytes) -> None:
    with tifffile.TiffFile(BytesIO(data)) as tif:
        assert tif.pages[0].photometric == tifffile.PHOTOMETRIC.YCBCR
    photo = read(data)
    # Beyond lie tiles that are mostly filling, which stains what little there is in them.
    assert np.abs(photo.samples.astype(int) - SMOOTH)[:32, :32].max() <= 5
    page = written(photo)
    assert (page.photometric, page.compression, page.predictor) == (2, tifffile.COMPRESSION.ADOBE_DEFLATE, 2)


def test_the_layout_is_one_that_every_editor_reads() -> None:
    page = written(
        read(tiff(np.moveaxis(RGB16, 2, 0), planarconfig="separate", tile=(16, 16), byteorder=">", bigtiff=True))
    )
    assert not page.is_tiled
    assert (page.planarconfig, page.parent.byteorder, page.parent.is_bigtiff) == (1, "<", False)


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_strips_are_small(compression: str) -> None:
    large = np.zeros((1000, 700, 3), np.uint16)
    page = written(read(tiff(large, compression=compression)))
    assert page.chunks[0] * large[0].nbytes <= 2**18 < (page.chunks[0] + 1) * large[0].nbytes


def test_alpha_of_an_unknown_kind_stays_unspecified() -> None:
    photo = read(tiff(np.dstack([RGB8, GRAY8, GRAY8]), extrasamples=(1, 0)))
    np.testing.assert_array_equal(photo.extra[..., 0], GRAY8)
    assert [int(kind) for kind in written(photo).extrasamples] == [1, 0]


def test_resolution_is_kept_or_left_out() -> None:
    dense = written(read(tiff(RGB8, resolution=((3001, 10), (300, 1)), resolutionunit="CENTIMETER")))
    assert [dense.tags[tag].value for tag in (282, 283, 296)] == [(3001, 10), (300, 1), 3]
    assert written(read(tiff(RGB8))).tags[296].value == tifffile.RESUNIT.NONE


def test_previews_are_dropped() -> None:
    file = BytesIO()
    with tifffile.TiffWriter(file) as tif:
        tif.write(RGB8[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
        tif.write(RGB16, photometric="rgb", subifds=1, metadata=None)
        tif.write(RGB16[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
        tif.write(RGB8[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
    photo = read(file.getvalue())
    np.testing.assert_array_equal(photo.samples, RGB16)
    assert written(photo).shape == RGB16.shape


def test_a_photo_from_elsewhere_is_written_too() -> None:
    photo = read(tiff(RGB16))
    bare = RgbPhoto(photo.samples, None, photo.encoding, type(photo.stored)("png"))
    assert written(bare).compression == tifffile.COMPRESSION.ADOBE_DEFLATE


UNSUPPORTED = {
    "1 bit": (tiff(GRAY8 > 99, photometric="minisblack"), "1-bit"),
    "palette": (tiff(GRAY8, photometric="palette", colormap=np.zeros((3, 256), np.uint16)), "palette"),
    "CMYK": (tiff(RGB8.repeat(2, axis=2)[..., :4], photometric="separated"), "CMYK"),
    "Lab": (tiff(RGB8, photometric="cielab"), "Lab"),
    "mosaic": (tiff(GRAY8, photometric="cfa"), "RAW mosaic"),
    "linear RAW": (tiff(RGB16, photometric="linear_raw"), "linear RAW"),
    "logarithmic": (tiff(RGB16, photometric="logluv"), "logarithmic"),
    "signed": (tiff(RGB16.astype(np.int16)), "signed samples"),
    "complex": (tiff(GRAY8.astype(np.complex64), photometric="minisblack"), "complex samples"),
    "64 bits": (tiff(RGB16.astype(np.uint64)), "64-bit"),
    "12 bits": (tiff(RGB16 // 16, bitspersample=12), "12-bit"),
    "JPEG 2000": (tiff(RGB8, compression="jpeg2000"), "JPEG2000|APERIO"),
    "volume": (tiff(np.zeros((16, 16, 16), np.uint8), photometric="minisblack", volumetric=True), "volume"),
    "three pages": (tiff(np.stack([RGB8] * 3)), "3 pages"),
    "preview alone": (tiff(RGB8, subfiletype=1), "only previews"),
}


@pytest.mark.parametrize(("data", "said"), UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_other_kinds_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(UnsupportedPhotoError, match=said) as refused:
        read(data)
    assert refused.value.message.startswith("a.tif ")
    assert "expected" in refused.value.message
    assert refused.value.hint.endswith(".")


LIES: dict[str, tuple[bytes, dict[str, object]]] = {
    "no width": (tiff(RGB8), {"ImageWidth": 0}),
    "absurd": (tiff(RGB8), {"ImageWidth": 2**31, "ImageLength": 2**31}),
    "more pixels than bytes": (tiff(RGB8), {"ImageLength": 41, "RowsPerStrip": 41}),
    "a bomb": (tiff(RGB8, compression="zlib"), {"ImageLength": 400_000, "RowsPerStrip": 400_000}),
    "an absurd tile": (tiff(RGB8, compression="zlib", tile=(64, 64)), {"TileLength": 2**20, "TileWidth": 2**20}),
    "a strip at the end": (tiff(RGB8, rowsperstrip=10), {"StripOffsets": (5000, 3000, 3000, 3000)}),
    "a strip at the start": (tiff(RGB8, rowsperstrip=10), {"StripOffsets": (0, 3000, 3000, 3000)}),
    "an empty strip": (tiff(RGB8, compression="zlib", rowsperstrip=10), {"StripByteCounts": (0, 900, 900, 900)}),
    "a shortened strip": (tiff(RGB8, compression="lzw", rowsperstrip=10), {"StripByteCounts": (99, 900, 900, 900)}),
    "no rows": (tiff(RGB8, rowsperstrip=10), {"RowsPerStrip": 0}),
    "fewer strips": (tiff(RGB8, rowsperstrip=10), {"RowsPerStrip": 5}),
    "one color": (tiff(RGB8, rowsperstrip=10), {"SamplesPerPixel": 1}),
}


@pytest.mark.parametrize(("data", "values"), LIES.values(), ids=LIES.keys())
def test_lies_are_found_out(data: bytes, values: dict[str, object], tmp_path: Path) -> None:
    read(data)
    with pytest.raises(CorruptPhotoError, match=r"^a\.tif "):
        read(retagged(data, tmp_path / "a.tif", **values))


def test_a_jpeg_larger_than_its_strip_is_found_out() -> None:
    data = bytearray(tiff(SMOOTH, compression="jpeg"))
    frame = data.index(b"\xff\xc0") + 5
    data[frame : frame + 4] = b"\xff\xdc\xff\xdc"
    with pytest.raises(CorruptPhotoError, match="65500 x 65500 pixels in a strip"):
        read(bytes(data))


@pytest.mark.parametrize("compression", ["none", "lzw", "zlib", "zstd", "packbits", "lzma", "jpeg"])
def test_cut_off_files_are_refused(compression: str) -> None:
    data = tiff(RGB8, compression=compression, rowsperstrip=16)
    for end in (0, 2, 7, 60, len(data) // 2, len(data) - 1):
        with pytest.raises(CorruptPhotoError):
            read(data[:end])


def test_pages_that_lead_back_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(RGB8))
    with tifffile.TiffFile(path) as tif:
        end = tif.pages[0].offset + 2 + 12 * len(tif.pages[0].tags)
    data = bytearray(path.read_bytes())
    data[end : end + 4] = (8).to_bytes(4, "little")
    np.testing.assert_array_equal(read(bytes(data)).samples, RGB8)


def test_damage_is_not_written_to_the_error_stream(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PhotoError):
        read(tiff(RGB8)[:-1000][:300])
    assert capfd.readouterr() == ("", "")


def test_pillow_opens_what_is_written() -> None:
    photo = read(
        tiff(RGB8, iccprofile=profile("srgb"), compression="lzw", resolution=(240, 240), resolutionunit="INCH")
    )
    with Image.open(BytesIO(encode_tiff(photo))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), RGB8)
        assert picture.info["icc_profile"] == profile("srgb")
        assert picture.info["dpi"] == (240, 240)


def test_exiftool_reads_what_is_written(tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    data = tiff(
        np.dstack([RGB16, RGB16[..., 0]]),
        extrasamples=("unassalpha",),
        iccprofile=profile("prophoto"),
        resolution=(3005 / 10, 72),
        resolutionunit="CENTIMETER",
        extratags=[(274, 3, 1, 6, True)],
    )
    path = tmp_path / "a.tif"
    path.write_bytes(encode_tiff(read(data)))
    command = ["exiftool", "-json", "-n", "-validate", "-all", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
    wanted = {
        "BitsPerSample": "16 16 16 16",
        "ExtraSamples": 2,
        "XResolution": 300.5,
        "YResolution": 72,
        "ResolutionUnit": 3,
        "Orientation": 6,
        "ProfileDescription": "ProPhoto RGB",
        "Compression": 1,
        "Validate": "0 0 0",
    }
    assert {name: found[name] for name in wanted} == wanted
