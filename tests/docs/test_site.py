"""The site builds without a warning, and asks for nothing from elsewhere."""

import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site."""
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed; it comes with the extra 'docs'")
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Serve the site on this machine; return where."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_browser_fetches_nothing_from_elsewhere_and_finds(address: str, chromium) -> None:
    fetched: list[str] = []
    wrong: list[str] = []
    with chromium.new_context(viewport={"width": 1400, "height": 900}) as session:
        page = session.new_page()
        page.on("request", lambda request: fetched.append(request.url))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(f"{address}index.html")
        # Typed key by key: the search listens to keys, and `fill` presses none.
        page.locator("input[name=query]").press_sequentially("corrupt-photo")
        page.locator(".md-search-result__link").first.wait_for()
        assert "errors.html" in str(page.locator(".md-search-result__link").first.get_attribute("href"))
    assert [url for url in fetched if not url.startswith((address, "data:", "blob:"))] == []
    assert wrong == []


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)", html)
        fetched += re.findall(r"<link\b[^>]*rel=[\"']?(?:stylesheet|icon|preload)[^>]*href=[\"']?([^\"'\s>]+)", html)
        assert [address for address in fetched if re.match(r"(https?:)?//", address)] == [], page.name


def test_the_first_page_is_the_readme(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    assert "Four ways to use it" in html
    assert 'href="how-it-works.html"' in html
    assert 'href="../' not in html
