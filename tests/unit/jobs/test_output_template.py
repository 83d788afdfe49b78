"""Templates for the names of results: what they name, and that they stay in their folder."""

from pathlib import Path

import pytest
from PIL import Image

from rwdenoise.errors import SettingsError
from rwdenoise.jobs.output_template import FIELDS, is_template, read_template

SOURCE = Path("card/DCIM/IMG_1.NEF")


def target(text: str, source: Path = SOURCE, suffix: str = ".dng") -> str:
    return read_template(text).target(source, suffix).as_posix()


def test_only_an_opening_brace_makes_a_template() -> None:
    assert is_template("{stem}")
    assert not is_template("a}")
    assert not is_template(Path("a.dng"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{folder}/denoised/{stem}{suffix}", "card/DCIM/denoised/IMG_1.dng"),
        ("out/{parent}/{stem}-dn{suffix}", "out/DCIM/IMG_1-dn.dng"),
        ("/abs/{name}{suffix}", "/abs/IMG_1.NEF.dng"),
        ("{stem}_{ext}{suffix}", "IMG_1_NEF.dng"),
        ("../{ext}/{stem}{suffix}", "../NEF/IMG_1.dng"),
        ("out/{folder}/{stem}{suffix}", "out/card/DCIM/IMG_1.dng"),
        ("out/{parent}/", "out/DCIM/IMG_1.dng"),
        ("out/{{{stem}}}{suffix}", "out/{IMG_1}.dng"),
        ("o{{u/t/{stem}{suffix}", "o{u/t/IMG_1.dng"),
    ],
)
def test_fields(text, expected) -> None:
    assert target(text) == expected


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("{stem}", ".tif", "IMG_1.tif"),
        ("{stem}-v1.2", ".dng", "IMG_1-v1.2.dng"),
        ("{name}", ".dng", "IMG_1.NEF.dng"),
        ("{stem}.dng", ".dng", "IMG_1.dng"),
        ("{stem}.{ext}", ".dng", "IMG_1.NEF.dng"),
    ],
)
def test_a_name_without_the_suffix_gets_it(text, suffix, expected) -> None:
    assert target(text, suffix=suffix) == expected


def test_a_picture_keeps_its_own_suffix() -> None:
    assert target("{stem}-x.{ext}", Path("a.JPG"), ".JPG") == "a-x.JPG"
    assert target("{stem}", Path("a.jpg.NEF"), ".dng") == "a.jpg.dng"


def test_the_end_promises_a_format() -> None:
    assert read_template("{folder}/x/{stem}.jpg").format == "jpeg"
    assert read_template("{stem}{suffix}").format is None
    assert read_template("{stem}.tif/{stem}").format is None


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ("2026:11:25 23:59:59", "2026-11-25"),
        ("0000:00:00 00:00:00", "undated"),
        ("../../../x", "undated"),
        ("", "undated"),
    ],
)
def test_the_date_is_the_day_of_shooting(tmp_path, taken, expected) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken  # DateTimeOriginal, in the directory of Exif.
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    assert target("{date}/{stem}", tmp_path / "a.jpg") == f"{expected}/a.dng"


def test_the_date_of_raw_photos(data) -> None:
    assert target("{date}/{stem}", data / "raw" / "nikon-d1.NEF") == "2000-11-19/nikon-d1.dng"
    assert target("{date}/{stem}", data / "raw" / "kodak-dc50.KDC") == "undated/kodak-dc50.dng"


def test_a_photo_that_cannot_be_read_is_undated(tmp_path) -> None:
    (tmp_path / "a.NEF").write_bytes(b"II*\0 cut off")
    assert target("{date}/{stem}", tmp_path / "a.NEF") == "undated/a.dng"
    assert target("{date}/{stem}", tmp_path / "missing.NEF") == "undated/missing.dng"


def test_the_parent_of_a_photo_in_this_folder_has_a_name(tmp_path, monkeypatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert target("{parent}/{stem}", Path("IMG.NEF")) == "b/IMG.dng"
    assert target("{parent}/{stem}", Path("../IMG.NEF")) == "a/IMG.dng"


def test_the_folders_of_a_photo_can_be_repeated_elsewhere() -> None:
    assert target("out/{folder}/{stem}", Path("/card/DCIM/IMG.NEF")) == "out/card/DCIM/IMG.dng"
    with pytest.raises(SettingsError, match="a file inside out"):
        target("out/{folder}/{stem}", Path("../IMG.NEF"))


@pytest.mark.parametrize("text", ["out/{stem}/x{suffix}", "{folder}/{stem}/x", "out/a/{stem}/{stem}/b", "out/{stem}"])
def test_a_file_name_never_leads_out_of_the_folder(text) -> None:
    source = Path("card/..") if text == "out/{stem}" else Path("card") / "...NEF"
    if source.stem == "..":  # Newer Pythons see no suffix in this name, so nothing leads out.
        with pytest.raises(SettingsError, match="does not place"):
            target(text, source)


def test_an_empty_field_is_no_way_to_the_root() -> None:
    assert target("{ext}/{stem}", Path("/card/plain")) == "plain.dng"
    assert target("out/{ext}/{stem}", Path("/card/plain")) == "out/plain.dng"


@pytest.mark.parametrize("text", ["out/{stem}/../../x", "{folder}/../{stem}", "{folder}/{ext}/.."])
def test_a_template_never_leads_out_of_the_folder_either(text) -> None:
    with pytest.raises(SettingsError, match="does not place"):
        target(text)


@pytest.mark.parametrize(
    "text",
    [
        "{stam}",
        "{}",
        "{0}",
        "{stem.__class__}",
        "{stem[0]}",
        "{stem!r}",
        "{stem:>9}",
        "{stem:{name}}",
        "{ stem}",
        "{stem",
        "stem}",
        "{stem}}",
        "{stem!}",
        "{{stem}",
        "{folder}",
        "{folder}-x/{stem}",
        "{folder}{stem}",
    ],
)
def test_what_is_no_template_is_refused_with_the_fields(text) -> None:
    with pytest.raises(SettingsError) as caught:
        read_template(text)
    assert repr(text) in caught.value.message
    assert all(f"{{{field}}}" in caught.value.hint for field in FIELDS)
