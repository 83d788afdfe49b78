"""Many photos, one after the other, with one denoiser."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.errors import Cancelled, RwDenoiseError
from rwdenoise.events import Failed, Listener, Planned, Stopped, Summary
from rwdenoise.io.suffixes import PICTURE_SUFFIXES
from rwdenoise.job import LoadDenoiser, check_job, denoise_photo, ignore

if TYPE_CHECKING:
    from rwdenoise.diffusion import Settings
    from rwdenoise.network import Domain
    from rwdenoise.noise import NoiseProfile


def denoise_photos(  # noqa: PLR0913 -- what a user can choose, all by name
    plan: Sequence[tuple[Path, Path]],
    *,
    load: LoadDenoiser,
    settings: Settings,
    noise: NoiseProfile | None = None,
    format: str | None = None,
    color: str = "srgb",
    overwrite: bool = False,
    listen: Listener = ignore,
) -> Summary:
    """Denoise photos one after the other. One that fails becomes a `Failed` event, and the others go on.

    Parameters
    ----------
    plan : sequence of (source, target)
        From `plan_outputs`.
    load : callable
        Gives the denoiser for a domain, always the same. It is called for those that the photos' names promise, after
        all jobs that cannot end well were refused, and for others when a photo turns out to need them.
    settings, noise, format, color, overwrite, listen
        As for `denoise_photo`.

    Returns
    -------
    Summary
        The last event. A photo that is refused because its output exists counts as failed.

    Raises
    ------
    WeightsError, DeviceError
        From `load`.
    Cancelled
        If `listen` raised it. The photo at hand is told as `Stopped`; it and the rest count as skipped.
    """
    tally = Tally(len(plan), listen)
    possible = [job for job in plan if tally.attempt(job[0], partial(check_job, *job, overwrite=overwrite))]
    if not possible:
        return tally.close()
    for domain in sorted({_expected_domain(source) for source, _ in possible}):
        load(domain)
    work = partial(
        denoise_photo,
        denoiser=load,
        settings=settings,
        noise=noise,
        format=format,
        color=color,
        overwrite=overwrite,
        listen=listen,
    )
    for source, target in possible:
        tally.written += tally.attempt(source, partial(work, source, target))
    return tally.close()


def preview_photos(plan: Sequence[tuple[Path, Path]], *, overwrite: bool = False, listen: Listener = ignore) -> Summary:
    """Tell what `denoise_photos` would do, as `Planned` or `Failed` for each photo, without doing it.

    Returns
    -------
    Summary
        The last event; what would be written counts as skipped.
    """
    tally = Tally(len(plan), listen)
    for source, target in plan:
        if tally.attempt(source, partial(check_job, source, target, overwrite=overwrite)):
            listen(Planned(str(source), str(source), str(target)))
    return tally.close()


def _expected_domain(source: Path) -> Domain:
    return "rgb" if source.suffix.lower() in PICTURE_SUFFIXES else "cfa"


class Tally:
    """Counts how the jobs of a call end, and tells of those that do not end well."""

    def __init__(self, jobs: int, listen: Listener) -> None:
        self.written = 0
        self.failed = 0
        self._jobs = jobs
        self._listen = listen
        self._begun = time.perf_counter()

    def attempt(self, source: Path, work: Callable[[], object]) -> bool:
        """Do some work on a photo and return whether it went well."""
        try:
            work()
        except (Cancelled, KeyboardInterrupt):
            self._listen(Stopped(str(source)))
            self.close()
            raise
        except RwDenoiseError as error:
            self.failed += 1
            self._listen(Failed.because(error, job=str(source)))
            return False
        return True

    def close(self) -> Summary:
        """Tell and return the sum; what was neither written nor failed was not reached."""
        skipped = self._jobs - self.written - self.failed
        seconds = round(time.perf_counter() - self._begun, 3)
        summary = Summary(self.written, self.failed, skipped, seconds)
        self._listen(summary)
        return summary
