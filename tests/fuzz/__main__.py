"""Fuzz all readers from the command line: ``python -m tests.fuzz --runs 20000 --seed 1``."""

import argparse
import os
import sys
import time
from pathlib import Path

import click

from tests.fuzz.runner import Row, inputs, run
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
COLUMNS = ("refused", "accepted", "mistake", "child crash", "hang", "main crash")
#: Outcomes that are failures; a decoder that crashes in its own process costs only one photo.
BAD = ("mistake", "main crash")


def main() -> None:
    """Fuzz all targets, or one, and print the outcomes of their inputs."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="inputs in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[target.name for target in TARGETS])
    parser.add_argument("--keep", metavar="FILE", type=Path, help="write input number RUNS of --only to FILE instead")
    chosen = parser.parse_args()
    data = data_folder()
    targets = [target for target in TARGETS if chosen.only in (None, target.name)]
    if chosen.keep:
        (target,) = targets
        for _, name, content in inputs(
            target.samples(data), target.name, seed=chosen.seed, first=chosen.runs, runs=chosen.runs + 1
        ):
            chosen.keep.with_suffix(Path(name).suffix).write_bytes(content)
        return
    begun = time.monotonic()
    rows = []
    for target in targets:
        rows.append(run(target, seed=chosen.seed, runs=share_of(target.share, chosen), data=data))
        click.echo(line(rows[-1]))
    total = sum(sum(row.counts.values()) for row in rows)
    click.echo(f"{total} inputs in {time.monotonic() - begun:.0f} s")
    sys.exit(any(row.counts[kind] for row in rows for kind in BAD))


def share_of(percent: int, chosen: argparse.Namespace) -> int:
    """Return the number of inputs for a target."""
    return chosen.runs if chosen.only else max(1, chosen.runs * percent // 100)


def data_folder() -> Path | None:
    """Return the folder of real photos, or None if it is missing."""
    folder = Path(os.environ.get("RWDENOISE_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def line(row: Row) -> str:
    """Return a line of the table, followed by the failures."""
    numbers = "  ".join(f"{kind} {row.counts[kind]}" for kind in COLUMNS)
    findings = [f"\n    input {number}, {reason}" for reason, number in row.findings.items()]
    return f"{row.target:30} inputs {sum(row.counts.values()):6}  {numbers}{''.join(findings)}"


if __name__ == "__main__":
    main()
