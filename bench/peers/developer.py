"""Run raw converters as peers: whole programs, through their command lines, with settings files written here."""

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

#: Time limit of a command, in seconds.
TIMEOUT = 900


class DeveloperError(RuntimeError):
    """Raised if a raw converter wrote no picture."""


class Rendering(NamedTuple):
    """Photo that a raw converter developed."""

    picture: Picture
    """float32, shape (H, W, 3), encoded sRGB, 0 to 1."""
    seconds: float
    """Time of the whole command, from start to end."""


@dataclass(frozen=True)
class Developer:
    """Installed raw converter, with settings that differ only in denoising."""

    name: str
    """Name in the tables, with version."""
    command: Callable[[Path, Path, Path], list[str]]
    """Takes the RAW file, the settings file and the TIFF to write."""
    plain: str
    """Content of the settings file that develops without denoising."""
    denoising: Mapping[str, str]
    """Content of the settings file by the name of the converter's own denoising method."""

    def develop(self, source: Path, settings: str) -> Rendering:
        """Develop a RAW photo.

        Raises
        ------
        DeveloperError
            If the program takes too long or writes no picture; with the last line of its output.
        """
        with TemporaryDirectory() as name:
            folder = Path(name)
            wishes, target = folder / "settings", folder / "picture.tif"
            wishes.write_text(settings, encoding="utf-8")
            started = time.perf_counter()
            said = _run(self.command(source, wishes, target), home=folder)
            seconds = time.perf_counter() - started
            if not target.exists():
                message = f"wrote no picture: {said}"
                raise DeveloperError(message)
            return Rendering(tifffile.imread(target).astype(np.float32) / np.float32(65535), seconds)


def program_version(program: str) -> str | None:
    """Return the version that a program reports, or None if it is not installed."""
    if shutil.which(program) is None:
        return None
    stated = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    found = re.search(r"\d+(\.\d+)+", stated.stdout)
    return found[0] if found else "of unknown version"


def _run(command: list[str], *, home: Path) -> str:
    """Run a command and return the last line of its output."""
    # A separate home folder keeps the user's settings and presets out of the measurement.
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
        message = f"stopped after {TIMEOUT} s"
        raise DeveloperError(message) from error
    return done.stdout.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
