"""Metadata goes along: everything about the photo, nothing about how its pixels were stored."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import exiv2
import numpy as np
import pytest
import tifffile

from rwdenoise.io.metadata.copy import copy_metadata, sidecars
from rwdenoise.io.metadata.origin import read_origin
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.raw.dng import encode_dng
from rwdenoise.io.raw.private_data import private_tags
from rwdenoise.io.raw.tiff_structure import read_directories
from rwdenoise.io.read import read_picture
from rwdenoise.io.write import write_picture
from tests.photos import PREVIEW, PROVENANCE, raw_photo
from tests.pictures import changed, developed, opened, pixels, saved, write

ICC = profile("srgb")
RGB = np.zeros((20, 30, 3), np.uint16)
ENCODED = {
    "dng": encode_dng(raw_photo(orientation=6), preview=PREVIEW, provenance=PROVENANCE),
    "tiff": developed(RGB, "tiff"),
    "jpeg": developed(RGB, "jpeg"),
    "png": developed(RGB, "png"),
}
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
 xmp:Rating="{rating}" tiff:Orientation="8" crs:Sharpness="40"/>
</rdf:RDF></x:xmpmeta>"""


def copied(source: Path | None, kind: str) -> exiv2.Image:
    warnings: list[str] = []
    data = copy_metadata(
        raw_photo(source=source), ENCODED[kind], kind=kind, provenance=PROVENANCE, warn=warnings.append
    )
    assert warnings == []
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    return image


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
    done = copy_metadata(
        raw_photo(source=source), developed(rgb, "tiff"), kind="tiff", provenance=PROVENANCE, warn=pytest.fail
    )
    np.testing.assert_array_equal(tifffile.imread(BytesIO(done)), rgb)


def test_a_dng_keeps_its_own_structure(data: Path) -> None:
    source = data / "raw" / "metadata" / "et-DNG.dng"
    done = copy_metadata(raw_photo(source=source), ENCODED["dng"], kind="dng", provenance=PROVENANCE, warn=pytest.fail)
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


@pytest.mark.parametrize(
    "entity",
    ["".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)), '<!ENTITY a9 SYSTEM "{secret}">'],
)
def test_entities_in_a_sidecar_are_never_resolved(tmp_path: Path, entity: str) -> None:
    """Neither a bomb that grows to gigabytes nor a file of the user's gets into an output."""
    (tmp_path / "secret").write_text("secret words")
    source = write(tmp_path / "a.jpg", ENCODED["jpeg"])
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{entity.format(secret=(tmp_path / "secret").as_uri())}]>'
    source.with_suffix(".xmp").write_text(doctype + XMP.format(rating="&a9;"))
    warnings: list[str] = []
    data = copy_metadata(
        raw_photo(source=source), ENCODED["jpeg"], kind="jpeg", provenance=PROVENANCE, warn=warnings.append
    )
    assert [warning.partition(" cannot be read")[0] for warning in warnings] == ["The sidecar a.xmp"]
    assert b"secret words" not in bytes(data)
    assert len(data) < 2 * len(ENCODED["jpeg"]) + 10_000


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
@pytest.mark.parametrize("content", [b"no photo at all", b"II*\0\x08\0\0\0\xff\xff"])
def test_damaged_metadata_is_a_warning_and_nothing_more(tmp_path: Path, kind: str, content: bytes) -> None:
    source = tmp_path / "photo.NEF"
    (tmp_path / "photo.xmp").write_text("no XMP")
    source.write_bytes(content)
    warnings: list[str] = []
    done = copy_metadata(
        raw_photo(source=source), ENCODED[kind], kind=kind, provenance=PROVENANCE, warn=warnings.append
    )
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
    done = copy_metadata(
        raw_photo(source=source), ENCODED["jpeg"], kind="jpeg", provenance=PROVENANCE, warn=warnings.append
    )
    opened = exiv2.ImageFactory.open(done)
    opened.readMetadata()
    assert "Xmp.rwd.Weights" in {datum.key() for datum in opened.xmpData()}


PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
 xmp:Rating="4" tiff:Orientation="6" exif:ColorSpace="65535" crs:AlreadyApplied="True"/>
