"""The pages of the project, their headings, links and blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*(ROOT / "docs").glob("*.md"), *(ROOT / "weights").glob("*.md"), ROOT / "plugins/gimp/README.md"]
    + [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
)
#: Says in a page that the block below is not run, and why.
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block of code."""

    page: Path
    line: int
    language: str
    code: str
    not_run: str
    """Why it is not run; empty where it is."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        above = text[: fence.start()].rstrip("\n").rpartition("\n")[2]
        reason = NOT_RUN.fullmatch(above)
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(page, line, fence[1], fence[2], reason[1] if reason else "")


def links(page: Path) -> list[str]:
    """Return what the links and pictures of a page lead to."""
    return _LINK.findall(_without_code(page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", lambda code: "`" if "](" in code[0] else code[0], _FENCE.sub("", text))
