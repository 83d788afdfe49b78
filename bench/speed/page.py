"""Write the page with all tables of the speed bench, the source of ``docs/speed.md``."""

from __future__ import annotations

from pathlib import Path

from bench.page import join_tables

TITLE = """# How fast it is

`python -m bench.speed` wrote every table in one run on one machine; `bench/speed/` defines each figure. The entries of
a table were timed in turn; the tables show the median of three rounds. The photo consists of the Kodak pictures behind
a simulated Canon EOS 5D Mark II at ISO 6400, repeated up to the given size.
"""

#: Introduction of each table, in the order of the page.
SECTIONS = {
    "aims": "## Aims",
    "ceilings": """## Limits of the machine

PyTorch's fastest product of square matrices, and memory copies (bytes read plus bytes written).""",
    "rates": """## Rates

Rates for a photo in memory, in megapixels of the photo per second. Passes: mean number of network passes per pixel,
which step skipping limits to six by reusing estimates. GFLOP/s: arithmetic of these passes;
share: its ratio to the fastest matrix product in the same precision. The network alone runs once over the same tiles,
and its figures include the halos. The last column is the ratio to the seconds of one step.""",
    "linear": """## Time by size

One step with the small weights, and the deviation from the straight line with the best fit.""",
    "memory": """## Memory

Peak memory of the whole command, RAW file to DNG, as counted by the system.""",
    "job": """## The whole command

RAW file to DNG, including the start of the program, compared with the same number of network passes over the same
tiles.""",
    "startup": """## Start

Seconds from the call.""",
    "peers": """## Other programs

Raw converters run as whole commands, from the RAW file to a 16-bit picture; our program as a whole command, from the
RAW file to the DNG, which an editor still has to develop. Added: seconds beyond the same converter without denoising.
PSNR: that of the developed picture on a square in the middle. Each converter is compared with its own picture of the
photo without noise; the first converter develops all mosaics. Python functions get only that square and the true noise,
and their seconds are scaled to the whole photo.

![Quality against the seconds that denoising adds](pictures/speed.png)""",
}


def table_name(part: str) -> str:
    """Return the file name of a part's tables, without suffix."""
    return f"speed-{part}"


def write_page(folder: Path) -> Path:
    """Write the page from the tables in a folder; return its path.

    Parameters
    ----------
    folder : Path
        Folder with the tables of the parts.
    """
    return join_tables(folder / "speed.md", TITLE, {table_name(part): words for part, words in SECTIONS.items()})
