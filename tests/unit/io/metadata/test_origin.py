"""What is kept of a photo's file: all metadata, in values that any process can take over."""

import hashlib
from dataclasses import replace
from pathlib import Path

import exiv2
import pytest

from rwdenoise.io.metadata.copy import copy_metadata
from rwdenoise.io.metadata.origin import open_image, read_origin, to_value
from rwdenoise.photo.origin import Entry, Metadata, Origin
from tests.photos import raw_photo
from tests.pictures import pixels, saved

TAGS = {
    "Exif.Image.Make": exiv2.AsciiValue("Größe"),
    "Exif.Photo.ISOSpeedRatings": exiv2.UShortValue([400]),
    "Exif.Photo.FNumber": exiv2.URationalValue([(28, 10)]),
    "Exif.Photo.ExposureBiasValue": exiv2.RationalValue([(-1, 3)]),
    "Exif.Photo.UserComment": exiv2.CommentValue("charset=Unicode Grüß Gott"),
    "Exif.Photo.ExifVersion": exiv2.DataValue(b"0232"),
}
IPTC = {
    "Iptc.Application2.DateCreated": exiv2.DateValue(2004, 6, 9),
    "Iptc.Application2.TimeCreated": exiv2.TimeValue(1, 2, 3, -5, 30),
    "Iptc.Application2.Headline": exiv2.StringValue("News"),
}


@pytest.fixture
def tagged() -> bytes:
    """Return a JPEG with values of many types."""
    image = open_image(saved(pixels(), "JPEG"))
    exif, iptc = image.exifData(), image.iptcData()
    for key, value in TAGS.items():
        exif[key] = value
    for key, value in IPTC.items():
        iptc.add(exiv2.IptcKey(key), value)
    image.setExifData(exif)
    image.setIptcData(iptc)
    image.writeMetadata()
    return bytes(image.data())


def test_values_of_every_type_are_kept(tagged: bytes) -> None:
    image, kept = open_image(tagged), read_origin(tagged)[0].metadata
    exif, iptc = exiv2.ExifData(), exiv2.IptcData()
    for entry in kept.exif:
        exif[entry.key] = to_value(entry)
    for entry in kept.iptc:
        iptc.add(exiv2.IptcKey(entry.key), to_value(entry))
    image.setExifData(exif)
    image.setIptcData(iptc)
    image.writeMetadata()
    again = open_image(bytes(image.data()))
    assert {key: str(again.exifData()[key].value()) for key in TAGS} == {key: str(value) for key, value in TAGS.items()}
    assert {key: str(again.iptcData()[key].value()) for key in IPTC} == {key: str(value) for key, value in IPTC.items()}


def test_the_digest_is_that_of_the_file(tagged: bytes) -> None:
    assert read_origin(tagged)[0].digest == hashlib.sha256(tagged).hexdigest()


def test_what_cannot_be_read_is_said() -> None:
    kept = read_origin(b"no photo")[0].metadata
    assert not kept.exif
    assert kept.problem


def test_who_took_the_photo(data: Path) -> None:
    folder = data / "raw" / "metadata"
    assert read_origin((folder / "et-FujiFilm.raf").read_bytes())[1][:3] == ("FUJIFILM", "FinePix S5Pro", 100)
    assert read_origin((data / "raw" / "canon-g2-0304.CRW").read_bytes())[1].iso == 50
    assert read_origin(b"no photo")[1] == ("", "", None, 1)


def test_pictures_inside_a_raw_file_are_not_kept(data: Path) -> None:
    kept = read_origin((data / "raw" / "metadata" / "et-Nikon.nef").read_bytes())[0].metadata
    assert not [entry.key for entry in kept.exif if entry.key.startswith(("Exif.SubImage", "Exif.Thumbnail"))]
    assert "Exif.Photo.MakerNote" in {entry.key for entry in kept.exif}


@pytest.mark.parametrize(
    "kept",
    [
        Metadata(xmp="<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"),
        Metadata((Entry("Exif.Image.Make", 2**20, b""),)),
        Metadata((Entry("no key", 2, b"x"),)),
        Metadata((Entry("Exif.Photo.FNumber", 5, b"\0" * 7),)),
    ],
)
def test_what_cannot_be_rebuilt_is_a_warning(kept: Metadata) -> None:
    said: list[str] = []
    photo = replace(raw_photo(), origin=Origin("0" * 64, kept))
    assert copy_metadata(photo, saved(pixels(), "JPEG"), kind="jpeg", provenance=None, warn=said.append)
    assert len(said) == 1