</rdf:RDF></x:xmpmeta>"""
EXIF = {
    "Exif.Image.Make": "Maker",
    "Exif.Image.Model": "Model 1",
    "Exif.Photo.LensModel": "50mm f/1.4",
    "Exif.Photo.FNumber": "28/10",
    "Exif.Photo.ColorSpace": "65535",
    "Exif.Photo.PixelXDimension": "4000",
    "Exif.Iop.InteroperabilityIndex": "R03",
    "Exif.GPSInfo.GPSLatitudeRef": "N",
    "Exif.GPSInfo.GPSLatitude": "46/1 30/1 123/10",
    "Exif.Image.Orientation": "6",
}


def tagged(data: bytes, *, small: bytes | None = None) -> bytes:
    """Return the picture with everything that a photographer wants to keep, and a thumbnail."""
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    exif, iptc = image.exifData(), image.iptcData()
    for key, value in EXIF.items():
        exif[key] = value
    if small is not None:
        exiv2.ExifThumb(exif).setJpegThumbnail(small)
    image.setExifData(exif)
    image.setXmpPacket(PACKET)
    if image.checkMode(exiv2.MetadataId.Iptc) == exiv2.AccessMode.ReadWrite:
        iptc["Iptc.Application2.Keywords"] = "night"
        iptc["Iptc.Application2.Caption"] = "a tree"
        image.setIptcData(iptc)
    image.writeMetadata()
    return bytes(image.data())


def metadata_of(data: bytes) -> exiv2.Image:
    image = exiv2.ImageFactory.open(data)
    image.readMetadata()
    return image


def texts(found: exiv2.ExifData | exiv2.XmpData | exiv2.IptcData) -> dict[str, str]:
    return {datum.key(): datum.toString() for datum in found}


def picture_file(folder: Path, kind: str) -> Path:
    if kind == "tif":
        file = BytesIO()
        tifffile.imwrite(file, pixels(depth=np.uint16), photometric="rgb", metadata=None, iccprofile=ICC)
        return write(folder / "a.tif", tagged(file.getvalue()))
    if kind == "jpg":
        data = saved(pixels(size=(300, 400)), "JPEG", subsampling=2, quality=77, icc_profile=ICC, dpi=(240, 240))
        return write(folder / "a.jpg", tagged(data, small=saved(pixels(size=(120, 160)) * 0, "JPEG")))
    return write(folder / f"a.{kind}", tagged(saved(pixels(), kind, icc_profile=ICC)))


class TestPictures:
    @pytest.mark.parametrize("kind", ["jpg", "tif", "png", "webp"])
    @pytest.mark.parametrize("unchanged", [False, True])
    def test_all_that_is_said_of_a_picture_stays(self, tmp_path: Path, kind: str, unchanged: bool) -> None:
        photo = read_picture(picture_file(tmp_path, kind))
        assert photo.orientation == 6
        assert photo.make == "Maker"
        target = tmp_path / f"b.{kind}"
        written = photo if unchanged else changed(photo)
        write_picture(written, target, provenance=PROVENANCE, warn=pytest.fail)
        again = read_picture(target)
        if unchanged or kind in ("tif", "png"):
            np.testing.assert_array_equal(again.samples, written.samples)
        assert again.stored == photo.stored
        assert again.orientation == 6
        image = metadata_of(target.read_bytes())
        exif, xmp = texts(image.exifData()), texts(image.xmpData())
        width = {"Exif.Photo.PixelXDimension": str(photo.samples.shape[1])}
        assert {key: exif.get(key) for key in EXIF} == EXIF | width
        assert xmp["Xmp.xmp.Rating"] == "4"
        assert xmp["Xmp.crs.AlreadyApplied"] == "True"
        assert xmp["Xmp.exif.ColorSpace"] == "65535"
        assert "Xmp.tiff.Orientation" not in xmp
        assert xmp["Xmp.rwd.Weights"] == "cfa-test 1.0"
        assert bytes(image.iccProfile().data()) == ICC
        if kind != "webp":
            assert texts(image.iptcData()) == {
                "Iptc.Application2.Keywords": "night",
                "Iptc.Application2.Caption": "a tree",
            }

    def test_the_thumbnail_is_made_anew(self, tmp_path: Path) -> None:
        photo = read_picture(picture_file(tmp_path, "jpg"))
        write_picture(changed(photo), tmp_path / "b.jpg", provenance=None, warn=pytest.fail)
        image = metadata_of((tmp_path / "b.jpg").read_bytes())
        exif = image.exifData()
        small = exiv2.ExifThumbC(exif)
        thumbnail = opened(bytes(small.copy().data()))
        assert thumbnail.size == (160, 120)
        expected = changed(photo).samples[::5, ::5].mean()
        assert abs(np.asarray(thumbnail).mean() - expected) < 3

    def test_no_thumbnail_where_there_was_none(self, tmp_path: Path) -> None:
        photo = read_picture(picture_file(tmp_path, "png"))
        write_picture(changed(photo), tmp_path / "b.jpg", provenance=None, format="jpeg", warn=pytest.fail)
        image = metadata_of((tmp_path / "b.jpg").read_bytes())
        assert not any(key.startswith("Exif.Thumbnail") for key in texts(image.exifData()))

    def test_a_thumbnail_is_no_page_of_a_tiff(self, tmp_path: Path) -> None:
        photo = read_picture(picture_file(tmp_path, "jpg"))
        write_picture(photo, tmp_path / "b.tif", provenance=None, format="tiff", warn=pytest.fail)
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            assert len(file.pages) == 1
            assert file.pages.first.resolution == (240, 240)

    def test_blind_denoising_has_no_profile(self, tmp_path: Path) -> None:
        photo = read_picture(picture_file(tmp_path, "png"))
        write_picture(photo, tmp_path / "b.png", provenance=replace(PROVENANCE, noise=None), warn=pytest.fail)
        xmp = texts(metadata_of((tmp_path / "b.png").read_bytes()).xmpData())
        assert "Xmp.rwd.Steps" in xmp
        assert "Xmp.rwd.Shot" not in xmp
        raw = encode_dng(raw_photo(), preview=PREVIEW, provenance=replace(PROVENANCE, noise=None))
        found = read_directories(raw)[0]
        assert 51041 not in found  # NoiseProfile
        assert found[50935].values[0] == 0.5  # NoiseReductionApplied

    def test_the_sidecar_of_a_raw_beside_it_does_not_develop_it_again(self, tmp_path: Path) -> None:
        photo = read_picture(write(tmp_path / "a.png", saved(pixels(), "PNG")))
        (tmp_path / "a.xmp").write_text(XMP.format(rating=3))
        write_picture(photo, tmp_path / "b.png", provenance=None, warn=pytest.fail)
        xmp = texts(metadata_of((tmp_path / "b.png").read_bytes()).xmpData())
        assert xmp["Xmp.xmp.Rating"] == "3"
        assert "Xmp.crs.Sharpness" not in xmp
        (tmp_path / "a.png.xmp").write_text(XMP.format(rating=3))
        write_picture(photo, tmp_path / "c.png", provenance=None, warn=pytest.fail)
        assert "Xmp.crs.Sharpness" in texts(metadata_of((tmp_path / "c.png").read_bytes()).xmpData())

    def test_a_heif_is_turned_already(self, tmp_path: Path) -> None:
        pillow_heif = pytest.importorskip("pillow_heif", reason="HEIF pictures need pillow-heif")
        file = BytesIO()
        exif = b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
        pillow_heif.from_bytes("RGB", (64, 48), pixels(size=(48, 64)).tobytes()).save(file, exif=exif)
        photo = read_picture(write(tmp_path / "a.heic", file.getvalue()))
        write_picture(photo, tmp_path / "b.tif", provenance=None, format="tiff", warn=pytest.fail)
        again = read_picture(tmp_path / "b.tif")
        assert again.orientation == 1
        assert again.samples.shape == (64, 48, 3)

    def test_a_big_tiff_is_written_without_metadata(self) -> None:
        file = BytesIO()
        tifffile.imwrite(file, pixels(), bigtiff=True)
        said: list[str] = []
        done = copy_metadata(raw_photo(), file.getvalue(), kind="tiff", provenance=PROVENANCE, warn=said.append)
        assert done == file.getvalue()
        assert len(said) == 1
        assert "exiv2" in said[0]

    def test_layers_of_photoshop_stay_behind(self, tmp_path: Path) -> None:
        file = BytesIO()
        layers = b"Adobe Photoshop Document Data Block\0"
        more = [(37724, 7, len(layers), layers, True)]
        tifffile.imwrite(file, pixels(), photometric="rgb", metadata=None, extratags=more)
        photo = read_picture(write(tmp_path / "a.tif", file.getvalue()))
        write_picture(photo, tmp_path / "b.tif", provenance=None, warn=pytest.fail)
        assert layers not in (tmp_path / "b.tif").read_bytes()

    def test_orientation(self) -> None:
        assert read_origin(b"no picture")[1].orientation == 1
        assert read_origin(tagged(saved(pixels(), "PNG")))[1].orientation == 6
        assert read_origin(saved(pixels(), "PNG"))[1].orientation == 1
