"""Measure what `rwdenoise inspect` says of a photo, as plain values that go into JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rwdenoise.choices import QUALITIES
from rwdenoise.errors import PhotoError

if TYPE_CHECKING:
    from rwdenoise.noise.curve import NoiseCurve
    from rwdenoise.photo.kinds import Photo
    from rwdenoise.photo.noise_profile import NoiseProfile
    from rwdenoise.photo.raw import RawPhoto
    from rwdenoise.photo.rgb import RgbPhoto
    from rwdenoise_cli.options import Method, Output

Facts = dict[str, Any]

#: The signal of a gray card at the usual exposure, white being 1: there noise is compared.
MIDDLE_GRAY = 0.18
#: The ISO values for which a typical camera is known.
USUAL_ISO = (25, 1_000_000)


def facts_of(source: Path, photo: Photo, curve: NoiseCurve) -> Facts:
    """Return what there is to say about a photo and its noise."""
    from rwdenoise.io.metadata.camera import read_shooting
    from rwdenoise.photo.kinds import camera_name
    from rwdenoise.photo.rgb import RgbPhoto

    about = _picture_facts(photo, curve) if isinstance(photo, RgbPhoto) else _raw_facts(photo, curve)
    return {"camera": camera_name(photo) or None, "iso": photo.iso, **read_shooting(source)._asdict(), **about}


def plan_facts(source: Path, target: Path, photo: Photo, *, method: Method, output: Output) -> Facts:
    """Return what would be done to a photo: with which weights, for how long on each device, and what is written."""
    from rwdenoise.jobs.speed import expected_seconds

    domain = photo.domain
    weights = method.names()[domain]
    released = list(dict.fromkeys(names[domain] for names in QUALITIES.values()))
    fit = weights in released or _is_for(weights, domain)
    steps = 0 if method.settings.removes_nothing else method.settings.steps
    pixels = photo.frame.height * photo.frame.width
    return {
        "weights": weights,
        "weights_fit": fit,
        "weights_possible": released,
        "steps": steps,
        "seconds": expected_seconds(pixels, steps=steps, weights=weights) if fit else None,
        "output": str(target),
        "output_format": output.treatment(method).format_for(source.suffix, target),
        "output_refused": _refusal(source, target, overwrite=output.overwrite),
    }


def _is_for(weights: str, domain: str) -> bool:
    from rwdenoise.network.weights import find_weights, read_facts

    return read_facts(find_weights(weights)).architecture.domain == domain


def _refusal(source: Path, target: Path, *, overwrite: bool) -> str | None:
    """Return why nothing would be written, if so."""
    from rwdenoise.jobs.photo import check_source, check_target

    try:
        check_source(source, target)
        check_target(target, overwrite=overwrite)
    except PhotoError as error:
        return error.message
    return None


def _raw_facts(photo: RawPhoto, curve: NoiseCurve) -> Facts:
    height, width = photo.mosaic.shape[:2]
    return {
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
        "noise_estimated": asdict(curve.profile) if photo.is_mosaic and curve.profile else None,
        **(_comparison(photo, curve) if photo.is_mosaic else _grain_facts(photo)),
        "clipping": round(curve.clipping, 3),
    }


def _comparison(photo: RawPhoto, curve: NoiseCurve) -> Facts:
    """Hold the measured noise against what the file states, and against a typical camera at this ISO value."""
    from rwdenoise.photo.noise_profile import profile_at

    typical = profile_at(photo.iso) if photo.iso and USUAL_ISO[0] <= photo.iso <= USUAL_ISO[1] else None
    measured = _deviation(curve.profile)
    return {
        "noise_typical": typical and asdict(typical),
        "noise_at_gray": measured and round(measured, 6),
        "noise_of_stated": _ratio(measured, _deviation(photo.noise)),
        "noise_of_typical": _ratio(measured, _deviation(typical)),
    }


def _deviation(profile: NoiseProfile | None) -> float | None:
    """Return the standard deviation of the noise at middle gray; white is 1."""
    import numpy as np

    return None if profile is None else float(np.sqrt(profile.variance(np.array(MIDDLE_GRAY))))


def _ratio(measured: float | None, other: float | None) -> float | None:
    return round(measured / other, 3) if measured and other else None


def _picture_facts(photo: RgbPhoto, curve: NoiseCurve) -> Facts:
    height, width, colors = photo.samples.shape
    return {
        "format": photo.stored.format,
        "width": width,
        "height": height,
        "colors": colors,
        "extra": 0 if photo.extra is None else photo.extra.shape[2],
        "type": str(photo.samples.dtype),
        "profile": photo.stored.icc is not None,
        "orientation": photo.orientation,
        **_grain_facts(photo),
        "noise_by_tone": [
            {"brightness": round(float(tone), 3), "deviation": round(255 * float(variance) ** 0.5, 3)}
            for tone, variance in curve.medians.T
        ],
    }


def _grain_facts(photo: Photo) -> Facts:
    from rwdenoise.noise.spectrum import measure_grain

    return {"noise_deviation": round(255 * measure_grain(photo).deviation, 3)}
