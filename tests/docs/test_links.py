"""Links lead somewhere: to files and to headings that are there."""

import re
from pathlib import Path

import pytest

from scripts.docs_pictures import ELSEWHERE, MADE
from tests.docs.pages import PAGES, ROOT, anchors, links, name_of

PICTURES = ROOT / "docs" / "pictures"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_what_is_there(page: Path) -> None:
    for link in links(page):
        if re.match(r"https://[\w.-]+/", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{link} leads nowhere"
        assert file.is_relative_to(ROOT), f"{link} leads out of the project"
        if anchor:
            assert anchor in anchors(file), f"{link}: there is no such heading"


def test_every_picture_is_shown_and_comes_from_a_script() -> None:
    shown = {Path(link).name for page in PAGES for link in links(page) if "pictures/" in link}
    there = {path.name for path in PICTURES.iterdir()}
    assert there == shown == {*MADE, *ELSEWHERE}
    for made_by in ELSEWHERE.values():
        module = made_by.removeprefix("python -m ").replace(".", "/")
        assert (ROOT / f"{module}.py").exists() or (ROOT / module / "__main__.py").exists(), made_by
