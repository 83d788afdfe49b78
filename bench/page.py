"""Join the tables that the parts of a bench wrote into one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def join_tables(page: Path, title: str, sections: Mapping[str, str]) -> Path:
    """Write a page from the tables in its folder; return its path.

    Parameters
    ----------
    page : Path
        File to write.
    title : str
        Markdown at the top of the page.
    sections : mapping of str to str
        Markdown to put above each table, by the file name of the table without suffix, in the order of the page.
    """
    parts = [title]
    for name, words in sections.items():
        table = page.with_name(f"{name}.md")
        if table.exists():
            parts += [words] if words else []
            parts.append(table.read_text(encoding="utf-8"))
    page.write_text("\n".join(f"{part.rstrip()}\n" for part in parts), encoding="utf-8")
    return page
