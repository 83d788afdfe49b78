from pathlib import Path

import pytest

from rwdenoise.io.metadata.camera import Shooting, read_shooting
from tests.unit.io.test_fuzz_findings import OVERFLOWING


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "metadata/et-Nikon.nef",
            ("Nikon AF-S DX Zoom-Nikkor 18-70mm f/3.5-4.5G IF-ED", 18.0, 3.5, 0.05, "2004-06-09 16:02:35"),
        ),
        ("metadata/zve10.arw", ("E PZ 16-50mm F3.5-5.6 OSS", 29.0, 18.0, 0.00625, "2021-07-24 14:23:06")),
        # Its own tags count focal lengths in other units, and it calls its lens "n/a".
        ("canon-s40-0119.CRW", (None, None, 2.921836, 0.015625, "2021-03-26 21:18:06")),
        ("kodak-c330.raw", (None, None, None, None, None)),
    ],
)
def test_what_cameras_say(data, name: str, expected: tuple) -> None:
    assert read_shooting(data / "raw" / name) == expected


def test_two_lenses_of_one_number_are_both_told(data) -> None:
    lens = read_shooting(data / "raw" / "metadata" / "exiv2__test_data_Canon-R6-pruned.CR3").lens
    assert lens is not None
    assert " or " in lens
    assert "*" not in lens


@pytest.mark.parametrize("content", [b"", b"no photo", OVERFLOWING])
def test_what_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    assert read_shooting(path) == Shooting()
    assert read_shooting(tmp_path / "absent.NEF") == Shooting()
