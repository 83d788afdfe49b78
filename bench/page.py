"""One page of the tables that the parts of a bench wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def join_tables(page: Path, title: str, sections: Mapping[str, str]) -> Path:
    """Put the tables that lie beside a page on it; return the page.

    Parameters
    ----------
    page : Path
        The file to write.
    title : str
        What stands above all.
    sections : mapping from the name of a table's file, without suffix, to the words above it
    """
    parts = [title]
    for name, words in sections.items():
        table = page.with_name(f"{name}.md")
        if table.exists():
            parts += [words] if words else []
            parts.append(table.read_text(encoding="utf-8"))
    page.write_text("\n".join(f"{part.rstrip()}\n" for part in parts), encoding="utf-8")
    return page
