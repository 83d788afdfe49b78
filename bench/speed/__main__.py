"""Measure hardware limits, our speed, and other denoisers on the same photo: ``python -m bench.speed``.

All results go to one folder: tables as Markdown, CSV and JSON, plots as PNG, and one page with all tables. Run nothing
else at the same time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.quality.rows import Row
from bench.quality.tables import write_tables
from bench.speed.aims import check_aims
from bench.speed.ceilings import measure_ceilings, torch_devices
from bench.speed.linear import measure_line
from bench.speed.page import SECTIONS, table_name, write_page
from bench.speed.peers import measure_peers
from bench.speed.photos import Photos
from bench.speed.plots import plot_line, plot_peers
from bench.speed.rates import measure_rates
from bench.speed.sizes import FULL, QUICK, WITH_GPU, Sizes
from bench.speed.whole import measure_job, measure_memory, measure_startup

AIMS = {"aim": "", "measured": ".3g", "limit": "", "reached": ""}
CEILINGS = {"device": "", "machine": "", "what": "", "precision": "", "rate": ".1f", "unit": ""}
RATES = {
    "weights": "", "backend": "", "megapixels": "g", "steps": "", "seconds": ".2f", "rate": ".2f", "passes": ".2f",
    "gflops": ".0f", "share": ".0%", "of_one_step": ".2f",
}  # fmt: skip
LINEAR = {"weights": "", "backend": "", "megapixels": "g", "seconds": ".2f", "line": ".2f", "deviation": "+.1%"}
MEMORY = {"weights": "", "megapixels": "g", "steps": "", "gigabytes": ".2f"}
JOB = {
    "weights": "", "backend": "", "megapixels": "g", "steps": "", "command": ".2f", "network": ".2f", "ratio": ".3f",
}  # fmt: skip
STARTUP = {"what": "", "seconds": ".2f"}
PEERS = {"program": "", "method": "", "given": "", "psnr": ".2f", "seconds": ".1f", "added": ".1f"}


def choose_sizes(*, quick: bool) -> Sizes:
    """Return the sizes to measure on this machine."""
    if quick:
        return QUICK
    return FULL if torch_devices() == ["cpu"] else WITH_GPU


class Bench:
    """State that all parts share: photos, hardware limits, folder for tables."""

    def __init__(self, arguments: argparse.Namespace, photos: Photos) -> None:
        self.folder: Path = arguments.into or Path("bench/out/quick" if arguments.quick else "bench/out")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.weights: Sequence[str] = arguments.weights
        self.sizes = choose_sizes(quick=arguments.quick)
        self.photos = photos

    @cached_property
    def ceiling_rows(self) -> list[Row]:
        """Hardware limits, measured once."""
        return measure_ceilings(torch_devices(), self.sizes)

    def ceilings(self) -> None:
        """Measure the limits of the machine."""
        self.write(self.ceiling_rows, "ceilings", CEILINGS)

    def rates(self) -> None:
        """Time a photo in memory on each backend."""
        self.write(measure_rates(self.photos, self.weights, self.ceiling_rows, self.sizes), "rates", RATES)

    def linear(self) -> None:
        """Time photos of different sizes."""
        rows = measure_line(self.photos, self.weights[0], self.sizes)
        self.write(rows, "linear", LINEAR)
        plot_line(rows, self.folder / f"{table_name('linear')}.png")

    def memory(self) -> None:
        """Measure the peak memory of the whole command."""
        self.write(measure_memory(self.photos, self.weights, self.sizes), "memory", MEMORY)

    def job(self) -> None:
        """Time the whole command against the network alone."""
        self.write(measure_job(self.photos, self.weights, self.sizes), "job", JOB)

    def startup(self) -> None:
        """Time the start of the command."""
        self.write(measure_startup(self.photos, self.weights, self.sizes), "startup", STARTUP)

    def peers(self) -> None:
        """Time and score all denoisers on the same photo."""
        rows = measure_peers(self.photos, self.weights, self.sizes)
        self.write(rows, "peers", PEERS)
        plot_peers(rows, self.folder / f"{table_name('peers')}.png")

    def aims(self) -> None:
        """Compare the tables in the folder with the aims."""
        files = {part: self.folder / f"{table_name(part)}.json" for part in PARTS}
        tables = {part: json.loads(file.read_text(encoding="utf-8")) for part, file in files.items() if file.exists()}
        self.write(check_aims(tables), "aims", AIMS)

    def write(self, rows: list[Row], part: str, formats: dict[str, str]) -> None:
        """Write the tables of a part, and print the Markdown table."""
        table = write_tables(rows, self.folder, name=table_name(part), formats=formats)
        print(f"\n{SECTIONS[part].splitlines()[0]}\n\n{table}", flush=True)


PARTS: dict[str, Callable[[Bench], None]] = {
    "ceilings": Bench.ceilings,
    "rates": Bench.rates,
    "linear": Bench.linear,
    "memory": Bench.memory,
    "job": Bench.job,
    "startup": Bench.startup,
    "peers": Bench.peers,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"any of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--into", type=Path, help="output folder (default bench/out, or bench/out/quick)")
    parser.add_argument("--quick", action="store_true", help="small photos, timed once: a check that everything works")
    parser.add_argument(
        "--weights",
        nargs="+",
        default=["cfa-fast", "cfa-best"],
        help="weights for mosaics; part 'linear' uses the first (default cfa-fast cfa-best)",
    )
    parsed = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        bench = Bench(parsed, Photos(Path(folder)))
        for part in parsed.parts or PARTS:
            PARTS[part](bench)
    bench.aims()
    print(f"wrote {write_page(bench.folder)}")


if __name__ == "__main__":
    main()
