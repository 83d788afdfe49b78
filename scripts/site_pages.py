"""Add pages outside docs/ to the MkDocs site, as a MkDocs hook.

The repository has each page only once and shows it with links to files; the site shows the same page with links to
pages.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
#: Path of each page on the site, by its path in the repository.
SHOWN = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
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
    """Replace links between files of the repository by links between pages."""
    return relinked(markdown, page.file.src_uri)


def relinked(markdown: str, page: str) -> str:
    """Return a page's text with its links changed for the site.

    >>> relinked("[how](docs/how-it-works.md#time)", "index.md")
    '[how](how-it-works.md#time)'
    """
    home = PurePosixPath(_HOMES.get(page, f"docs/{page}"))

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(home.parent / link[2])
        there = SHOWN.get(target, target.removeprefix("docs/"))
        return f"{link[1]}{os.path.relpath(there, PurePosixPath(page).parent)}{link[3] or ''}{link[4]}"

    return _LINK.sub(moved, markdown)
