"""Inject faults from the command line: ``python -m tests.faults [--runs N] [NAME...]``."""

import argparse
import os
import sys

# The same as for the calls; set before PyTorch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import click

from tests.faults.row import COUNTS, Row, Skip
from tests.faults.studio import Studio
from tests.faults.table import FAULTS, Fault


def main() -> None:
    """Inject all faults, or the named ones, and print what happened to the photos."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, help="how often each strikes, or with how many photos")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(fault.name for fault in FAULTS))
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - {fault.name for fault in FAULTS}:
        parser.error(f"there is no fault {', '.join(sorted(unknown))}")
    click.echo(_line("fault", [name.replace("_", " ") for name in COUNTS]))
    with Studio() as studio:
        rows = [
            _strike(fault, studio, chosen.runs) for fault in FAULTS if fault.name in chosen.names or not chosen.names
        ]
    click.echo(_line("sum", _counts(sum(rows, Row()))))
    sys.exit(not all(row.is_clean for row in rows))


def _strike(fault: Fault, studio: Studio, runs: int | None) -> Row:
    try:
        row = fault.strike(studio, runs or fault.long)
    except Skip as reason:
        click.echo(f"{fault.name:24} skipped: {reason}")
        return Row()
    click.echo(_line(fault.name, _counts(row), row.note))
    for problem in row.problems:
        click.echo(f"    {problem}")
    return row


def _counts(row: Row) -> list[int]:
    return [getattr(row, name) for name in COUNTS]


def _line(name: str, cells: list[str] | list[int], note: str = "") -> str:
    return f"{name:24}{''.join(f'{cell:>12}' for cell in cells)}  {note}".rstrip()


if __name__ == "__main__":
    main()
