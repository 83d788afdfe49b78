"""Write what `rwdenoise inspect` says of a photo as lines for people, each with its label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rwdenoise_cli.inspection.facts import MIDDLE_GRAY, Facts
from rwdenoise_cli.reporting.words import steps_words

#: How many brightnesses of a developed picture are listed with their noise.
MOST_TONES = 5

Lines = Iterator[tuple[str, str]]


def lines_of(facts: Facts) -> Lines:
    """Return the facts as lines."""
    yield "camera", facts["camera"] or "not stated"
    yield "ISO", f"{facts['iso']:g}" if facts["iso"] else "not stated"
    yield "lens", facts["lens"] or "not stated"
    yield from _exposure_lines(facts)
    yield from _raw_lines(facts) if "sensor" in facts else _picture_lines(facts)
    if "residual" in facts:
        yield from _residual_lines(facts["residual"])
    yield from _plan_lines(facts)
    if "plot" in facts:
        yield "noise curve", facts["plot"]


def _exposure_lines(facts: Facts) -> Lines:
    aperture, focal_length = facts["aperture"], facts["focal_length"]
    parts = [
        _shutter(facts["exposure"]),
        aperture and f"f/{aperture:.3g}",
        focal_length and f"{focal_length:g} mm",
        facts["taken"],
    ]
    yield "exposure", ", ".join(part for part in parts if part) or "not stated"


def _shutter(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return f"1/{1 / seconds:.0f} s" if seconds < 0.4 else f"{seconds:.3g} s"


def _raw_lines(facts: Facts) -> Lines:
    pattern = facts["pattern"]
    period = (
        f", {' '.join(pattern)} ({len(pattern)} x {len(pattern[0])})" if pattern else ", three colors in each pixel"
    )
    yield "sensor", f"{facts['sensor']}{period}"
    yield "size", _size(facts)
    yield "active area", _area(facts["active"])
    yield "crop", f"{_area(facts['crop'])} of the active area"
    yield "orientation", f"{facts['orientation']} (Exif)"
    yield "black level", " ".join(f"{level:g}" for level in _different(facts["black"]))
    yield "white level", f"{facts['white']:g}"
    yield "white balance", " ".join(f"{gain:.4g}" for gain in facts["white_balance"])
    yield "noise, stated", _profile(facts["noise_stated"])
    yield "noise, measured", _steps(facts) if "noise_deviation" in facts else _profile(facts["noise_estimated"])
    if facts.get("noise_at_gray"):
        yield from _comparison_lines(facts)
    yield "clipping", f"noise reaches white from {100 * facts['clipping']:.1f} % on"


def _comparison_lines(facts: Facts) -> Lines:
    deviation = facts["noise_at_gray"]
    times = f"the signal is {MIDDLE_GRAY / deviation:.0f} times as strong"
    yield "  middle gray", f"deviation {100 * deviation:.2g} % of white; {times}"
    stated, typical = facts["noise_of_stated"], facts["noise_of_typical"]
    known = f"{stated:.2f} x what the file states" if stated else "the file states no profile of this camera"
    usual = f"; {typical:.2f} x a typical camera at ISO {facts['iso']:g} (usual: 0.5 to 2)" if typical else ""
    yield "  compared", f"{known}{usual}"


def _picture_lines(facts: Facts) -> Lines:
    kinds = {1: "gray", 3: "RGB"}
    extra = f" and {facts['extra']} more" if facts["extra"] else ""
    yield "picture", f"{facts['format']}, {kinds[facts['colors']]}{extra}, {facts['type']}"
    yield "size", _size(facts)
    yield "color profile", "embedded" if facts["profile"] else "none"
    yield "orientation", f"{facts['orientation']} (Exif)"
    yield "noise, measured", _steps(facts)
    if tones := facts["noise_by_tone"]:
        shown = tones[:: -(-len(tones) // MOST_TONES)]
        words = (f"{tone['deviation']:.2g} at {255 * tone['brightness']:.0f}" for tone in shown)
        yield "  brightness", ", ".join(words)


def _residual_lines(check: Facts | None) -> Lines:
    if check is None:
        yield "residual", "cannot be judged: not a mosaic, or no whole block without clipped highlights"
        return
    yield "residual", f"{100 * check['consistent']:.1f} % of {check['blocks']} blocks: what was removed is only noise"
    for area in check["worst"]:
        yield "  more than noise", f"{_area(area)} ({area['reason']})"


def _plan_lines(facts: Facts) -> Lines:
    possible = " or ".join(facts["weights_possible"])
    if facts["weights_fit"]:
        others = [name for name in facts["weights_possible"] if name != facts["weights"]]
        yield "weights", " or ".join([facts["weights"], *others])
        for device, seconds in facts["seconds"].items():
            yield f"  {device}", f"{_duration(seconds)} with {facts['weights']} in {steps_words(facts['steps'])}"
    else:
        yield "weights", f"{facts['weights']} does not fit this photo; {possible} does"
    yield "output", f"{facts['output']} ({facts['output_format']})"
    if facts["output_refused"]:
        yield "  refused", facts["output_refused"]


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "less than 1 s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    words = f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"about {words}"


def _size(facts: Facts) -> str:
    return f"{facts['width']} x {facts['height']} px ({facts['width'] * facts['height'] / 1e6:.1f} Mpx)"


def _area(area: Facts) -> str:
    return f"{area['width']} x {area['height']} px at {area['left']}, {area['top']}"


def _steps(facts: Facts) -> str:
    return f"{facts['noise_deviation']:.2g} steps of 8 bits"


def _profile(noise: dict[str, float] | None) -> str:
    return "not stated" if noise is None else f"shot {noise['shot']:.3g}, read {noise['read']:.3g}"


def _different(nested: list[Any] | float) -> list[float]:
    """Return the different numbers in nested lists, rising."""
    if not isinstance(nested, list):
        return [nested]
    return sorted({number for part in nested for number in _different(part)})
