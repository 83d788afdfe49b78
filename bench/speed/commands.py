"""Run our command in its own process, as a user does, but without the user's configuration and journal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from rwdenoise.choices import QUALITIES, QUALITY_STEPS, Settings

#: Number of steps of the quality presets, by their weights for mosaics.
USUAL_STEPS = {QUALITIES[quality]["cfa"]: steps for quality, steps in QUALITY_STEPS.items()}
PROGRAM = (sys.executable, "-m", "rwdenoise_cli")
# A small process between this one and the command: Linux includes the memory of the parent process in the peak memory
# of a program.
_TELL_PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
#: Unit of ``ru_maxrss`` in bytes, from getrusage(2): bytes on macOS, kibibytes on Linux.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class CommandError(RuntimeError):
    """Raised if a command failed."""


def denoise_command(source: Path, target: Path, *options: str) -> list[str]:
    """Return the command that denoises one photo to a file that does not exist yet."""
    return [*PROGRAM, str(source), "-o", str(target), "--config", "", "--no-journal", *options]


def usual_steps(weights: str) -> int:
    """Return the default number of steps for these weights."""
    return USUAL_STEPS.get(weights, Settings.steps)


def run_command(command: list[str]) -> str:
    """Run a command to its end and return its standard output.

    Raises
    ------
    CommandError
        If its exit status is not 0; with the last line of its error output.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        message = f"{' '.join(command)} ended with status {done.returncode}: {last}"
        raise CommandError(message)
    return done.stdout


def peak_memory(command: list[str]) -> float:
    """Run a command and return its peak memory as counted by the system, in bytes.

    If the command starts other processes, this is the peak of the largest process.
    """
    return float(run_command([sys.executable, "-c", _TELL_PEAK, *command])) * _RSS_UNIT


def seconds_to_first_tile(command: list[str]) -> float:
    """Run a denoising command until its first tile is done; return the seconds from the call to that moment.

    Raises
    ------
    CommandError
        If the command ends earlier.
    """
    begun = time.perf_counter()
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                event = json.loads(line)
                if event.get("stage") == "denoise" and event["done"] > 0:
                    return time.perf_counter() - begun
        finally:
            process.terminate()
    message = f"{' '.join(command)} ended before its first tile was done"
    raise CommandError(message)
