"""Write rows as tables: Markdown for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.quality.rows import Row


def write_tables(rows: Sequence[Row], folder: Path, *, name: str, formats: Mapping[str, str]) -> str:
    """Write rows as ``name.json``, ``name.csv`` and ``name.md``; return the Markdown.

    Parameters
    ----------
    rows : sequence of dict
    folder : Path
    name : str
        File name without suffix.
    formats : mapping of str to str
        Columns of the Markdown table in order, each with its number format.
    """
    (folder / f"{name}.json").write_text(json.dumps(list(rows), indent=1) + "\n", encoding="utf-8")
    fields = list(dict.fromkeys(field for row in rows for field in row))
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)
    table = to_markdown(rows, formats)
    (folder / f"{name}.md").write_text(table, encoding="utf-8")
    return table


def to_markdown(rows: Sequence[Row], formats: Mapping[str, str]) -> str:
    """Return rows as a Markdown table; the row of an absent method gives the reason."""
    lines = [f"| {' | '.join(name.replace('_', ' ') for name in formats)} |", f"|{'---|' * len(formats)}"]
    for row in rows:
        cells = [_cell(row.get(name), spec) for name, spec in formats.items()]
        if "absent" in row:
            cells[-1] = f"absent: {row['absent']}"
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: object, spec: str) -> str:
    if value is None:
        return ""
    return format(value, spec) if isinstance(value, float) else str(value)
