"""Plot the noise curve: the measured blocks, the fitted line, and where clipping begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from rwdenoise.noise.curve import Floats, NoiseCurve
from rwdenoise.photo.cfa import BLUE, CLEAR, GREEN, RED
from rwdenoise.photo.noise_profile import READ_FLOOR

#: Size in inches, and dots per inch of a PNG.
SIZE, DPI = (8.0, 4.8), 150
#: The lowest and the highest signal at which a plot of RAW may begin: 14 and 8 stops below white.
LEAST = (2.0**-14, 2.0**-8)
#: Brightness and steps of 8 bits.
STEPS = 255

_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g}")
_STOPS = [2.0**stop for stop in range(-14, 1)]
_NAMES = {RED: "red", GREEN: "green", BLUE: "blue", CLEAR: "gray"}


@dataclass(frozen=True)
class _Look:
    """Colors for a light or a dark page."""

    paper: str
    ink: str
    faint: str
    grid: str
    accent: str
    blocks: Mapping[int, str]


_LIGHT = _Look(
    paper="#ffffff",
    ink="#1f2328",
    faint="#8c959f",
    grid="#e4e7eb",
    accent="#c2610c",
    blocks={RED: "#d9485f", GREEN: "#2f9e60", BLUE: "#3b7dd8", CLEAR: "#6e7781"},
)
_DARK = _Look(
    paper="#15181d",
    ink="#e6e9ee",
    faint="#7b8490",
    grid="#2a2f37",
    accent="#ffb366",
    blocks={RED: "#ff7a8a", GREEN: "#5fd08c", BLUE: "#74a9ff", CLEAR: "#b4bcc6"},
)


def draw_noise_curve(curve: NoiseCurve, *, kind: Literal["png", "svg"], dark: bool = False) -> bytes:
    """Draw a noise curve.

    Parameters
    ----------
    curve : NoiseCurve
    kind : str
        ``"png"`` or ``"svg"``.
    dark : bool
        Whether for a dark page.

    Returns
    -------
    bytes
        The file. The same curve gives the same bytes.
    """
    look = _DARK if dark else _LIGHT
    with mpl.rc_context(rc=_settings(look)):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        (_draw_raw if curve.kind == "raw" else _draw_developed)(axes, curve, look)
        figure.legend(loc="outside upper center", ncols=5, markerscale=2, columnspacing=1.2, handlelength=1.5)
        file = BytesIO()
        # No date and no version, so that the same curve gives the same bytes.
        metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
        figure.savefig(file, format=kind, dpi=DPI, metadata=metadata)
    return file.getvalue()


def _settings(look: _Look) -> Any:  # noqa: ANN401 -- matplotlib's own type lists all settings by name
    inks = ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor")
    lines = ("axes.edgecolor", "xtick.color", "ytick.color")
    return {
        **dict.fromkeys(inks, look.ink),
        **dict.fromkeys(lines, look.faint),
        "figure.facecolor": look.paper,
        "axes.facecolor": look.paper,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": look.grid,
        "font.size": 10,
        "lines.markersize": 5,
        "legend.fontsize": 9,
        "legend.frameon": False,
        # Letters, not their shapes, which would be most of the file.
        "svg.fonttype": "none",
        "svg.hashsalt": "rwdenoise",
    }


def _draw_raw(axes: Axes, curve: NoiseCurve, look: _Look) -> None:
    """Draw variance over signal, both logarithmic: photon noise is a slope, read noise a level floor."""
    seen = curve.signals[curve.signals > 0]
    least = float(np.clip(np.quantile(seen, 0.01) / 2 if seen.size else 0, *LEAST))
    signal = np.geomspace(least, 1, 400)
    axes.set(xscale="log", yscale="log", xlim=(least, 1.2), ylim=_heights(curve, least))
    axes.set(xlabel="signal, % of white", ylabel="variance of the noise (white = 1)")
    axes.xaxis.set_major_formatter(_PERCENT)
    stops = axes.secondary_xaxis("top")
    stops.set(xlabel="stops below white")
    stops.xaxis.set(
        major_locator=FixedLocator(_STOPS), major_formatter=FuncFormatter(lambda x, _: f"{abs(np.log2(x)):.0f}")
    )
    stops.xaxis.set_minor_locator(NullLocator())
    deviation = axes.secondary_yaxis("right", functions=(np.sqrt, np.square))
    deviation.set(ylabel="standard deviation, % of white")
    deviation.yaxis.set(major_formatter=_PERCENT, minor_formatter=NullFormatter())
    for name, profile, style in (("measured", curve.profile, _line(look)), ("stated", curve.stated, _dashes(look))):
        if profile is not None:
            label = f"{name}: shot {profile.shot:.3g}, read {profile.read:.3g}"
            axes.plot(signal, profile.variance(signal), label=label, **style)
    _draw_blocks(axes, curve, look, heights=curve.variances)
    _shade_clipping(axes, curve, look)


def _heights(curve: NoiseCurve, least: float) -> tuple[float, float]:
    """Return the lowest and the highest variance to show."""
    lines = [profile.variance(np.array([least, 1.0])) for profile in (curve.profile, curve.stated) if profile]
    highest = np.quantile(curve.variances, 0.98) if curve.variances.size else 0.0
    ends = np.concatenate([[max(highest, 10 * READ_FLOOR)], *lines])
    return float(max(ends.min(), READ_FLOOR)) / 4, float(ends.max()) * 4


def _draw_developed(axes: Axes, curve: NoiseCurve, look: _Look) -> None:
    """Draw the standard deviation over brightness, in 8-bit steps as an editor shows them."""
    deviations = STEPS * np.sqrt(curve.variances)
    tones, medians = curve.medians
    most = max(1.0, 1.5 * STEPS * float(np.sqrt(medians.max(initial=0))))
    axes.set(xlim=(0, STEPS), ylim=(0, most))
    axes.set(xlabel="brightness, steps of 8 bits", ylabel="standard deviation of the noise, steps of 8 bits")
    axes.xaxis.set_major_locator(FixedLocator([0, 64, 128, 192, STEPS]))
    axes.plot(STEPS * tones, STEPS * np.sqrt(medians), "o", ls="-", label="median", **_line(look))
    _draw_blocks(axes, curve, look, heights=deviations, scale=STEPS)
    _shade_clipping(axes, curve, look, scale=STEPS)


def _line(look: _Look) -> dict[str, Any]:
    """Return the style of the fitted line: in front of the blocks, with an outline."""
    return {
        "color": look.ink,
        "lw": 2,
        "ms": 4,
        "zorder": 4,
        "path_effects": [withStroke(linewidth=4, foreground=look.paper)],
    }


def _dashes(look: _Look) -> dict[str, Any]:
    return {**_line(look), "color": look.accent, "ls": (0, (4, 2))}


def _draw_blocks(axes: Axes, curve: NoiseCurve, look: _Look, *, heights: Floats, scale: float = 1) -> None:
    groups = [(curve.flat & (curve.colors == color), color) for color in np.unique(curve.colors)]
    drawn = [(chosen, look.blocks[color], f"{_NAMES[color]} blocks") for chosen, color in groups]
    if not curve.flat.all():
        drawn.append((~curve.flat, look.faint, "blocks with texture"))
    for chosen, color, label in drawn:
        # As a picture within an SVG, of which thousands of dots would be the most.
        axes.plot(scale * curve.signals[chosen], heights[chosen], ".", mew=0, color=color, label=label, rasterized=True)


def _shade_clipping(axes: Axes, curve: NoiseCurve, look: _Look, *, scale: float = 1) -> None:
    axes.axvspan(scale * curve.clipping, axes.get_xlim()[1], color=look.grid, lw=0, label="clipped at white")
