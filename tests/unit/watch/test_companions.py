"""Which files belong to a photo, and which are photos of their own."""

from pathlib import Path

import pytest

from rwdenoise.watch.companions import group_photos, name_beside


def grouped(*names: str) -> dict[str, list[str]]:
    groups = group_photos(Path(name) for name in names)
    return {photo.as_posix(): [path.as_posix() for path in paths] for photo, paths in groups.items()}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.NEF", "a.JPG", "a.xmp"], {"a.NEF": ["a.JPG", "a.xmp"]}),
        (["a.NEF", "a.NEF.xmp", "a.HIF"], {"a.NEF": ["a.HIF", "a.NEF.xmp"]}),
        (["a.JPG", "a.xmp"], {"a.JPG": ["a.xmp"]}),
        (["a.JPG", "a.png"], {"a.JPG": [], "a.png": []}),
        # What no camera writes beside its RAW file somebody wants denoised.
        (["a.NEF", "a.tif"], {"a.NEF": [], "a.tif": []}),
        (["one/a.NEF", "other/a.JPG"], {"one/a.NEF": [], "other/a.JPG": []}),
        (["a.xmp"], {}),
        (["a.CR2", "a.CR3", "a.jpg"], {"a.CR2": ["a.jpg"], "a.CR3": ["a.jpg"]}),
        (["a.NEF", "a.1.NEF", "a.1.xmp"], {"a.NEF": [], "a.1.NEF": ["a.1.xmp"]}),
    ],
)
def test_groups(names: list[str], expected: dict[str, list[str]]) -> None:
    assert grouped(*names) == expected


@pytest.mark.parametrize(
    ("companion", "expected"),
    [("a.xmp", "out/b.xmp"), ("a.NEF.xmp", "out/b.dng.xmp"), ("a.JPG", "out/b.JPG")],
)
def test_names_beside_the_result(companion: str, expected: str) -> None:
    assert name_beside(Path("in", companion), Path("in/a.NEF"), Path("out/b.dng")) == Path(expected)
