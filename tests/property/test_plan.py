"""Whatever photos are named, results never collide."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rwdenoise.plan import plan_outputs

STEMS = st.sampled_from(["A", "a", "A-denoised", "A-NEF", "A-NEF-2", "Ä", ".A"])
SUFFIXES = st.sampled_from([".NEF", ".nef", ".CR2", ".dng", ".DNG", "", ".dng.dng", ".tif", ".TIF", ".jpg"])
NAMES = st.builds("{}/{}{}".format, st.sampled_from("xy"), STEMS, SUFFIXES)
PHOTOS = st.lists(NAMES.map(Path), unique=True, max_size=12)


@given(PHOTOS, st.sampled_from([None, "x", "out/"]), st.sampled_from([None, "dng", "tiff"]))
def test_targets_are_unique_and_never_a_source(photos: list[Path], output: str | None, format: str | None) -> None:
    plan = plan_outputs(photos, output, format)
    targets = [str(target.absolute()).casefold() for _, target in plan]
    assert [source for source, _ in plan] == photos
    assert len(set(targets)) == len(targets)
    assert not set(targets) & {str(photo.absolute()).casefold() for photo in photos}
