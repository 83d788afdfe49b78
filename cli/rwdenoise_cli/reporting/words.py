"""Write events as lines for people."""

from __future__ import annotations

from pathlib import Path

from rwdenoise.events import Failed, Finished, Noise, Residual, Skipped, Summary
from rwdenoise_cli.output import printable


def noise_words(noise: Noise) -> str:
    """Return for example ``noise 0.0021/1.1e-5 estimated``."""
    return f"noise {_short(noise.shot)}/{_short(noise.read)} {noise.origin}"


def finished_words(event: Finished, noise: Noise | None = None) -> str:
    """Return for example ``IMG_1.NEF -> IMG_1.dng  10.2 s, 24.3 Mpx, noise 0.0021/1.1e-5 estimated``."""
    facts = [f"{event.seconds:.1f} s", f"{event.megapixels:.1f} Mpx"]
    if noise is not None:
        facts.append(noise_words(noise))
    return f"{arrow(event.job, event.output)}  {', '.join(facts)}"


def steps_words(steps: int) -> str:
    """Return a number of steps.

    >>> steps_words(1), steps_words(2)
    ('1 step', '2 steps')
    """
    return f"{steps} step{'' if steps == 1 else 's'}"


def settings_words(event: Finished) -> str:
    """Return the settings with which a photo was denoised."""
    passes = f" in {event.passes:.1f} passes" if event.passes else ""
    settings = event.settings
    facts = [f"{settings.sampler} {steps_words(settings.steps)}{passes}", f"strength {settings.strength:g}"]
    facts += [f"chroma {settings.chroma:g}"] if settings.chroma not in (None, settings.strength) else []
    facts += [f"detail {settings.detail:g}"] if settings.detail else []
    return f"{printable(event.job)}: {', '.join(facts)}, weights {event.weights} on {event.device}"


def residual_words(event: Residual) -> str:
    """Return for example ``98.5 % of the blocks: what was removed is only noise``."""
    return f"{printable(event.job)}: {100 * event.consistent:.1f} % of the blocks: what was removed is only noise"


def failed_words(event: Failed) -> str:
    """Return the message, and on a second line the hint and the error code that docs/errors.md explains."""
    job, message = printable(event.job), printable(event.message)
    name = printable(Path(event.job).name)
    if name and message.startswith(name):
        message = job + message.removeprefix(name)
    about = "" if job in message else f"{job}: "
    return f"error: {about}{message}\n  {printable(event.hint)} [{event.code}]"


def skipped_words(event: Skipped) -> str:
    """Return for example ``IMG_1.NEF: done already, IMG_1.dng``."""
    return f"{printable(event.job)}: {event.reason}, {printable(event.output)}"


def summary_words(event: Summary, *, dry: bool = False) -> str:
    """Return for example ``3 written, 1 failed, 2 done already in 34.2 s (2.1 Mpx/s)``."""
    not_reached = event.skipped - event.already
    already = [f"{event.already} done already"] if event.already else []
    if dry:
        return ", ".join([f"{not_reached} would be written", f"{event.failed} not", *already]) + "; this was a dry run"
    parts = [f"{event.written} written"]
    parts += [f"{event.failed} failed"] if event.failed else []
    parts += already
    parts += [f"{not_reached} not done"] if not_reached else []
    rate = f" ({event.megapixels / event.seconds:.1f} Mpx/s)" if event.megapixels and event.seconds else ""
    return f"{', '.join(parts)} in {event.seconds:.1f} s{rate}"


def arrow(source: str, output: str) -> str:
    """Return for example ``IMG_1.NEF -> IMG_1.dng``."""
    return f"{printable(source)} -> {printable(output)}"


def _short(number: float) -> str:
    return f"{number:.2g}".replace("e-0", "e-")
