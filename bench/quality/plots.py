"""Draw the plots of the quality bench as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.quality.curve import STEPS
from bench.quality.rows import Row
from rwdenoise.denoising.diffusion import SAMPLERS
from training.validate import SHOT


def plot_curve(means: Sequence[Row], path: Path) -> None:
    """Plot the gain of each number of steps over one step, for each noise level.

    Parameters
    ----------
    means : list of dict
        Rows averaged over the pictures.
    path : Path
        File to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    axes = figure.subplots(1, 3)
    words = (("mosaic_psnr", "PSNR gained over 1 step, dB"), ("mosaic_texture", "texture kept"), ("seconds", "seconds"))
    for ax, (figure_name, label) in zip(axes, words, strict=True):
        for sampler, line in zip(SAMPLERS, ("-", "--", ":"), strict=True):
            for shot, color in zip(SHOT, ("tab:blue", "tab:orange", "tab:red"), strict=True):
                chosen = [row for row in means if row["sampler"] == sampler and row["shot"] == str(shot)]
                values = np.array([row[figure_name] for row in chosen])
                if figure_name == "mosaic_psnr":
                    values -= values[0]
                steps = [int(row["steps"]) for row in chosen]
                ax.plot(steps, values, line, color=color, label=f"{sampler}, shot noise {shot:g}")
        ax.set(xscale="log", xlabel="steps", title=label)
        ax.set_xticks(STEPS, [str(steps) for steps in STEPS])
        ax.grid(alpha=0.3)
    axes[0].set_ylim(bottom=-0.6)
    axes[2].set_yscale("log")
    axes[1].legend(fontsize=6)
    figure.savefig(path, dpi=110)


def plot_texture(rows: Sequence[Row], path: Path) -> None:
    """Plot PSNR over texture kept, one plot per noise level; the best methods are at the top right."""
    from matplotlib.figure import Figure

    here = [row for row in rows if "texture" in row and row["iso"] is not None]
    levels = list(dict.fromkeys(row["iso"] for row in here))
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    for ax, iso in zip(figure.subplots(1, len(levels), squeeze=False)[0], levels, strict=True):
        for row in here:
            if row["iso"] == iso and row["method"] != "nothing":
                ours = row["method"].startswith("rwdenoise")
                color = "tab:red" if ours else "tab:blue"
                ax.plot(row["texture"], row["psnr"], "o", color=color)
                ax.annotate(row["method"].split(",")[0], (row["texture"], row["psnr"]), fontsize=6, color=color)
        ax.set(title=f"like ISO {iso}", xlabel="texture kept", ylabel="color PSNR, dB")
        ax.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
