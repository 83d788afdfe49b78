"""Metadata goes along: everything about the photo, nothing about how its pixels were stored."""

from io import BytesIO
from pathlib import Path

import exiv2
import numpy as np
import pytest
import tifffile

from rwdenoise.io.dng import encode_dng
from rwdenoise.io.icc import profile
from rwdenoise.io.metadata import copy_metadata, read_identity, sidecars
from rwdenoise.io.private_data import private_tags
from rwdenoise.io.raster import encode_jpeg, encode_png, encode_tiff
from rwdenoise.io.tiff_header import read_directories
from tests.photos import PREVIEW, PROVENANCE, raw_photo

ICC = profile("srgb")
RGB = np.zeros((20, 30, 3), np.uint16)
ENCODED = {
    "dng": encode_dng(raw_photo(orientation=6), preview=PREVIEW, provenance=PROVENANCE),
    "tiff": encode_tiff(RGB, icc=ICC),
    "jpeg": encode_jpeg(RGB, icc=ICC),
    "png": encode_png(RGB, icc=ICC),
}
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
 xmp:Rating="{rating}" tiff:Orientation="8" crs:Sharpness="40"/>
</rdf:RDF></x:xmpmeta>"""


def copied(source: Path | None, kind: str) -> exiv2.Image:
    warnings: list[str] = []
    data = copy_metadata(source, ENCODED[kind], kind=kind, provenance=PROVENANCE, warn=warnings.append)
    assert warnings == []
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    return image


def test_identity(data: Path) -> None:
    folder = data / "raw" / "metadata"
    assert read_identity((folder / "et-FujiFilm.raf").read_bytes()) == ("FUJIFILM", "FinePix S5Pro", 100)
    assert read_identity((data / "raw" / "canon-g2-0304.CRW").read_bytes()).iso == 50
    assert read_identity(b"no photo") == ("", "", None)


def test_damaged_private_data_is_kept_as_far_as_it_goes(data: Path) -> None:
    whole = (data / "raw" / "canon-g2-0304.CRW").read_bytes()
    assert len(private_tags(whole, ())[0].data) > 1000
    for end in (14, 30, len(whole) // 2, len(whole) - 5):
        assert private_tags(whole[:end], ())[0].data.startswith(b"Adobe\0CRW ")
    assert private_tags(b"II*\0", ()) == ()


@pytest.mark.parametrize("kind", ["tiff", "jpeg", "png"])
def test_developed_pictures_are_upright_and_say_nothing_of_the_raw(data: Path, kind: str) -> None:
    image = copied(data / "raw" / "nikon-d1.NEF", kind)
    exif = image.exifData()
    assert exif["Exif.Image.Orientation"].toString() == "1"
    assert exif["Exif.Photo.FNumber"].toString() == "76/10"
    keys = {datum.key() for datum in exif}
    assert not {k for k in keys if k.startswith(("Exif.SubImage", "Exif.Thumbnail"))}
    assert "Exif.Image.StripOffsets" not in keys or kind == "tiff"
    assert bytes(image.iccProfile().data()) == ICC


def test_pixels_stay_as_they_are(data: Path) -> None:
    source = data / "raw" / "metadata" / "et-CanonRaw.cr2"
    rgb = np.random.default_rng(4).integers(0, 65536, (50, 60, 3)).astype(np.uint16)
    done = copy_metadata(source, encode_tiff(rgb, icc=ICC), kind="tiff", provenance=PROVENANCE, warn=pytest.fail)
    np.testing.assert_array_equal(tifffile.imread(BytesIO(done)), rgb)


def test_a_dng_keeps_its_own_structure(data: Path) -> None:
    source = data / "raw" / "metadata" / "et-DNG.dng"
    done = copy_metadata(source, ENCODED["dng"], kind="dng", provenance=PROVENANCE, warn=pytest.fail)
    before, after = read_directories(ENCODED["dng"]), read_directories(done)
    own = [code for code in before[0] if code >= 50706]
    assert own
    assert [before[0][code] for code in own] == [after[0][code] for code in own]
    assert after[0][274].values[0] == 6


@pytest.mark.parametrize("kind", list(ENCODED))
def test_every_output_says_what_was_done(kind: str) -> None:
    image = copied(None, kind)
    xmp = {datum.key(): datum.toString() for datum in image.xmpData()}
    assert xmp["Xmp.xmp.CreatorTool"].startswith("rwdenoise ")
    assert xmp["Xmp.rwd.Weights"] == "cfa-test 1.0"
    assert (xmp["Xmp.rwd.Sampler"], xmp["Xmp.rwd.Steps"], xmp["Xmp.rwd.Strength"]) == ("improved", "4", "0.5")
    assert (xmp["Xmp.rwd.Chroma"], xmp["Xmp.rwd.Detail"]) == ("0.5", "0")
    assert (float(xmp["Xmp.rwd.Shot"]), float(xmp["Xmp.rwd.Read"])) == (1e-3, 1e-5)
    assert image.exifData()["Exif.Image.Software"].toString().startswith("rwdenoise ")


def test_sidecars_are_read_and_the_most_specific_wins(tmp_path: Path) -> None:
    source = tmp_path / "IMG_1.dng"
    source.write_bytes(ENCODED["dng"])
    assert sidecars(source) == []
    (tmp_path / "IMG_1.xmp").write_text(XMP.format(rating=2))
    assert {d.key(): d.toString() for d in copied(source, "jpeg").xmpData()}["Xmp.xmp.Rating"] == "2"
    (tmp_path / "IMG_1.dng.xmp").write_text("\ufeff" + XMP.format(rating=5), encoding="utf-8")
    found = {d.key(): d.toString() for d in copied(source, "jpeg").xmpData()}
    assert found["Xmp.xmp.Rating"] == "5"
    assert "Xmp.tiff.Orientation" not in found
    assert "Xmp.crs.Sharpness" not in found
    assert "Xmp.crs.Sharpness" in {d.key() for d in copied(source, "dng").xmpData()}


@pytest.mark.parametrize("kind", list(ENCODED))
@pytest.mark.parametrize("content", [b"no photo at all", b"II*\0\x08\0\0\0\xff\xff", None])
def test_unreadable_metadata_is_a_warning_and_nothing_more(tmp_path: Path, kind: str, content: bytes | None) -> None:
    source = tmp_path / "photo.NEF"
    (tmp_path / "photo.xmp").write_text("no XMP")
    if content is not None:
        source.write_bytes(content)
    warnings: list[str] = []
    done = copy_metadata(source, ENCODED[kind], kind=kind, provenance=PROVENANCE, warn=warnings.append)
    assert any("photo.xmp" in warning for warning in warnings)
    assert len(done) > len(ENCODED[kind])
    assert any("photo.NEF" in warning for warning in warnings) or content == b"II*\0\x08\0\0\0\xff\xff"


def test_maker_notes_too_large_for_a_jpeg_are_no_reason_to_fail(tmp_path: Path) -> None:
    image = exiv2.ImageFactory.open(ENCODED["tiff"])
    image.readMetadata()
    exif = image.exifData()
    exif["Exif.Photo.UserComment"] = "x" * 90_000
    image.setExifData(exif)
    image.writeMetadata()
    source = tmp_path / "big.tiff"
    source.write_bytes(bytes(image.data()))
    warnings: list[str] = []
    done = copy_metadata(source, ENCODED["jpeg"], kind="jpeg", provenance=PROVENANCE, warn=warnings.append)
    opened = exiv2.ImageFactory.open(done)
    opened.readMetadata()
    assert "Xmp.rwd.Weights" in {datum.key() for datum in opened.xmpData()}
