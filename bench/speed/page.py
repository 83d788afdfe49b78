"""All tables on one page, as it stands in ``docs/speed.md``."""

from __future__ import annotations

from pathlib import Path

from bench.page import join_tables

TITLE = """# How fast it is

Every table comes from `python -m bench.speed`, all from one run on one machine; how each figure is defined stands in
`bench/speed/`. Whatever stands in one table was timed in turn, and the median of three rounds is shown. The photo is
made of the Kodak pictures behind a simulated Canon EOS 5D Mark II at ISO 6400, repeated up to the size that is stated.
"""

#: What each table shows, in the order of the page.
SECTIONS = {
    "aims": "## Aims",
    "ceilings": """## What the machine can do

The fastest of PyTorch's products of square matrices, and copying (bytes read and bytes written).""",
    "rates": """## Rates

Of a photo in memory. Rate in megapixels of the photo a second; passes: how often a pixel went through the network on
average, since tiles rest while their estimate hardly moves; the arithmetic of these passes in GFLOP/s, and its share of
the fastest matrix product in the same precision. The network alone runs once over the same tiles, and there the halos
around them count, too. The last column: how many times the seconds of one step.""",
    "linear": """## Cost and size

One step with the small weights; deviation from the straight line that fits best.""",
    "memory": """## Memory

The most that the whole command held at any time, RAW file to DNG, by the system's count.""",
    "job": """## The whole command

RAW file to DNG, the program's start included, and the network alone as often over the same tiles.""",
    "startup": """## Start

From the call on.""",
    "peers": """## Others

Converters as whole commands, RAW file to picture of 16 bits; ours as a whole command, RAW file to DNG, to which any
editor adds its own developing. Added: beyond the same converter without denoising. PSNR of the developed picture on a
square in the middle; each converter is compared with its own picture of the photo without noise, and mosaics are
developed by the first converter. Peers that are Python functions get that square only, are told the true noise, and
their seconds are scaled.

![Quality against the seconds that denoising adds](pictures/speed.png)""",
}


def table_name(part: str) -> str:
    """Return the name of a part's files, without suffix."""
    return f"speed-{part}"


def write_page(folder: Path) -> Path:
    """Put the tables that lie in a folder on one page; return it.

    Parameters
    ----------
    folder : Path
        Where the parts of the bench wrote their tables.
    """
    return join_tables(folder / "speed.md", TITLE, {table_name(part): words for part, words in SECTIONS.items()})
