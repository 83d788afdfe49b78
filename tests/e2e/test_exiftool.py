"""exiftool finds the same maker notes in the output as in the source."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from rwdenoise.io.metadata.copy import copy_metadata
from rwdenoise.io.raw.dng import encode_dng
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.read import read_picture
from rwdenoise.io.write import write_picture
from tests.photos import PREVIEW, PROVENANCE, raw_photo
from tests.pictures import changed, developed
from tests.unit.io.metadata.test_copy import picture_file

ENCODED = {
    "dng": encode_dng(raw_photo(), preview=PREVIEW, provenance=PROVENANCE),
    "jpeg": developed(np.zeros((20, 30, 3), np.uint16), "jpeg"),
}


def exiftool(path: Path, family: str) -> set[str]:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    said = subprocess.run(["exiftool", "-j", "-a", "-G0", str(path)], capture_output=True, check=False).stdout
    return {name.split(":")[1] for name in json.loads(said)[0] if name.startswith(f"{family}:")}


# Tags that exiv2 cannot carry, counted with exiftool 12.57.
@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("et-CanonRaw.cr2", 0),
        ("et-FujiFilm.raf", 0),
        ("et-PhaseOne.iiq", 0),
        ("metadata-extractor-images__nef_Issue_247-2.nef", 0),
        ("et-Nikon.nef", 6),
        ("exiv2__test_data_Canon-R6-pruned.CR3", 4),
    ],
)
@pytest.mark.parametrize("kind", ["dng", "jpeg"])
def test_maker_notes_go_along(data: Path, tmp_path: Path, name: str, lost: int, kind: str) -> None:
    source, target = data / "raw" / "metadata" / name, tmp_path / f"copy.{kind}"
    target.write_bytes(
        copy_metadata(raw_photo(source=source), ENCODED[kind], kind=kind, provenance=PROVENANCE, warn=pytest.fail)
    )
    before = exiftool(source, "MakerNotes")
    assert before
    assert len(before - exiftool(target, "MakerNotes")) <= lost


@pytest.mark.parametrize("name", ["canon-g2-0304.CRW", "kodak-dc120.KDC", "nikon-d1.NEF"])
def test_maker_notes_that_exiv2_does_not_know_go_along_in_a_dng(data: Path, tmp_path: Path, name: str) -> None:
    source, target = data / "raw" / name, tmp_path / "copy.dng"
    encoded = encode_dng(read_raw(source), preview=PREVIEW, provenance=PROVENANCE)
    target.write_bytes(
        copy_metadata(raw_photo(source=source), encoded, kind="dng", provenance=PROVENANCE, warn=pytest.fail)
    )
    pictures = {"RawData", "JpgFromRaw", "ThumbnailImage"}
    assert exiftool(source, "MakerNotes") - exiftool(target, "MakerNotes") <= pictures
    assert not exiftool(target, "ExifTool") & {"Warning", "Error"}
    np.testing.assert_array_equal(read_raw(target).mosaic, read_raw(source).mosaic)


@pytest.mark.parametrize("kind", ["jpg", "tif", "png", "webp"])
def test_a_denoised_picture_keeps_every_tag(tmp_path: Path, kind: str) -> None:
    source, target = picture_file(tmp_path, kind), tmp_path / f"copy.{kind}"
    write_picture(changed(read_picture(source)), target, provenance=PROVENANCE, warn=pytest.fail)
    for family in ("EXIF", "XMP", "IPTC", "ICC_Profile", "JFIF"):
        assert exiftool(source, family) - exiftool(target, family) <= {"Orientation"}, family
    assert not exiftool(target, "ExifTool") & {"Warning", "Error"}
