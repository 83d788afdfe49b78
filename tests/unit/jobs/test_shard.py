"""Shares of a batch: disjoint, complete, the same on every machine, and even."""

import unicodedata
from pathlib import Path

import pytest

from rwdenoise.errors import SettingsError
from rwdenoise.jobs.shard import shard


def photos(folder: str, count: int = 1000) -> list[Path]:
    return [Path(folder) / f"day-{number % 7}" / f"IMG_{number:04}.NEF" for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 5, 13])
def test_each_photo_is_in_one_share(count) -> None:
    shares = [shard(photos("card"), f"{number + 1}/{count}", named=["card"]) for number in range(count)]
    assert sorted(path for share in shares for path in share) == sorted(photos("card"))


def test_shares_are_even() -> None:
    sizes = [len(shard(photos("card", 10_000), f"{number}/5", named=["card"])) for number in range(1, 6)]
    # Four standard deviations of a binomial distribution.
    assert all(abs(size - 2000) < 160 for size in sizes)


def test_the_order_stays() -> None:
    share = shard(photos("card"), "2/3")
    assert share == sorted(share, key=photos("card").index)


def test_where_the_folder_is_mounted_does_not_matter() -> None:
    here = shard(photos("/mnt/nas/card"), "2/5", named=["/mnt/nas/card"])
    there = shard(photos("//nas/photos"), "2/5", named=["other", "//nas/photos"])
    assert [path.relative_to("/mnt/nas/card") for path in here] == [path.relative_to("//nas/photos") for path in there]


def test_other_photos_do_not_matter() -> None:
    fewer = photos("card")[100:]
    assert shard(fewer, "2/5", named=["card"]) == [
        path for path in shard(photos("card"), "2/5", named=["card"]) if path in fewer
    ]


def test_how_a_name_is_composed_does_not_matter() -> None:
    names = [f"caf\u00e9 {number}.NEF" for number in range(50)]
    chosen = shard([Path(name) for name in names], "1/2")
    decomposed = shard([Path(unicodedata.normalize("NFD", name)) for name in names], "1/2")
    assert 0 < len(chosen) < 50
    assert [unicodedata.normalize("NFC", path.name) for path in decomposed] == [path.name for path in chosen]


def test_folders_of_the_same_names_are_divided_by_their_path() -> None:
    scans = [Path(f"scans/{number}/page.tif") for number in range(100)]
    assert 20 < len(shard(scans, "1/2", named=["scans"])) < 80


def test_a_named_photo_counts_by_its_name() -> None:
    assert shard([Path("/a/IMG.NEF")], "1/2", named=["/a/IMG.NEF"]) == [
        Path("/a") / path for path in shard([Path("IMG.NEF")], "1/2")
    ]


def test_names_that_are_no_text() -> None:
    odd = [Path("\udcff\ud800.NEF")]
    assert shard(odd, "1/2") + shard(odd, "2/2") == odd


@pytest.mark.parametrize("part", ["", "2", "0/5", "6/5", "-1/5", "1/0", "1/5/2", "a/b", " 1/5", "1/5\n", "1/٥", "1.0/2", "1/" + "9" * 5000])  # fmt: skip  # noqa: E501, RUF001
def test_what_is_no_share_is_refused(part) -> None:
    with pytest.raises(SettingsError, match="expected NUMBER/COUNT"):
        shard([], part)
