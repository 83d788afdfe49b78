"""The file itself: what is in it, what it replaces, and that nothing in it is taken for more than text."""

import base64
import hashlib
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise.events import Failed
from rwdenoise.view.report.page import Overview, Page, is_report, refuse_other
from tests.made_up import comparison

HOSTILE = "\"'></noscript></title><script>alert(1)</script><img src=x onerror=alert(1)>\udcff{{ 7 * 7 }}"


class Tags(HTMLParser):
    """Collects the tags, and the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attributes}


def written(path: Path, *photos, **overview) -> str:
    with Page(path) as page:
        for photo in photos:
            page.add(photo)
        page.write(Overview(**{"title": "report", **overview}))
    return path.read_text(encoding="utf-8")


def test_the_policy_names_what_is_in_the_page(tmp_path) -> None:
    text = written(tmp_path / "report.html")
    for tag in ("script", "style"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in unescape(text)


def test_hostile_names_stay_text(tmp_path) -> None:
    photo = replace(
        comparison(HOSTILE, title=HOSTILE),
        about=HOSTILE,
        warnings=(HOSTILE,),
        facts=((HOSTILE, ((HOSTILE, HOSTILE),)),),
    )
    innocent = replace(comparison("a"), warnings=("a",), facts=(("a", (("a", "a"),)),))
    plain = Tags(written(tmp_path / "plain.html", innocent, notes=["a"]))
    failed = Failed(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    hostile = Tags(written(tmp_path / "hostile.html", photo, title=HOSTILE, notes=[HOSTILE]))
    assert hostile.seen == plain.seen
    assert hostile.attributes == plain.attributes
    assert "<script>alert" not in written(tmp_path / "failed.html", summary=[(HOSTILE, HOSTILE)], failures=[failed])


def test_every_photo_has_a_card_and_a_section(tmp_path) -> None:
    text = written(tmp_path / "report.html", comparison("a.NEF"), comparison("b.NEF"))
    assert re.findall(r'id="(photo-\d)"', text) == ["photo-1", "photo-2"]
    assert re.findall(r'href="#(photo-\d)"', text) == ["photo-1", "photo-2"]
    assert text.count("<section") == text.count("</section>")


class TestReplacing:
    def test_a_report_is_replaced(self, tmp_path) -> None:
        path = tmp_path / "report.html"
        written(path, title="old")
        refuse_other(path)
        assert "<title>new</title>" in written(path, title="new")

    def test_anything_else_is_refused(self, tmp_path) -> None:
        path = tmp_path / "thesis.html"
        path.write_text("<html>")
        with pytest.raises(OutputExistsError, match="is not a report"):
            refuse_other(path)
        with pytest.raises(OutputExistsError):
            written(path)
        assert path.read_text() == "<html>"

    def test_a_photo_named_like_a_report_is_none(self, tmp_path) -> None:
        (tmp_path / "photo").write_bytes(b"II*\0")
        assert not is_report(tmp_path / "photo")
        assert not is_report(tmp_path / "missing")
        assert not is_report(tmp_path)


def test_nothing_is_left_of_a_report_that_was_not_written(tmp_path) -> None:
    path = tmp_path / "new" / "report.html"
    with Page(path) as page:
        page.add(comparison("a.NEF"))
    assert list(path.parent.iterdir()) == []


def test_where_nothing_can_be_written(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PhotoWriteError, match=r"report\.html cannot be written"):
        Page(tmp_path / "file" / "report.html")
