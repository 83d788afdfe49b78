"""Raw converters as peers: whole programs, run through their command lines with settings that are written here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import tifffile

from bench.methods import Picture

#: Seconds after which a command is given up.
TIMEOUT = 900


class DeveloperError(RuntimeError):
    """A raw converter that wrote no picture."""


class Rendering(NamedTuple):
    """A developed photo."""

    picture: Picture
    """Float32 of shape (H, W, 3), encoded sRGB, 0 to 1."""
    seconds: float
    """What the whole command took, from its start to its end."""


@dataclass(frozen=True)
class Developer:
    """A raw converter that is installed, and its settings with and without denoising; nothing else differs."""

    name: str
    """With version, as it stands in the tables."""
    command: Callable[[Path, Path, Path], list[str]]
    """Takes the RAW file, the settings file and the TIFF to write."""
    plain: str
    """The text of the settings file that develops without denoising."""
    denoising: Mapping[str, str]
    """Names and settings of its own ways to denoise."""

    def develop(self, source: Path, settings: str) -> Rendering:
        """Develop a RAW photo.

        Raises
        ------
        DeveloperError
            If the program takes too long, or writes no picture; with the last thing that it said.
        """
        with TemporaryDirectory() as name:
            folder = Path(name)
            wishes, target = folder / "settings", folder / "picture.tif"
            wishes.write_text(settings, encoding="utf-8")
            started = time.perf_counter()
            said = _run(self.command(source, wishes, target), home=folder)
            seconds = time.perf_counter() - started
            if not target.exists():
                message = f"it wrote no picture: {said}"
                raise DeveloperError(message)
            return Rendering(tifffile.imread(target).astype(np.float32) / np.float32(65535), seconds)


def program_version(program: str) -> str | None:
    """Return the version that a program states, None where it is not installed."""
    if shutil.which(program) is None:
        return None
    stated = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    found = re.search(r"\d+(\.\d+)+", stated.stdout)
    return found[0] if found else "of unknown version"


def _run(command: list[str], *, home: Path) -> str:
    """Run a command and return the last line that it printed."""
    # With a home of its own, the settings and presets of whoever runs the bench count for nothing.
    private = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    try:
        done = subprocess.run(
            command,
            env=os.environ | private,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"it was given up after {TIMEOUT} s"
        raise DeveloperError(message) from error
    return done.stdout.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
