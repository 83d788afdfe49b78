"""What `inspect` says of a photo: as plain values, and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rwdenoise.io.read import Photo
    from rwdenoise.photo import RawPhoto
    from rwdenoise.rgb_photo import RgbPhoto

Facts = dict[str, Any]


def facts_of(photo: Photo) -> Facts:
    """Return what there is to say about a photo, in plain values."""
    from rwdenoise.rgb_photo import RgbPhoto

    return _picture_facts(photo) if isinstance(photo, RgbPhoto) else _raw_facts(photo)


def lines_of(facts: Facts) -> Iterator[tuple[str, str]]:
    """Return the same for people: a word, and what belongs to it."""
    yield "camera", facts["camera"] or "not stated"
    yield "ISO", f"{facts['iso']:g}" if facts["iso"] else "not stated"
    yield from _raw_lines(facts) if "sensor" in facts else _picture_lines(facts)
    if "residual" in facts:
        yield from _residual_lines(facts["residual"])
    yield "output", facts["output"]


def _raw_facts(photo: RawPhoto) -> Facts:
    from rwdenoise.cfa import LINEAR
    from rwdenoise.noise_estimate import estimate_noise

    height, width = photo.mosaic.shape[:2]
    linear = photo.cfa == LINEAR
    estimated = None if linear else asdict(estimate_noise(photo.planes(), photo.cfa, masked=photo.masked()))
    return {
        "camera": _camera(photo) or None,
        "iso": photo.iso,
        "sensor": photo.cfa.name,
        "pattern": ["".join("RGBW"[color] for color in row) for row in photo.cfa.colors],
        "width": width,
        "height": height,
        "active": asdict(photo.active),
        "crop": asdict(photo.crop),
        "orientation": photo.orientation,
        "black": photo.black.tolist(),
        "white": photo.white,
        "white_balance": list(photo.white_balance),
        "noise_stated": photo.noise and asdict(photo.noise),
        "noise_estimated": estimated,
        **(_grain_facts(photo) if linear else {}),
    }


def _picture_facts(photo: RgbPhoto) -> Facts:
    height, width, colors = photo.samples.shape
    return {
        "camera": _camera(photo) or None,
        "iso": photo.iso,
        "format": photo.stored.format,
        "width": width,
        "height": height,
        "colors": colors,
        "extra": 0 if photo.extra is None else photo.extra.shape[2],
        "type": str(photo.samples.dtype),
        "profile": photo.stored.icc is not None,
        "orientation": photo.orientation,
        **_grain_facts(photo),
    }


def _grain_facts(photo: Photo) -> Facts:
    from rwdenoise.regions import measure_grain

    return {"noise_deviation": round(255 * measure_grain(photo).deviation, 3)}


def _camera(photo: Photo) -> str:
    """Return make and model; many models say the make themselves."""
    maker = photo.make.partition(" ")[0]
    says_maker = maker and photo.model.upper().startswith(maker.upper())
    return photo.model if says_maker else f"{photo.make} {photo.model}".strip()


def _raw_lines(facts: Facts) -> Iterator[tuple[str, str]]:
    pattern = facts["pattern"]
    period = (
        f", {' '.join(pattern)} ({len(pattern)} x {len(pattern[0])})" if pattern else ", three colors in each pixel"
    )
    yield "sensor", f"{facts['sensor']}{period}"
    yield "size", f"{facts['width']} x {facts['height']} px"
    yield "active area", _area(facts["active"])
    yield "crop", f"{_area(facts['crop'])} of the active area"
    yield "orientation", f"{facts['orientation']} (Exif)"
    yield "black level", " ".join(f"{level:g}" for level in _different(facts["black"]))
    yield "white level", f"{facts['white']:g}"
    yield "white balance", " ".join(f"{gain:.4g}" for gain in facts["white_balance"])
    yield "noise, stated", _profile(facts["noise_stated"])
    yield "noise, measured", _deviation(facts) if "noise_deviation" in facts else _profile(facts["noise_estimated"])


def _picture_lines(facts: Facts) -> Iterator[tuple[str, str]]:
    kinds = {1: "gray", 3: "RGB"}
    extra = f" and {facts['extra']} more" if facts["extra"] else ""
    yield "picture", f"{facts['format']}, {kinds[facts['colors']]}{extra}, {facts['type']}"
    yield "size", f"{facts['width']} x {facts['height']} px"
    yield "color profile", "embedded" if facts["profile"] else "none"
    yield "orientation", f"{facts['orientation']} (Exif)"
    yield "noise, measured", _deviation(facts)


def _residual_lines(check: Facts | None) -> Iterator[tuple[str, str]]:
    if check is None:
        yield "residual", "cannot be judged: no mosaic, or no whole block without clipped highlights"
        return
    yield "residual", f"{100 * check['consistent']:.1f} % of {check['blocks']} blocks: what was removed is only noise"
    for area in check["worst"]:
        yield "  more than noise", f"{_area(area)} ({area['reason']})"


def _area(area: Facts) -> str:
    return f"{area['width']} x {area['height']} px at {area['left']}, {area['top']}"


def _deviation(facts: Facts) -> str:
    return f"{facts['noise_deviation']:.2g} steps of 8 bits"


def _profile(noise: dict[str, float] | None) -> str:
    return "not stated" if noise is None else f"shot {noise['shot']:.3g}, read {noise['read']:.3g}"


def _different(nested: list[Any] | float) -> list[float]:
    """Return the different numbers in nested lists, rising."""
    if not isinstance(nested, list):
        return [nested]
    return sorted({number for part in nested for number in _different(part)})
