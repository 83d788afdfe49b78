"""``rwdenoise doctor``: check that everything the program needs is installed and works."""

from __future__ import annotations

import importlib
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from rwdenoise.errors import RwDenoiseError
from rwdenoise_cli.options import HELP
from rwdenoise_cli.output import printable, say
from rwdenoise_cli.status import ALL_WRITTEN, NOTHING_WRITTEN

#: Packages that are imported under another name than they are installed under.
MODULES = {"pillow": "PIL"}

#: Optional programs, and what they are good for.
VIEWERS = {
    "darktable": "to develop the denoised RAW photos",
    "rawtherapee": "to develop the denoised RAW photos",
    "exiftool": "to look at their metadata",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    about: str
    words: str
    mend: str = ""
    """How to fix it; empty if nothing is wrong."""
    needed: bool = True


@click.command(context_settings=HELP, short_help="Check the installation.")
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check the installation: packages, devices, weights, and programs to view the results with.

    The speed of a device is the megapixels per second of one pass through the network with the best weights. Each
    step of a photo takes one pass. The default sampler limits a photo to six passes: twenty steps cost six, because
    the other steps reuse earlier estimates.

    Exit status: 0 everything that is needed works, 1 something that is needed does not.
    """
    broken = False
    for finding in _examine():
        state = "ok" if not finding.mend else "problem" if finding.needed else "absent"
        say(f"{state:8} {finding.about:16} {printable(finding.words)}")
        if finding.mend:
            say(f"{'':25} {printable(finding.mend)}")
        broken |= bool(finding.mend) and finding.needed
    ctx.exit(NOTHING_WRITTEN if broken else ALL_WRITTEN)


def _examine() -> Iterator[Finding]:
    yield Finding("Python", f"{platform.python_version()}, {sys.executable}")
    yield Finding("system", f"{platform.platform()}")
    yield from _packages()
    yield from _guarded("devices", _devices)
    yield from _guarded("weights", _weights)
    yield from _viewers()


def _packages() -> Iterator[Finding]:
    from importlib import metadata

    try:
        version, required = metadata.version("rwdenoise"), metadata.requires("rwdenoise") or []
    except metadata.PackageNotFoundError:
        yield Finding(
            "rwdenoise", "is not installed", mend="Install it with pip, even if you run it from a source checkout."
        )
        return
    yield Finding("rwdenoise", version)
    for requirement in required:
        if "extra ==" not in requirement:
            yield _package(re.split(r"[^\w.-]", requirement, maxsplit=1)[0], requirement)


def _package(name: str, requirement: str) -> Finding:
    from importlib import metadata

    mend = f"Run: python -m pip install --force-reinstall '{requirement}'"
    try:
        version = metadata.version(name)
        importlib.import_module(MODULES.get(name, name))
    except metadata.PackageNotFoundError:
        return Finding(name, "is not installed", mend)
    # Packages with compiled parts fail in many ways where a library of the system is missing.
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        return Finding(name, f"cannot be imported: {error}", mend)
    return Finding(name, version)


def _devices() -> Iterator[Finding]:
    from rwdenoise.network.engines.devices import REASONS, available_devices

    devices = available_devices()
    for device in devices:
        yield from _guarded(device, lambda device=device: _rate(device))  # type: ignore[misc]
    yield Finding("--device auto", f"{devices[0]}: {REASONS[devices[0]]}")


def _rate(device: str) -> Iterator[Finding]:
    from rwdenoise.jobs.speed import measure_rate
    from rwdenoise.network.engines.devices import choose_backend, describe

    facts = [choose_backend(device).name, describe(device)]
    # A minute of compilation is too long for a quick check.
    facts += [] if device.endswith(":compiled") else [f"{measure_rate(choose_backend(device)):.1f} Mpx/s"]
    yield Finding("device", ", ".join(fact for fact in facts if fact))


def _weights() -> Iterator[Finding]:
    from rwdenoise.network.weights import list_weights, verify

    for listed in list_weights():
        verify(listed)
        yield Finding("weights", f"{listed.name}, {listed.size / 1e6:.1f} MB, as released")


def _guarded(about: str, examine: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Turn an error of one check into a finding, so that the others still run."""
    try:
        yield from examine()
    except RwDenoiseError as error:
        yield Finding(about, error.message, error.hint)
    except ImportError as error:
        yield Finding(about, f"cannot be examined: {error}", "Fix the packages above first.")


def _viewers() -> Iterator[Finding]:
    for name, use in VIEWERS.items():
        found = shutil.which(name)
        yield Finding(name, found or "not found", "" if found else f"Optional: install {name} {use}.", needed=False)
