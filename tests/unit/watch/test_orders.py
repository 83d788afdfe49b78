"""Where results and sources go, and which places are refused."""

from pathlib import Path

import pytest

from rwdenoise.errors import SettingsError
from rwdenoise.jobs.treatment import Treatment
from rwdenoise.watch.orders import Orders
from tests.fakes import FakeDenoiser


def orders(inbox: Path, into: str | Path, *, format: str | None = None, done_to: Path | None = None) -> Orders:
    treatment = Treatment(format=format)
    return Orders(inbox, str(into), treatment, lambda _: FakeDenoiser(), done_to=done_to)


@pytest.mark.parametrize(
    ("into", "source", "expected"),
    [
        ("out", "a.NEF", "out/a.dng"),
        ("out", "sub/deeper/a.NEF", "out/sub/deeper/a.dng"),
        ("out", "sub/a.dng", "out/sub/a.dng"),
        ("out", "card.dng/a.NEF", "out/card.dng/a.dng"),
        ("out", "{odd/a.NEF", "out/{odd/a.dng"),
        ("out", "odd}/{x}/a.NEF", "out/odd}/{x}/a.dng"),
        ("out/{parent}/{stem}-{ext}{suffix}", "sub/a.NEF", "out/sub/a-NEF.dng"),
    ],
)
def test_targets(tmp_path: Path, into: str, source: str, expected: str) -> None:
    found = orders(tmp_path / "in", tmp_path / into).target_of(tmp_path / "in" / source)
    assert found == tmp_path / expected


def test_the_place_of_what_is_done(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    assert orders(inbox, "out").done_place(inbox / "sub" / "a.NEF") is None
    place = orders(inbox, "out", done_to=tmp_path / "done").done_place(inbox / "sub" / "a.NEF")
    assert place == tmp_path / "done" / "sub" / "a.NEF"


@pytest.mark.parametrize(
    ("into", "done_to", "left_out"),
    [("out", None, set()), ("in/out", None, {"out"}), ("out", "in/done", {"done"}), ("in/a/b", "in/a", {"a", "a/b"})],
)
def test_folders_in_the_inbox_are_left_out(tmp_path: Path, into: str, done_to: str | None, left_out: set[str]) -> None:
    (tmp_path / "in").mkdir()
    # A link to the inbox is the inbox.
    inbox = tmp_path / "link"
    inbox.symlink_to(tmp_path / "in")
    found = orders(inbox, tmp_path / into, done_to=done_to and tmp_path / done_to).left_out()
    assert found == {inbox / name for name in left_out}


@pytest.mark.parametrize(
    ("into", "done_to"),
    [
        ("in", None), (".", None), ("{folder}/x/{stem}{suffix}", None), ("{parent}-{stem}{suffix}", None),
        ("out", "in"), ("out", "."), ("same", "same"),
    ],
)  # fmt: skip
def test_circles_are_refused(tmp_path: Path, into: str, done_to: str | None) -> None:
    place = into if into.startswith("{folder}") else tmp_path / into
    with pytest.raises(SettingsError):
        orders(tmp_path / "in", place, done_to=done_to and tmp_path / done_to).check()


def test_a_template_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="format"):
        orders(tmp_path / "in", tmp_path / "out" / "{stem}.dng", format="tiff").check()
