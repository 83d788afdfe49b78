"""Fixtures: reports to open in a real browser."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from rwdenoise.events import Failed
from rwdenoise.view.report.page import Overview, Page
from tests.made_up import comparison

FAILED = Failed("card/broken.NEF", "corrupt-photo", "broken.NEF is cut off.", "Copy the photo again.")


@pytest.fixture(scope="session")
def batch(tmp_path_factory) -> Path:
    """Return the report of three photos and a failure."""
    path = tmp_path_factory.mktemp("batch") / "report.html"
    with Page(path) as page:
        for name, iso, marks in (("b.NEF", 6400, 2), ("a10.NEF", 100, 0), ("a9.NEF", 25600, 1)):
            page.add(comparison(name, iso=iso, marks=marks))
        page.write(Overview("Denoising report", [("3", "written"), ("1", "failed")], [FAILED], ["c.NEF is missing."]))
    return path


@pytest.fixture(scope="session")
def single(tmp_path_factory) -> Path:
    """Return the report of one photo."""
    path = tmp_path_factory.mktemp("single") / "report.html"
    with Page(path) as page:
        page.add(comparison("one.NEF", marks=1))
        page.write(Overview("Before and after"))
    return path


@pytest.fixture
def opened(chromium) -> Callable[..., AbstractContextManager]:
    """Return a function that opens a report; errors on the page and network requests fail the test."""

    @contextmanager
    def open_report(path: Path, *, anchor: str = "", **context) -> Iterator:
        with chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}) as session:
            page = session.new_page()
            complaints, requests = [], []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda request: requests.append(request.url))
            page.goto(path.as_uri() + anchor)
            yield page
            assert complaints == []
            assert {url.partition("#")[0] for url in requests if not url.startswith("data:")} == {path.as_uri()}

    return open_report
