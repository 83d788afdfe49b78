"""A hook of MkDocs: the site also shows pages of the repository that do not lie in docs/.

So each page is there once and can be read in the repository as well: its links lead to files, and here to pages.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
#: Where each page of the repository stands on the site.
SHOWN = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
    "weights/cfa-best.md": "weights/cfa-best.md",
    "weights/cfa-fast.md": "weights/cfa-fast.md",
    "weights/rgb.md": "weights/rgb.md",
    "weights/rgb-look.md": "weights/rgb-look.md",
    "weights/data.md": "weights/data.md",
}
_HOMES = {page: home for home, page in SHOWN.items()}
_LINK = re.compile(r"(\]\()([^)#:\s]+)(#[^)\s]*)?(\))")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages to those of docs/."""
    for home, page in SHOWN.items():
        files.append(File.generated(config, page, content=(ROOT / home).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make links between files of the repository links between pages."""
    return relinked(markdown, page.file.src_uri)


def relinked(markdown: str, page: str) -> str:
    """Return a page's text with its links as they are on the site.

    >>> relinked("[how](docs/how-it-works.md#time)", "index.md")
    '[how](how-it-works.md#time)'
    """
    home = PurePosixPath(_HOMES.get(page, f"docs/{page}"))

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(home.parent / link[2])
        there = SHOWN.get(target, target.removeprefix("docs/"))
        return f"{link[1]}{os.path.relpath(there, PurePosixPath(page).parent)}{link[3] or ''}{link[4]}"

    return _LINK.sub(moved, markdown)
