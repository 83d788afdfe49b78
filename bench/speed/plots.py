"""Draw the plots of the speed bench as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.quality.rows import Row
from bench.speed.peers import NO_DENOISING, OURS


def plot_line(rows: Sequence[Row], path: Path) -> None:
    """Plot seconds over megapixels, and the fitted straight line.

    Parameters
    ----------
    rows : list of dict
        Rows from `measure_line`.
    path : Path
        File to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    ax = figure.subplots()
    megapixels = [row["megapixels"] for row in rows]
    ax.plot(megapixels, [row["line"] for row in rows], "-", color="tab:gray", label="straight line")
    ax.plot(megapixels, [row["seconds"] for row in rows], "o", color="tab:red", label="measured")
    ax.set(xscale="log", yscale="log", xlabel="megapixels", ylabel="seconds")
    ax.grid(alpha=0.3)
    ax.legend()
    figure.savefig(path, dpi=110)


def plot_peers(rows: Sequence[Row], path: Path) -> None:
    """Plot quality over the seconds that denoising adds; the best denoisers are at the top left.

    Parameters
    ----------
    rows : list of dict
        Rows from `measure_peers`.
    path : Path
        File to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    ax = figure.subplots()
    shown = [row for row in rows if "absent" not in row and row["method"] != NO_DENOISING]
    for number, row in enumerate(sorted(shown, key=lambda row: -row["psnr"]), start=1):
        color = "tab:red" if row["program"] == OURS else "tab:blue"
        name = f"{number}  {row['program'].split(',')[0]}: {row['method']}"
        ax.plot(row["added"], row["psnr"], "o", color=color, label=name)
        place = (row["added"], row["psnr"])
        ax.annotate(str(number), place, xytext=(5, 4), textcoords="offset points", fontsize=8, color=color)
    figure.legend(loc="outside right upper", fontsize=7, frameon=False)
    ax.set(xscale="log", xlabel="seconds that denoising adds", ylabel="color PSNR, dB")
    ax.margins(x=0.3)
    ax.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
