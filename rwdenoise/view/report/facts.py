"""State in words and numbers what a report says of a photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rwdenoise.events import Finished
from rwdenoise.io.metadata.camera import Shooting
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.noise.curve import NoiseCurve
from rwdenoise.noise.residual import ResidualCheck
from rwdenoise.photo.kinds import Photo, camera_name
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.view.rendering import shown_size
from rwdenoise.view.report.content import Fact

#: Middle gray, at which the noise of photos is compared: as light, and in sRGB. White is 1.
MIDDLE = {"raw": 0.18, "developed": 0.46}
# Below a second, exposures are written as a fraction where they are shorter than this.
_SLOW = 0.3


@dataclass(frozen=True)
class RunFacts:
    """What the run that made a result reported about it, beyond what the result says itself."""

    finished: Finished | None = None
    noise_origin: str = ""
    """``"given"``, ``"file"`` or ``"estimated"``."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Known:
    """All that is known about one photo and its result."""

    before: Path
    after: Path
    photo: Photo
    shooting: Shooting
    curve: NoiseCurve
    provenance: Provenance | None
    check: ResidualCheck | None
    run: RunFacts

    @property
    def noise(self) -> float:
        """Standard deviation of the noise at middle gray, in shares of white."""
        return float(self.curve.variance(np.array([MIDDLE[self.curve.kind]]))[0] ** 0.5)


def about(known: Known) -> str:
    """Return one line about a photo, such as ``NIKON D850 · ISO 6400 · 24.3 Mpx · 10.2 s``."""
    width, height = shown_size(known.photo)
    finished = known.run.finished
    return " · ".join(
        word
        for word in (
            camera_name(known.photo),
            f"ISO {known.photo.iso:g}" if known.photo.iso else "",
            f"{width * height / 1e6:.1f} Mpx",
            f"{finished.seconds:.1f} s" if finished else "",
        )
        if word
    )


def facts_of(known: Known) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    """Return headings, and the facts below each; what is not known is left out."""
    groups = (
        ("Photo", _photo(known)),
        ("Denoising", _denoising(known)),
        ("Noise", _noise(known)),
        ("Files", _files(known)),
    )
    return tuple((heading, facts) for heading, group in groups if (facts := tuple(group)))


def _photo(known: Known) -> Iterator[Fact]:
    photo, shooting = known.photo, known.shooting
    if camera := camera_name(photo):
        yield "camera", camera
    if shooting.lens:
        yield "lens", shooting.lens
    if exposure := " · ".join(_exposure(photo, shooting)):
        yield "exposure", exposure
    if shooting.taken:
        yield "taken", shooting.taken
    width, height = shown_size(photo)
    yield "size", f"{width} × {height} px"  # noqa: RUF001 -- for people
    yield "kind", f"RAW, {photo.cfa.name}" if isinstance(photo, RawPhoto) else "developed picture"


def _exposure(photo: Photo, shooting: Shooting) -> Iterator[str]:
    if shooting.focal_length:
        yield f"{shooting.focal_length:.3g} mm"
    if shooting.aperture:
        yield f"f/{shooting.aperture:.2g}"
    if seconds := shooting.exposure:
        yield f"{seconds:g} s" if seconds > _SLOW else f"1/{round(1 / seconds)} s"
    if photo.iso:
        yield f"ISO {photo.iso:g}"


def _denoising(known: Known) -> Iterator[Fact]:
    done, finished = known.provenance, known.run.finished
    if done is not None:
        yield "weights", done.weights
        yield "steps", f"{done.settings.steps}, {done.settings.sampler}"
        if finished is not None and finished.passes:
            yield "passes", f"{finished.passes:g} for each pixel, on average"
        yield "strength", f"{done.settings.strength:g}"
        yield "chroma", f"{done.settings.chroma_strength:g}"
        yield "detail", f"{done.settings.detail:g}"
    if finished is not None:
        yield "device", finished.device
        yield "time", f"{finished.seconds:.1f} s{_speed(finished)}"


def _speed(finished: Finished) -> str:
    return f" ({finished.megapixels / finished.seconds:.2g} Mpx/s)" if finished.seconds else ""


def _noise(known: Known) -> Iterator[Fact]:
    profile = known.provenance.noise if known.provenance else None
    if profile is not None:
        origin = {"given": "given", "file": "stated by the file", "estimated": "measured"}.get(known.run.noise_origin)
        yield "profile", f"shot {profile.shot:.3g}, read {profile.read:.3g}{f', {origin}' if origin else ''}"
    if known.noise:
        yield "at middle gray", f"{100 * known.noise:.2g} % of white"
    check = known.check
    if check is None:
        yield "removed", "not judged: this needs RAW before and after, and color noise removed as much as gray grain"
        return
    yield "only noise removed", f"{100 * check.consistent:.1f} % of {check.blocks} blocks"
    if check.flagged:
        count = len(check.flagged)
        yield "structure removed", f"in {count} place{'s' if count > 1 else ''}, marked in the view Removed"


def _files(known: Known) -> Iterator[Fact]:
    for word, path in (("before", known.before), ("after", known.after)):
        yield word, f"{path} ({path.stat().st_size / 1e6:.1f} MB)"
