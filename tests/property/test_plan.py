"""Test that results never collide and never leave their folder, for any names of photos."""

import unicodedata
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from rwdenoise.errors import SettingsError
from rwdenoise.jobs.output_template import FIELDS, read_template
from rwdenoise.jobs.plan import plan_outputs

STEMS = st.sampled_from(["A", "a", "A-denoised", "A-NEF", "A-NEF-2", "\u00c4", "A\u0308", ".A"])
SUFFIXES = st.sampled_from([".NEF", ".nef", ".CR2", ".dng", ".DNG", "", ".dng.dng", ".tif", ".TIF", ".jpg"])
NAMES = st.builds("{}/{}{}".format, st.sampled_from("xy"), STEMS, SUFFIXES)
PHOTOS = st.lists(NAMES.map(Path), unique=True, max_size=12)
OUTPUTS = st.sampled_from([None, "x", "out/", "{folder}/dn/{stem}{suffix}", "{stem}", "out/{parent}", "x/{name}"])

# Any file name.
FILE_NAMES = st.one_of(
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12),
    st.text("./\\~.:N ", min_size=1, max_size=8).map(lambda name: name.replace("/", "")),
).filter(lambda name: name not in {"", ".", ".."})
# Except {date}, which reads the file.
PIECES = st.sampled_from([*(f"{{{field}}}" for field in FIELDS if field != "date"), "/", "a", "..", ".", "/../", "-"])
TEMPLATES = st.builds(
    "{}{}".format, st.sampled_from(["out/", "/out/", "{folder}/", "", "../out/"]), st.lists(PIECES).map("".join)
)


def key(path: Path) -> str:
    """Return a key that is equal for names that some system treats as the same file."""
    return unicodedata.normalize("NFC", str(path.absolute()).casefold())


@given(PHOTOS, OUTPUTS, st.sampled_from([None, "dng", "tiff"]))
def test_targets_are_unique_and_never_a_source(photos: list[Path], output: str | None, format: str | None) -> None:
    plan = plan_outputs(photos, output, format)
    targets = [key(target) for _, target in plan]
    assert [source for source, _ in plan] == photos
    assert len(set(targets)) == len(targets)
    assert not set(targets) & {key(photo) for photo in photos}


@given(st.sampled_from(["card", "/card/x", "", "..", "."]), FILE_NAMES, TEMPLATES)
@example("card", "...NEF", "out/{stem}/{name}")
@example("/card", "plain", "{ext}/{stem}")
@example("..", "a.NEF", "out/{folder}/x")
def test_no_result_leaves_the_folder_whatever_a_file_is_called(folder: str, name: str, text: str) -> None:
    source = Path(folder) / name
    try:
        template = read_template(text)
        ((_, target),) = plan_outputs([source], text) if "{" in text else [(source, template.target(source, ".dng"))]
    except SettingsError:
        return
    base = source.parent if template.base is None else template.base
    assert text.startswith("{folder}/") == (template.base is None)
    assert target.is_relative_to(base)
    assert target != base
    assert ".." not in target.relative_to(base).parts


@given(st.text("{}abstem!:[]./0", max_size=12))
def test_any_text_is_a_template_or_refused_as_such(text: str) -> None:
    try:
        template = read_template(text)
    except SettingsError:
        return
    assert all(field in (None, *FIELDS) for _, field in template.pieces)


@given(FILE_NAMES)
def test_an_ordinary_template_suits_every_name(name: str) -> None:
    source = Path("card") / name
    ((_, target),) = plan_outputs([source], "{folder}/dn/{stem}{suffix}")
    assert target.parent == Path("card/dn")
